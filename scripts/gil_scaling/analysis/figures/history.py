"""How builds of several versions compare: sequential time and the speedup of threads, from the oldest to the newest."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels

TITLE = "How did it change from version to version?"
PLACE = 90
OF_SWEEP = True

_MIN_VERSIONS = 3
_RULE = "the workloads with a value whose interval stays farthest from 1"
_TIME, _SPEEDUP = "sequential time / reference", "speedup of threads"
_INVERSE = {"": "", "_low": "_high", "_high": "_low"}  # the ends of 1 / value


def draw(tables: Tables) -> Drawn:
    """One row per workload: sequential time on the left, speedup of threads on the right, both by build."""
    rows = _rows(tables["summary"])
    builds = tables["builds"].drop_duplicates("build").set_index("build")
    builds = builds.loc[[name for name in looks.builds(tables["builds"]) if name in set(rows["build"])]]
    if builds["version"].nunique() < _MIN_VERSIONS:
        raise Missing("fewer than three versions")
    kinds = builds["free_threaded"].eq(True).map({True: "free-threaded", False: "with the GIL"})
    rows = rows.assign(kind=rows["build"].map(kinds), build=pd.Categorical(rows["build"], builds.index))
    rows = rows.sort_values(["panel", "measure", "kind", "build"], ascending=[True, True, False, True])
    reading = (
        "Builds from the oldest to the newest version; a line joins the free-threaded ones, another line the others. Left: "
        "sequential time divided by that of the reference build, lower is better. Right: speedup of threads over sequential on "
        f"the same build, with the most workers up to the usable CPUs. {drawing.interval_note(rows, drawing.RATIOS)}"
    )
    columns = ["panel", "measure", "build", "workers", "value", "value_low", "value_high", "rounds_ok", "interval"]
    figure, note = _figure(rows, looks.builds(tables["builds"]))
    return Drawn(figure, answers(rows, kinds), " ".join(filter(None, [reading, note])), rows[columns])


def _rows(summary: pd.DataFrame) -> pd.DataFrame:
    """One row per workload, build and measure with its value and interval; raises Missing."""
    rows = summary[~summary["role"].isin(CONTROLS) & summary["speedup_reference"].notna()]
    if rows.empty:
        raise Missing("no workload has a time relative to the reference build")
    rows = representatives.at_default_interval(rows)
    alone = rows[rows["backend_kind"] == "sequential"]
    threads = representatives.typical_thread_rows(rows[rows["speedup"].notna()], ["panel", "build"])
    times = {f"value{end}": 1 / alone[f"speedup_reference{other}"] for end, other in _INVERSE.items()}
    speedups = {f"value{end}": threads[f"speedup{end}"] for end in _INVERSE}
    parts = [alone.assign(measure=_TIME, **times), threads.assign(measure=_SPEEDUP, **speedups)]
    return pd.concat(parts, ignore_index=True)


def answers(rows: pd.DataFrame, kinds: pd.Series) -> list[str]:
    """How the oldest and the newest build of each kind compare: two sentences per workload.

    kinds: {build: kind}, from the oldest to the newest build.
    """
    ends = [*kinds.drop_duplicates().index, *kinds.drop_duplicates(keep="last").index]
    is_reference = (rows["measure"] == _TIME) & (rows["build"] == rows["reference_build"])
    rows = rows[rows["build"].isin(ends) & ~is_reference]
    parts = rows.apply(_describe, axis=1, result_type="reduce")
    starts = rows["panel"] + rows["measure"].map({_TIME: " at one worker", _SPEEDUP: ""})
    return [f"{start}: {text}." for start, text in parts.groupby(starts, sort=False).agg("; ".join).items()]


def _describe(row: pd.Series) -> str:
    if row["measure"] == _TIME:
        baseline = f"the speed of {row['reference_build']}"
        speed = phrases.describe_speed(row, "speedup_reference", row["claim_reference"], baseline)
        return f"{row['build']} is {speed}"
    return f"on {row['build']}, {row['label']} is {phrases.describe_speed(row, 'speedup', row['claim'])}"


def _figure(rows: pd.DataFrame, look: dict[str, dict[str, Any]]) -> tuple[Figure, str]:
    """The figure, and a note for its caption where not all panels are drawn."""
    builds = list(rows["build"].cat.categories)
    shown, note = choose_panels(rows.assign(line=rows["build"], build=rows["measure"]), "value", rule=_RULE)

    def draw_panel(axes: Axes, own: pd.DataFrame) -> None:
        axes.axhline(1, color=looks.INK, lw=1, zorder=1)
        own = own.assign(place=own["line"].cat.codes)
        for _, line in own.groupby("kind", sort=False):
            axes.plot(line["place"], line["value"], color=look[line["line"].iloc[-1]]["color"], lw=1, zorder=1)
        for name, mark in own.groupby("line", observed=True):
            drawing.line_with_bars(axes, mark, "place", "value", **look[name])
        axes.set_xlim(-0.5, len(builds) - 0.5)
        axes.set_xticks(range(len(builds)), builds)
        axes.set_ylim(0, 1.15 * max(1.0, own["value_high"].max()))

    return draw_panels(shown, draw_panel, height=lambda _: 1.5), note
