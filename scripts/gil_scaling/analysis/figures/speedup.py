"""Speedup against workers, with what is ideal and what the tasks and the machine allow."""

import pandas as pd
from matplotlib.axes import Axes

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels

TITLE = "Does it scale, and what limits it?"
PLACE = 10
HEADLINE = "What do threads give, with the GIL and without?"

_LIMITS = {"speedup_bound": ("bound", ":"), "speedup_ceiling": ("ceiling", "-.")}
_MEANINGS = {
    "bound": "bound: what the tasks and the CPUs allow",
    "ceiling": "ceiling: what processes reach in steady state on this machine",
}
_DATA = ["panel", "build", "series", "workers", "speedup", "speedup_low", "speedup_high", *_LIMITS, "claim"]


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one line per backend."""
    summary = tables["summary"]
    rows = summary[summary["speedup"].notna() & ~summary["role"].isin(CONTROLS)]
    if not (rows["backend"] != "sequential").any():
        raise Missing("no speedup: only sequential is ok, or the workloads do not measure a time")
    look = looks.backends(tables)
    rows = looks.in_order(tables, rows)
    shown, note = choose_panels(rows)
    counts = {1.0, *shown["workers"].astype(float)}
    figure = draw_panels(
        shown,
        lambda axes, own: _draw_panel(axes, own, look, counts),
        x_label="workers",
        y_label="speedup",
        is_shared_y=True,
    )
    limits = [_MEANINGS[label] for column, (label, _) in _LIMITS.items() if shown[column].notna().any()]
    reading = [
        f"Speedup over sequential on the same build. {drawing.interval_note(shown)}",
        f"{'; '.join(['Grey lines: ideal: one per worker', *limits])}.",
        drawing.SHADED,
        note,
    ]
    return Drawn(figure, answers(rows, summary, tables["builds"]), " ".join(filter(None, reading)), rows[_DATA])


def answers(rows: pd.DataFrame, summary: pd.DataFrame, builds: pd.DataFrame) -> list[str]:
    """What threads give on each build, a sentence per workload."""
    gil = builds.set_index("build")["gil"].to_dict()
    sentences = []
    for panel, own in rows[rows["backend_kind"] == "threads"].groupby("panel", sort=False):
        parts = []
        for build, line in representatives.plainest(own).groupby("build", sort=False):
            row = representatives.typical(line)
            alone = representatives.describe_one_worker(summary, row)
            how = phrases.describe_speed(row, "speedup", row["claim"]) + alone
            parts.append(f"{row['label']} on {build}, {phrases.describe_gil(gil[build])}, is {how}")
        sentences.append(f"{panel}: {'; '.join(parts)}.")
    return sentences


def _draw_panel(axes: Axes, rows: pd.DataFrame, look: dict[str, looks.Look], counts: set[float]) -> None:
    axes.plot(sorted(counts), sorted(counts), color="0.6", ls="--", lw=1, label="ideal")
    parallel = rows[rows["backend_kind"] != "sequential"]
    for column, (label, style) in _LIMITS.items():
        limit = parallel[parallel[column].notna()].groupby("workers")[column].median()
        if len(limit):
            axes.plot(limit.index.astype(float), limit, color="0.35", ls=style, lw=1.3, label=label)
    axes.axhline(1, color=looks.INK, lw=1, label="sequential")
    lines = list(parallel.groupby("series", sort=False))
    for place, (name, line) in enumerate(lines):
        shift = 2 ** (0.03 * (place - (len(lines) - 1) / 2))  # bars stand beside those of the others
        backend = look[line["backend"].iloc[0]]
        beside = line.assign(beside=line["workers"].astype(float) * shift)
        drawing.line_with_bars(
            axes, beside, "beside", "speedup", color=backend.colour, marker=backend.marker, label=name
        )
    drawing.worker_axis(axes, counts)
    axes.set_xlim(min(counts) / 1.15, max(counts) * 1.15)
    highest = rows[["speedup_high", "speedup_bound", "speedup_ceiling"]].max().max()
    axes.set_ylim(
        0, 1.15 * max(1.0, float(highest))
    )  # room for what was measured and the bound, not for an ideal far above
    drawing.few_ticks(axes)
    drawing.shade_beyond_cpus(axes, rows["usable_cpus"].max())
