"""Where the time of the workers went, in parts of workers × the timed interval, stacked."""

from matplotlib.ticker import PercentFormatter

from scripts.analysis.columns import BUDGET_SHARES, KEYS
from scripts.analysis.figures import _bars, _style

TITLE = "Where did the time of the workers go?"
PLACE = 3


def draw(tables, experiment):
    """One panel a workload and build, one bar a backend and number of workers; returns the figure and its caption."""
    keys = [column.name for column in KEYS]
    rows = _bars.rows_of(tables["summary"], experiment)
    rows = rows.merge(tables["budget"], on=keys) if len(rows) else rows
    caption = (
        "Shares of workers × the timed interval, means over the rounds. Useful: CPU time that the sequence needs, too; extra "
        "CPU: beyond it, in the tasks; waiting: for the GIL, a lock, a CPU or input and output; start-up: before each "
        "worker's first task; imbalance: after its last one until the last of all; teardown: after that."
    )
    return _bars.draw(rows, _draw_panel, caption, "share of the workers' time")


def _draw_panel(axes, rows):
    left = 0
    for part in BUDGET_SHARES:
        label, colour = _style.PARTS[part.name]
        axes.barh(range(len(rows)), rows[part.name], left=left, color=colour, height=0.7, label=label)
        left = left + rows[part.name].to_numpy()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
