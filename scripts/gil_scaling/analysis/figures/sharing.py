"""What sharing an object costs threads: objects of their own, one that is read, written, or locked, build by build."""

from typing import cast

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables

TITLE = "What does sharing an object between threads cost?"
PLACE = 25
HEADLINE = "What does sharing cost?"
OF_SWEEP = True

_LEVELS = {  # what the threads do to one object, from the cheapest on
    "own": "each its own object",
    "read": "one object, read",
    "written": "one object, written",
    "locked": "one object behind a lock",
}


def draw(tables: Tables) -> Drawn:
    """One row per workload, from separate objects to locked ones, one mark per build."""
    rows = _rows(tables["summary"])
    reading = (
        "Speedup of threads over sequential on the same build, with the most workers up to the usable CPUs; left of the line at "
        f"1, threads are slower than sequential. {drawing.interval_note(rows, drawing.RATIOS)}"
    )
    columns = ["panel", "sharing", "build", "series", "workers", "speedup", "speedup_low", "speedup_high", "claim"]
    axes = drawing.draw_dots(rows, "speedup", looks.builds(tables["builds"]), right=drawing.widest(_LEVELS.values()))
    axes.axvline(1, color=looks.INK, lw=1.5, zorder=1)
    axes.set_xlim(left=0)
    axes.set_xlabel("speedup of threads over sequential")
    _name_levels(axes, rows.drop_duplicates("panel")["sharing"].tolist())
    return Drawn(cast(Figure, axes.figure), answers(rows, tables["builds"]), reading, rows[columns])


def _rows(summary: pd.DataFrame) -> pd.DataFrame:
    """One row per build and workload that shares an object, or is the counterpart of one that does; raises Missing."""
    rows = summary[summary["sharing"].isin(_LEVELS) & ~summary["role"].isin(CONTROLS)]
    if rows.empty:
        raise Missing("no workload shares an object, or is the counterpart of one that does")
    rows = representatives.at_default_interval(rows[rows["speedup"].notna()])
    rows = representatives.typical_thread_rows(rows, ["panel", "build"])
    if rows.empty:
        raise Missing("threads have no speedup on a workload that shares an object")
    return rows.assign(level=pd.Categorical(rows["sharing"], list(_LEVELS))).sort_values(
        ["level", "panel"], kind="stable"
    )


def answers(rows: pd.DataFrame, builds: pd.DataFrame) -> list[str]:
    """What threads reach on each level, by claim: one sentence per build, those without the GIL first."""
    gil = builds.drop_duplicates("build").set_index("build")["gil"]
    order = sorted(looks.builds(builds), key=lambda name: bool(gil[name]))
    ratios = rows[["speedup", "speedup_low", "speedup_high"]].itertuples(index=False)
    rows = rows.assign(
        text=[f"{panel} {phrases.format_ratio_ci(*ratio)}" for panel, ratio in zip(rows["panel"], ratios, strict=True)],
        build=pd.Categorical(rows["build"], order),
        claim=pd.Categorical(rows["claim"], list(phrases.CLAIMS)),
    )
    lists = rows.groupby(["build", "label", "claim"], observed=True)["text"].agg(phrases.join_words).reset_index()
    parts = lists["claim"].map(phrases.CLAIMS).astype("str") + ": " + lists["text"]
    return [
        f"{label} on {build}, {phrases.describe_gil(gil[build])}, compared with sequential: {'; '.join(texts)}."
        for (build, label), texts in parts.groupby([lists["build"], lists["label"]], observed=True)
    ]


def _name_levels(axes: Axes, levels: list[str]) -> None:
    """The name of each level beside its lines, with a rule between levels."""
    across = axes.get_yaxis_transform()
    for level, text in _LEVELS.items():
        places = [place for place, own in enumerate(levels) if own == level]
        if places:
            axes.text(1.01, sum(places) / len(places), text, transform=across, va="center")
            if places[0]:
                axes.plot([0, 1.2], [places[0] - 0.5] * 2, transform=across, color="0.4", lw=1, clip_on=False)
