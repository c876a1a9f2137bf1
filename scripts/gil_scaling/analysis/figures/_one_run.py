"""What figures of a single run share: which runs have something to show, and which builds stand for all."""

from matplotlib.collections import PolyCollection

from gil_scaling.analysis import phrases

_HEIGHT = 0.84
_MANY = 200  # bars, from which on they are drawn as one thing, and as pixels

_RUN = ["experiment", "python", "workload", "params", "backend", "backend_params", "workers_asked", "start", "scaling"]


def two_builds(rows, tables):
    """The builds to draw, and the sentences that say so: all of up to two, else the reference and one that differs in the GIL."""
    found = sorted(set(rows["python"]))
    if len(found) <= 2:
        return found, []
    builds = tables["builds"].set_index("python")
    gil, version = builds["gil"].to_dict(), builds["version"].to_dict()
    reference = tables["summary"]["reference"].iloc[0]
    first = reference if reference in found else found[0]
    others = [name for name in found if name != first]
    second = min(others, key=lambda name: (gil[name] == gil[first], version[name] != version[first]))
    pair = f"{first}, {phrases.describe_gil(gil[first])}, and {second}, {phrases.describe_gil(gil[second])}"
    return [first, second], [f"Of {len(found)} builds two are drawn: {pair}."]


def asked(rows, summary):
    """The tasks or segments that have times, with the column usable_cpus, those of control runs left out."""
    runs = summary[summary["role"] != "ceiling"].groupby(_RUN, as_index=False)["usable_cpus"].max()
    rows = rows.assign(switch_interval_s=rows["switch_interval_s"].astype(float))
    return rows[rows["start_s"].notna() & rows["end_s"].notna()].merge(runs, on=_RUN)


def draw_bars(axes, run, colours):
    """Draws a bar for each row, from its start to its end in s at the height of its worker, in these colours."""
    start, end, worker = (run[name].astype(float) for name in ("start_s", "end_s", "worker"))
    if len(run) <= _MANY:
        axes.barh(worker, end - start, left=start, height=_HEIGHT, lw=0, color=colours)
        return
    low, high = worker - _HEIGHT / 2, worker + _HEIGHT / 2
    corners = [[(a, c), (b, c), (b, d), (a, d)] for a, b, c, d in zip(start, end, low, high, strict=True)]
    axes.add_collection(PolyCollection(corners, facecolors=colours, lw=0, rasterized=True))
    axes.autoscale_view()
