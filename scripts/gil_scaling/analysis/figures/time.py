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

_ENDS = ("", "_low", "_high")


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one point per backend and number of workers."""
    rows = looks.in_order(tables, drawing.timed_rows(tables["summary"]))
    rows = rows[rows["speedup"].notna()]
    if rows.empty:
        raise Missing("the workloads do not measure a time but metrics of their own")
    rows = rows.assign(timed=representatives.common_timed(rows))
    is_work = rows["timed"].eq("work")
    rows = rows.assign(**{f"time_s{end}": rows[f"work_s{end}"].where(is_work, rows[f"total_s{end}"]) for end in _ENDS})
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
    data = rows[["panel", "build", "label", "timed", *(f"time_s{end}" for end in _ENDS)]]
    return Drawn(figure, [], " ".join(filter(None, reading)), data)


def _draw_panel(axes: Axes, rows: pd.DataFrame, look: dict[str, looks.Look]) -> None:
    places = np.arange(len(rows))
    for name in rows["backend"].unique():
        is_shown = rows["backend"].eq(name).to_numpy()
        middle, low, high = (rows.loc[is_shown, f"time_s{end}"].to_numpy(float) for end in _ENDS)
        options: dict[str, Any] = {"color": look[name].colour, "marker": look[name].marker, "ls": "", "ms": 5.5}
        axes.errorbar(middle, places[is_shown], xerr=np.abs([middle - low, high - middle]), **options)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(5))
