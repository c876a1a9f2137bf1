"""Which of several rows a sentence or a picture tells of: chosen by what was asked for, never by how fast it was."""

from gil_scaling.analysis import labels
from gil_scaling.analysis.tables.pairing import BLOCK, COMBINATION

DEFAULT_INTERVAL_S = 0.005  # the switch interval that Python has by itself
_BUT_INTERVAL = [name for name in COMBINATION if name != "switch_interval_s"]


def typical(rows):
    """The row at the most workers up to the usable CPUs, else at the fewest above 1; see at_default_interval.

    For example, of 1, 2 and 4 workers on 2 CPUs that with 2, of 4 and 8 that with 4.
    """
    rows = rows[_is_nearest(rows["switch_interval_s"])]
    counts = rows["workers"].astype(float)
    within = rows[counts.le(rows["usable_cpus"]) & counts.gt(1)]
    if len(within):
        return within.loc[within["workers"].astype(float).idxmax()]
    above = rows[counts.gt(1)] if counts.gt(1).any() else rows
    return above.loc[above["workers"].astype(float).idxmin()]


def typical_threads(rows):
    """The typical row of the plainest backend of threads among the rows, which have one at least."""
    backend = min(rows.loc[rows["backend"].isin(labels.THREADS), "backend"], key=labels.THREADS.index)
    return typical(rows[rows["backend"] == backend])


def plainest(rows):
    """The rows of the plainest backend among them: the one with the shortest name."""
    name = min(rows["backend"], key=lambda name: (len(name), name))
    return rows[rows["backend"] == name]


def at_default_interval(rows):
    """The rows at the switch interval nearest to the default, of each combination; those on which it has no effect stay."""
    intervals = rows.groupby(_BUT_INTERVAL, dropna=False, sort=False)["switch_interval_s"]
    return rows[intervals.transform(_is_nearest).astype(bool)]


def common_timed(rows):
    """Which time counts for all rows of a workload on a build, "work" or "total", as a column.

    Work, where it counts for any of them: the sequence has no workers that could wait for each other, and says total.
    """
    is_work = rows["timed"].eq("work").groupby([rows[name] for name in BLOCK]).transform("any")
    return is_work.map({True: "work", False: "total"})


def _is_nearest(intervals):
    """Whether each interval is as near to the default as any of them is; those of None are."""
    distance = (intervals.astype(float) - DEFAULT_INTERVAL_S).abs()
    return distance.isna() | distance.eq(distance.min())
