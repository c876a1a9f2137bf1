"""Where the time goes: start-up, work and teardown, stacked."""

from scripts.analysis.figures import _bars, _style

TITLE = "How much of the time are the workers' start and end?"
PLACE = 3


def draw(tables, experiment):
    """One panel a workload and build, one bar a backend and number of workers; returns the figure and its caption."""
    rows = _bars.rows_of(tables["summary"], experiment)
    caption = (
        "Start-up to the first task's start, work from there to the last task's end, teardown after it: medians of each, "
        "so their sum is near the median of the total, not equal to it."
    )
    return _bars.draw(rows, _draw_panel, caption, "time in s")


def _draw_panel(axes, rows):
    left = 0
    for phase, colour in _style.PHASES.items():
        axes.barh(range(len(rows)), rows[phase], left=left, color=colour, height=0.7, label=phase.removesuffix("_s"))
        left = left + rows[phase].to_numpy()
