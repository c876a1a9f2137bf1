"""Where the time of the workers went, in parts of workers × the timed interval, stacked; and what limits each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.columns import BUDGET_SHARES
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_row_panels
from gil_scaling.analysis.statistics.intervals import CI95

TITLE = "Where did the time of the workers go?"
PLACE = 40
HEADLINE = "What limits it?"

_SHARES = [column.name for column in BUDGET_SHARES]
_LOSSES = {
    "extra_cpu": "CPU time beyond what sequential needs (memory, contended counters, slower CPUs)",
    "startup": "starting them",
    "imbalance": "having no task (imbalance)",
    "teardown": "ending them and returning the results",
}
_REACHED = 0.95  # of a limit
_MIN_LOSS = 0.03  # of the workers' time, to be named
_READING = (
    "Shares of workers × the timed interval, means over the rounds. Useful: CPU time that sequential needs, too; extra CPU: "
    "beyond it, in the tasks; waiting: for the GIL, a lock, a CPU or I/O; start-up: before each worker's first task; imbalance: "
    "after its last one until the last of all; teardown: after that."
)


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one bar per backend and number of workers."""
    rows = drawing.timed_rows(tables["summary"])
    rows = rows.merge(tables["budget"][["combination", "experiment", *_SHARES]], on=["combination", "experiment"])
    if rows.empty:
        raise Missing("no run recorded when its workers worked")
    rows = looks.in_order(tables, rows)
    shown, note = choose_panels(rows)
    figure = draw_row_panels(shown, _draw_panel, x_label="share of the workers' time", is_legend_above=True)
    reading = " ".join(filter(None, [_READING, note]))
    return Drawn(figure, answers(rows), reading, rows[["panel", "build", "label", *_SHARES]])


def answers(rows: pd.DataFrame) -> list[str]:
    """What takes the workers' time beside the work, a sentence per workload, build and kind of backend."""
    sentences = []
    for (panel, build), own in rows.groupby(["panel", "build"], sort=False):
        sequential = own[own["backend_kind"] == "sequential"]
        before = sequential[_SHARES].mean().fillna(0)
        limited = own[own["efficiency_bound"].notna() & (own["workers"] > 1) & (own["workers_asked"] != "default")]
        for _, kind in limited.groupby("backend_kind", sort=False):
            line = representatives.plainest(kind)
            row = representatives.typical(line[line["backend_params"] == line["backend_params"].iloc[0]])
            sentences.append(f"{panel} on {build}: {row['label']} {_describe_limit(row, before)}.")
    return sentences


def _describe_limit(row: pd.Series, before: pd.Series) -> str:
    """What one row reaches, and its largest loss: the part that it has most of beyond what sequential has (before)."""
    bound = f"the bound of the tasks and the CPUs, {phrases.format_ratio(row['speedup_bound'])}"
    is_known = row["interval"] == CI95
    if is_known and row["speedup_low"] >= _REACHED * row["speedup_bound"]:
        return f"reaches {bound}"
    is_below = is_known and row["speedup_high"] < _REACHED * row["speedup_bound"]
    text = f"stays below {bound}" if is_below else f"is not shown to reach {bound}"
    losses = {name: row[name] - before[name] for name in _SHARES if name != "useful"}
    largest = max(losses, key=lambda name: losses[name])
    if losses[largest] >= _MIN_LOSS:
        share = phrases.format_percent(row[largest])
        text += (
            f"; the largest part of its workers' time beside the work goes into {_describe_loss(largest, row)}: {share}"
        )
    if is_known and row["speedup_low"] >= _REACHED * row["speedup_ceiling"]:
        ceiling = phrases.format_ratio(row["speedup_ceiling"])
        text += f"; processes in steady state get no further on this machine, {ceiling}"
    return text


def _describe_loss(loss: str, row: pd.Series) -> str:
    if loss != "waiting":
        return _LOSSES[loss]
    if row["backend_kind"] == "threads" and row["gil"]:
        return "waiting for the GIL (or a lock, a CPU, I/O)"
    if row["workers"] > row["usable_cpus"]:
        return "waiting for a CPU, of which there are fewer than workers (or a lock, I/O)"
    return "waiting for a lock, a CPU, or I/O"


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    left = np.zeros(len(rows))
    for name in _SHARES:
        label, colour = looks.PARTS[name]
        width = rows[name].to_numpy(float)
        drawing.draw_bars(axes, left, width, np.arange(len(rows)), facecolor=colour, label=label)
        left = left + width
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
