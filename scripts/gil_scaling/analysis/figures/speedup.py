"""Speedup against workers, with what is ideal and what the tasks and the machine allow."""

import numpy as np

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style

TITLE = "Does it scale, and is the limit mine?"
PLACE = 10
HEADLINE = "What do threads give, with the GIL and without?"
COMPARES = 5

_LIMITS = {"speedup_bound": ("bound", ":"), "speedup_ceiling": ("ceiling", "-.")}
_MEANINGS = {
    "bound": "bound: what the tasks and the CPUs allow",
    "ceiling": "ceiling: what processes reach in steady state on this machine",
}


def draw(tables):
    """One panel a workload and build, one line a backend."""
    summary = tables["summary"]
    shown = labels.series(labels.panels(summary[summary["speedup"].notna() & (summary["role"] != "ceiling")]))
    if not (shown["backend"] != "sequential").any():
        raise _style.Missing("no speedup: nothing beside the sequence is ok, or what was measured is not a time")
    figure, all_axes = _style.panels_of(shown, width=4.2, height=3.4)
    for axes, own in all_axes:
        _draw_panel(axes, own)
    handles = _style.add_legend(figure, "outside right center")
    limits = [meaning for label, meaning in _MEANINGS.items() if label in handles]
    reading = f"Speedup over sequential on the same build. {_style.interval_note(shown)} Grey lines: ideal: one for each worker"
    columns = ["panel", "python", "series", "workers", "speedup", "speedup_low", "speedup_high", *_LIMITS, "claim"]
    return _style.Drawn(
        figure,
        answers(shown, tables["builds"]),
        f"{'; '.join([reading, *limits])}. {_style.SHADED}",
        shown[columns],
    )


def answers(rows, builds):
    """What threads give on each build, a sentence a workload; rows: with columns panel and series."""
    gil = builds.set_index("python")["gil"].to_dict()
    found = []
    for panel, own in rows[rows["backend"].isin(labels.THREADS)].groupby("panel", sort=False):
        backend = min(own["backend"], key=labels.THREADS.index)
        parts = [_of_build(rows, gil) for _, rows in own[own["backend"] == backend].groupby("python", sort=False)]
        if parts:
            found.append(f"{panel}: {'; '.join(parts)}.")
    return found


def _of_build(rows, gil):
    row = choice.typical(rows)
    how = phrases.describe_speed(row, "speedup", row["claim"])
    return f"{row['series']} × {row['workers']:.0f} on {row['python']}, {phrases.describe_gil(gil[row['python']])}, is {how}"


def _draw_panel(axes, rows):
    counts = rows["workers"].astype(float)
    span = np.array(sorted({1.0, *counts}))
    if set(rows["backend"]) - {"sequential"}:
        axes.plot(span, span, color="0.6", ls="--", lw=1, label="ideal")
    for column, (label, style) in _LIMITS.items():
        limit = rows[(rows["backend"] != "sequential") & rows[column].notna()].groupby("workers")[column].median()
        if len(limit):
            axes.plot(limit.index.astype(float), limit, color="0.35", ls=style, lw=1.3, label=label)
    lines = list(rows.groupby("series", sort=False))
    for place, (name, line) in enumerate(lines):
        _draw_series(axes, name, line.sort_values("workers"), place - (len(lines) - 1) / 2)
    _style.worker_axis(axes, span)
    axes.set_ylabel("speedup")
    axes.set_ylim(bottom=0, top=_top(rows))
    _style.beyond_the_cpus(axes, rows["usable_cpus"].max())


def _draw_series(axes, name, line, place):
    """One line; place: its number, counted from the middle, by which its bars stand beside those of the others."""
    colour, marker = _style.look(line["backend"].iloc[0])
    if name == "sequential":
        axes.axhline(1, color=colour, lw=1, label=name)
        return
    beside = line.assign(beside=line["workers"].astype(float) * 2 ** (0.03 * place))
    _style.line_with_bars(axes, beside, "beside", "speedup", color=colour, marker=marker, label=name)


def _top(rows):
    """Room for what was measured and for the bound, not for an ideal far above."""
    highest = rows[["speedup_high", "speedup_bound", "speedup_ceiling"]].max().max()
    return 1.15 * max(1.0, float(highest))
