"""The tasks of each worker on the time axis of one run: sequential, threads and other workers side by side."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.figures import _lanes, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels

TITLE = "When did each worker run?"
PLACE = 50

_COLUMNS = {"sequential": 0, "threads": 1}  # of the panels; other kinds share the third
_PANEL = ["panel", "build", "column"]
_DATA = ["panel", "build", "label", "round", "task", "worker", "start_s", "end_s", "cpu_s"]
_RULE = "the workloads whose runs differ most from sequential"
_READING = (
    "One bar per task, in alternating shades, of one run of each combination: the one whose time is nearest to the median. The "
    "panels of a workload share their time axis, which begins with the run; dotted line: end of the sequential run on the same "
    "build. With the GIL, threads have tasks in progress at the same time but run them in turns."
)


def draw(tables: Tables) -> Drawn:
    """Per workload and build one panel for sequential, threads, and processes (or else interpreters or coroutines)."""
    rows = _lanes.timed_rows(tables["tasks"], tables["summary"])
    if rows.empty:
        raise Missing("no run recorded its tasks one by one")
    builds, note = _lanes.choose_builds(rows, tables)
    rows = rows[rows["build"].isin(builds)]
    rows = _typical_runs(looks.in_order(tables, rows.assign(build=pd.Categorical(rows["build"], builds))))
    figure, left_out = _figure(rows, looks.backends(tables))
    return Drawn(figure, answers(rows), " ".join(filter(None, [_READING, note, left_out])), rows[_DATA])


def _typical_runs(rows: pd.DataFrame) -> pd.DataFrame:
    """The tasks of one combination per workload, build and column of panels, with the columns `column` and `sequential_s`.

    It is that of the plainest backend near the default switch interval with the typical number of workers.
    """
    rows = rows.assign(column=rows["backend_kind"].map(_COLUMNS).fillna(2).astype(int))
    rows = representatives.typical_rows(representatives.at_default_interval(rows), [*_PANEL, "backend"])
    runs = rows.drop_duplicates("combination")
    runs = runs.assign(length=runs["backend_params"].str.len()).sort_values([*_PANEL, "order", "length"], kind="stable")
    rows = rows[rows["combination"].isin(runs.drop_duplicates(_PANEL)["combination"])]
    alone = rows["end_s"].where(rows["column"] == 0).groupby([rows["panel"], rows["build"]], observed=True)
    rows = rows.assign(sequential_s=alone.transform("max"))
    return rows.sort_values([*_PANEL, "worker", "start_s"], kind="stable", ignore_index=True)


def answers(rows: pd.DataFrame) -> list[str]:
    """How many tasks were in progress at once and on how many CPUs, one sentence per workload; rows: of the runs drawn."""
    is_parallel = rows["column"] > 0
    rows = rows[is_parallel | ~is_parallel.groupby(rows["panel"]).transform("any")]
    rows = rows.assign(task_s=rows["end_s"] - rows["start_s"], cpu_s=rows["cpu_s"].astype(float))
    runs = rows.groupby([*_PANEL, "label"], observed=True).agg(
        start_s=("start_s", "min"),
        end_s=("end_s", "max"),
        task_s=("task_s", "sum"),
        cpu_s=("cpu_s", lambda times: times.sum(skipna=False)),
    )
    span_s = (runs["end_s"] - runs["start_s"]).replace(0, np.nan)
    in_progress, cpus = ((runs[name] / span_s).map(phrases.format_ratio) for name in ("task_s", "cpu_s"))
    names = runs.index.get_level_values("label") + " on " + runs.index.get_level_values("build").astype("str")
    texts = (in_progress + " on " + cpus + " CPUs").where(runs["cpu_s"].notna(), in_progress) + " (" + names + ")"
    sentences = texts.groupby(level="panel", sort=False).agg("; ".join)
    return [
        f"{panel}, mean number of tasks in progress in the drawn runs: {text}." for panel, text in sentences.items()
    ]


def _figure(rows: pd.DataFrame, look: dict[str, looks.Look]) -> tuple[Figure, str]:
    """The figure, and a note for its caption where not all panels are drawn."""
    builds = rows["build"].astype("str")
    end_s = rows.groupby(_PANEL, observed=True)["end_s"].transform("max")
    ratio = rows["sequential_s"] / end_s
    facets = rows.assign(workload=rows["panel"], line=builds, build=builds + rows["column"].astype("str"))
    shown, note = choose_panels(facets.assign(speedup_low=ratio, speedup_high=ratio), rule=_RULE)
    panels = shown["panel"] + " · " + shown["line"]
    shown = shown.assign(panel=panels, build=shown["column"].astype("str"), title=panels + " · " + shown["label"])
    longest = rows.groupby("panel")["end_s"].max()

    def draw_panel(axes: Axes, own: pd.DataFrame) -> None:
        first = own.iloc[0]
        colour = np.array(to_rgb(look[first["backend"]].colour))
        shades = np.array([colour, 1 - 0.55 * (1 - colour)])
        _lanes.draw_bars(axes, own, shades[own.groupby("worker").cumcount() % 2])
        if first["column"] and pd.notna(first["sequential_s"]):
            axes.axvline(first["sequential_s"], color=looks.INK, ls=":", lw=1.2)
        axes.set_ylim(own["worker"].max() + 0.6, -0.6)
        axes.set_xlim(0, longest[first["workload"]] * 1.03)
        axes.yaxis.set_major_locator(_lanes.worker_ticks(own["worker"].max() + 1))
        axes.xaxis.set_major_locator(MaxNLocator(4))
        factor, unit = _unit(longest[first["workload"]])
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * factor:g} {unit}" if value else "0"))

    return draw_panels(shown, draw_panel, height=_height, is_shared_x=False, y_label="worker"), note


def _height(rows: pd.DataFrame) -> float:
    """The inches of a panel's axes."""
    return 0.3 + min(0.24 * (int(rows["worker"].max()) + 1), 4.0)


def _unit(longest_s: float) -> tuple[float, str]:
    """The factor for seconds and the unit of an axis that ends there."""
    return (1, "s") if longest_s >= 1 else (1e3, "ms") if longest_s >= 1e-3 else (1e6, "µs")
