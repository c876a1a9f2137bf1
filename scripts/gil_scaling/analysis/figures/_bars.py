"""Figures with a row a backend and number of workers."""

from gil_scaling.analysis import labels
from gil_scaling.analysis.figures import _style


def rows_of(summary):
    """The rows that have times, the control runs left out, in the order in which they are drawn; raises Missing."""
    rows = summary[(summary["role"] != "ceiling") & summary["total_s"].notna()]
    if rows.empty:
        raise _style.Missing("no run is ok")
    rows = labels.ways(labels.panels(rows))
    return rows.assign(rank=_style.rank(rows["backend"])).sort_values(
        ["panel", "python", "rank", "backend", "switch_interval_s", "workers"]
    )


def draw(rows, draw_panel, x_label):
    """A panel a workload and build, in each of which draw_panel(axes, rows) draws a row at each whole y from 0."""
    most = rows.groupby(["panel", "python"]).size().max()
    figure, all_axes = _style.panels_of(rows, width=4.8, height=0.9 + 0.24 * most, most=2)
    for axes, own in all_axes:
        draw_panel(axes, own)
        axes.set_yticks(range(len(own)), own["way"])
        axes.set_ylim(len(own) - 0.4, -0.6)
        axes.set_xlabel(x_label)
        axes.set_ylabel("")
    _style.add_legend(figure, "outside upper center", columns=None)
    return figure
