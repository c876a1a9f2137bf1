"""Speedup against workers, with what is ideal and what the tasks and the machine allow."""

import numpy as np

from scripts.analysis.figures import _style

TITLE = "Does it scale, and is the limit mine?"
PLACE = 1


def draw(tables, experiment):
    """One panel a workload and build, one line a backend; returns the figure and its caption."""
    summary = tables["summary"]
    rows = summary[(summary["experiment"] == experiment) & summary["speedup"].notna()]
    shown = _style.series(_style.panels(rows[rows["role"] != "ceiling"]))
    if not (shown["backend"] != "sequential").any():
        message = "No speedup: nothing beside the sequence is ok, or what was measured is not a time (see metrics)."
        return _style.empty(message), "Nothing to show."
    facets = _style.grid(shown, panel_height=3.4)
    for (panel, python), axes in facets.axes_dict.items():
        own = shown[(shown["panel"] == panel) & (shown["python"] == python)]
        _draw_panel(axes, own)
    handles = {}
    for axes in facets.axes.flat:
        handles.update(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    facets.figure.legend(handles.values(), handles.keys(), loc="outside right center")
    note = _style.interval_note(shown)
    caption = (
        f"Speedup over sequential on the same build. {note} Grey lines: ideal (one for each worker), the bound that the "
        "tasks and the CPUs allow, and the ceiling that processes reach in steady state on this machine."
    )
    return facets.figure, caption


def _draw_panel(axes, rows):
    counts = rows["workers"].astype(float)
    span = np.array(sorted({1.0, *counts}))
    if set(rows["backend"]) - {"sequential"}:
        axes.plot(span, span, color="0.6", ls="--", lw=1, label="ideal")
    for column, style in (("speedup_bound", ":"), ("speedup_ceiling", "-.")):
        limit = rows[(rows["backend"] != "sequential") & rows[column].notna()].groupby("workers")[column].median()
        if len(limit):
            label = column.removeprefix("speedup_")
            axes.plot(limit.index.astype(float), limit, color="0.35", ls=style, lw=1.3, label=label)
    for name, line in rows.groupby("series", sort=False):
        _draw_series(axes, name, line.sort_values("workers"), span)
    _style.worker_axis(axes, span)
    axes.set_ylabel("speedup")
    axes.set_ylim(bottom=0, top=_top(rows))


def _draw_series(axes, name, line, span):
    colour, marker = _style.look(line["backend"].iloc[0])
    if name == "sequential":
        axes.axhline(1, color=colour, lw=1, label=name)
        return
    errors = [line["speedup"] - line["speedup_low"], line["speedup_high"] - line["speedup"]]
    axes.errorbar(
        line["workers"].astype(float),
        line["speedup"],
        np.abs(errors),
        color=colour,
        marker=marker,
        ms=5,
        capsize=2,
        label=name,
    )


def _top(rows):
    """Room for what was measured and for the bound, not for an ideal far above."""
    highest = rows[["speedup_high", "speedup_bound", "speedup_ceiling"]].max().max()
    return 1.15 * max(1.0, float(highest))
