"""Figures with a row a backend and number of workers."""

from scripts.analysis.figures import _style

look = _style.look


def rows_of(summary, experiment):
    """The rows of an experiment that have times, the control runs left out, in the order in which they are drawn."""
    rows = summary[(summary["experiment"] == experiment) & (summary["role"] != "ceiling") & summary["total_s"].notna()]
    if rows.empty:
        return rows
    rows = _style.series(_style.panels(rows))
    workers = (
        rows["workers"]
        .astype("string")
        .where(rows["workers_asked"] != "default", "default: " + rows["workers"].astype("string"))
    )
    label = rows["series"].where(rows["backend"] == "sequential", rows["series"] + " × " + workers)
    order = {name: place for place, name in enumerate(_style.BACKENDS)}
    rank = rows["backend"].map(lambda name: order.get(name, len(order)))
    return rows.assign(label=label, rank=rank).sort_values(["rank", "backend", "switch_interval_s", "workers"])


def draw(rows, draw_panel, caption, x_label):
    """A panel a workload and build, in each of which draw_panel(axes, rows) draws a row at each whole y from 0."""
    if rows.empty:
        return _style.empty("No run is ok, or what was measured is not a time (see metrics)."), "Nothing to show."
    most = rows.groupby(["panel", "python"]).size().max()
    facets = _style.grid(rows, panel_height=0.9 + 0.24 * most, panel_width=4.8)
    for (panel, python), axes in facets.axes_dict.items():
        own = rows[(rows["panel"] == panel) & (rows["python"] == python)]
        draw_panel(axes, own)
        axes.set_yticks(range(len(own)), own["label"])
        axes.set_ylim(len(own) - 0.4, -0.6)
        axes.set_xlabel(x_label)
        axes.set_ylabel("")
    handles, labels = facets.axes.flat[0].get_legend_handles_labels()
    if handles:
        facets.figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return facets.figure, caption
