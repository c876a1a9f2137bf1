"""The ideal speedup of explained combinations as one bar: what was reached, and what each loss takes; a speedup stack.

Source: Eyerman, Du Bois, Eeckhout, "Speedup stacks" (ISPASS 2012), here without what needs hardware counters.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from gil_scaling.analysis.columns import BUDGET_SHARES, WAITING_SHARES
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_row_panels

TITLE = "What takes the rest of the ideal speedup?"
PLACE = 41

_BUDGET = [column.name for column in BUDGET_SHARES]
_WAITS = [column.name for column in WAITING_SHARES if column.name != "on_cpu"]
_PARTS = [part for name in _BUDGET for part in (_WAITS if name == "waiting" else [name])]
_READING = (
    "The bar of each combination is as long as it has workers, the ideal speedup. Useful is CPU time that "
    "sequential needs, too: on a quiet machine the speedup. The other parts are lost, as in the figure of the workers' time; what the "
    "workers waited for comes from extra runs that were sampled, and divides the waiting of the timed runs."
)


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one bar per explained combination."""
    waiting = tables.get("waiting")
    if waiting is not None:
        waiting = waiting[waiting["task_s"].notna() & waiting["at_workers"].eq(waiting["workers"])]
    if waiting is None or waiting.empty:
        raise Missing("no combination was explained by the target why")
    rows = drawing.timed_rows(tables["summary"])
    for table, columns in ((tables["budget"], _BUDGET), (waiting, _WAITS)):
        rows = rows.merge(table[["combination", "experiment", *columns]], on=["combination", "experiment"])
    if rows.empty:
        raise Missing("no explained combination has a budget")
    rows = looks.in_order(tables, rows.assign(**_divide_waiting(rows)))
    rows = rows.assign(**{name: rows[name] * rows["workers"].astype(float) for name in _PARTS})
    shown, note = choose_panels(rows)
    figure = draw_row_panels(shown, _draw_panel, x_label="speedup", is_legend_above=True)
    data = rows[["panel", "build", "label", *_PARTS]]
    return Drawn(figure, [], " ".join(filter(None, [_READING, note])), data)


def _divide_waiting(rows: pd.DataFrame) -> Mapping[str, pd.Series]:
    """The waiting of the timed runs, as shares of the workers' time, in proportion to what the sampled workers waited for.

    Of the garbage collector's pauses only what the other workers waited counts: nothing where these are processes or
    interpreters.
    """
    seen = rows[_WAITS].fillna(0.0)
    workers = rows["workers"].astype(float)
    is_apart = rows["backend_kind"].isin(["processes", "interpreters"])
    seen["garbage_collector"] *= ((workers - 1) / workers).mask(is_apart, 0.0)
    whole = seen.sum(axis=1)
    seen.loc[whole.eq(0), "unknown"] = 1.0
    return {name: rows["waiting"] * seen[name] / whole.where(whole.gt(0), 1.0) for name in _WAITS}


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    drawing.draw_stacks(axes, rows, _PARTS)
    axes.set_xlim(0, max(rows["workers"]))
    axes.axvline(1, color="0.3", lw=0.8, ls=":")
