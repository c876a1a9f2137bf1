"""Where the time of the workers went, in parts of workers × the timed interval, stacked; and what limits each."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import BUDGET_SHARES
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_row_panels
from gil_scaling.analysis.losses import NO, NOT_SHOWN, YES, limits, with_shares

TITLE = "Where did the time of the workers go?"
PLACE = 40

_SHARES = [column.name for column in BUDGET_SHARES]
_READING = (
    "Shares of workers × the timed interval, means over the rounds. Useful: CPU time that sequential needs, too; extra CPU: "
    "beyond it, in the tasks; waiting: for the GIL, a lock, a CPU or I/O; start-up: before each worker's first task; imbalance: "
    "after its last one until the last of all; teardown: after that."
)


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one bar per backend and number of workers."""
    rows = with_shares(drawing.timed_rows(tables["summary"]), tables["budget"])
    if rows.empty:
        raise Missing("no run recorded when its workers worked")
    rows = looks.in_order(tables, rows)
    shown, note = choose_panels(rows)
    figure = draw_row_panels(shown, _draw_panel, x_label="share of the workers' time", is_legend_above=True)
    reading = " ".join(filter(None, [_READING, note]))
    return Drawn(figure, answers(rows), reading, rows[["panel", "build", "label", *_SHARES]])


def answers(rows: pd.DataFrame) -> list[str]:
    """What takes the workers' time beside the work, a sentence per workload, build and kind of backend."""
    return [
        f"{row['panel']} on {row['build']}: {row['label']} {_describe_limit(row)}."
        for row in limits(rows).to_dict("records")
    ]


_REACHES = {YES: "reaches", NO: "stays below", NOT_SHOWN: "is not shown to reach"}


def _describe_limit(row: Mapping[str, Any]) -> str:
    bound = phrases.format_ratio(row["speedup_bound"])
    text = f"{_REACHES[row['reaches']]} the bound of the tasks and the CPUs, {bound}"
    if row["loss"]:
        share = phrases.format_percent(row["share"])
        text += f"; its workers lose most to {row['loss']}: {share}"
    if row["is_at_ceiling"]:
        ceiling = phrases.format_ratio(row["speedup_ceiling"])
        text += f"; processes in steady state get no further on this machine, {ceiling}"
    return text


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    drawing.draw_stacks(axes, rows, _SHARES)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
