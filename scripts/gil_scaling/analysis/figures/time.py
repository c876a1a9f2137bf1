"""The time of each backend and number of workers."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from gil_scaling.analysis import representatives
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_row_panels

TITLE = "How long does it take?"
PLACE = 30

_TIMES = ["time_s", "time_s_low", "time_s_high"]


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one point per backend and number of workers."""
    rows = looks.in_order(tables, drawing.timed_rows(tables["summary"]))
    rows = rows[rows["speedup"].notna()]
    if rows.empty:
        raise Missing("the workloads do not measure a time but metrics of their own")
    timed = representatives.common_timed(rows)
    rows = rows.assign(timed=timed, **representatives.counted_times(rows, timed))
    shown, note = choose_panels(rows)
    look = looks.backends(tables)
    figure = draw_row_panels(
        shown, lambda axes, own: _draw_panel(axes, own, look), x_label="time in s", is_shared_x=False
    )
    reading = [
        "The time that counts (total, or work where all workers start together), on a scale from 0.",
        drawing.interval_note(shown),
        note,
    ]
    return Drawn(figure, [], " ".join(filter(None, reading)), rows[["panel", "build", "label", "timed", *_TIMES]])


def _draw_panel(axes: Axes, rows: pd.DataFrame, look: dict[str, looks.Look]) -> None:
    places = np.arange(len(rows))
    for name in rows["backend"].unique():
        is_shown = rows["backend"].eq(name).to_numpy()
        options: dict[str, Any] = {"color": look[name].colour, "marker": look[name].marker, "ms": 5.5}
        drawing.marks_with_bars(axes, rows[is_shown], "time_s", places[is_shown], **options)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(5))
