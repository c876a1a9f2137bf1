"""Bars of workers on the time axis of single runs, as timeline and handovers draw them."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import drawing
from gil_scaling.analysis.figures.drawing import Tables

_HEIGHT = 0.84
_MAX_VECTOR_BARS = 200  # more are drawn as pixels, to keep the SVG small


def timed_rows(rows: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """The tasks or segments that have times, with `usable_cpus` from the summary, without those of ceiling runs."""
    runs = summary[~summary["role"].isin(CONTROLS)].drop_duplicates("combination")[["combination", "usable_cpus"]]
    return rows[rows["start_s"].notna() & rows["end_s"].notna()].merge(runs, on="combination")


def choose_builds(rows: pd.DataFrame, tables: Tables) -> tuple[list[str], str]:
    """The builds to draw and a note on the choice: up to two, else the reference and one with the other GIL state."""
    measured = labels.in_order(rows["build"])
    if len(measured) <= 2:
        return measured, ""
    builds = tables["builds"].drop_duplicates("build").set_index("build").loc[measured, ["gil", "version"]]
    reference = tables["summary"]["reference_build"].iloc[0]
    first = reference if reference in builds.index else measured[0]
    others = builds.drop(first)
    is_alike = pd.DataFrame({"gil": others["gil"] == builds.at[first, "gil"]})
    is_alike["other_version"] = others["version"] != builds.at[first, "version"]
    pair = [first, is_alike.sort_values(["gil", "other_version"], kind="stable").index[0]]
    names = " and ".join(f"{name} ({phrases.describe_gil(builds.at[name, 'gil'])})" for name in pair)
    return pair, f"Two of {len(measured)} builds are drawn: {names}."


def draw_bars(axes: Axes, rows: pd.DataFrame, colours: Any) -> None:
    """Draw a bar per row, from start_s to end_s at the height of its worker; colours: one, or one per row."""
    many = len(rows) > _MAX_VECTOR_BARS
    duration_s = rows["end_s"] - rows["start_s"]
    drawing.draw_bars(
        axes, rows["start_s"], duration_s, rows["worker"], height=_HEIGHT, facecolors=colours, rasterized=many
    )
    axes.grid(visible=False, axis="y")


def worker_ticks(count: int) -> FixedLocator:
    """A tick at each of so many workers, or of many at the first and the last."""
    return FixedLocator(range(count) if count <= 8 else [0, count - 1])
