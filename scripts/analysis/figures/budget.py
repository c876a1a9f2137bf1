"""Where the time of the workers went, in parts of workers × the timed interval, stacked; and what limits each."""

from matplotlib.ticker import PercentFormatter

from scripts.analysis import labels, units, words
from scripts.analysis.columns import BUDGET_SHARES, KEYS
from scripts.analysis.figures import _bars, _style

TITLE = "Where did the time of the workers go?"
PLACE = 40
HEADLINE = "What limits it?"

_SHARES = [column.name for column in BUDGET_SHARES]
_LOSSES = {
    "extra_cpu": "CPU time beyond what the sequence needs (caches, memory, counters that workers contend for, or slower CPUs)",
    "startup": "the start of the workers",
    "imbalance": "imbalance: workers that were done early or had no task",
    "teardown": "the end of the workers, and bringing the results home",
}
_REACHED = 0.95  # of a limit


def draw(tables):
    """One panel a workload and build, one bar a backend and number of workers."""
    keys = [column.name for column in KEYS]
    rows = _bars.rows_of(tables["summary"])
    rows = rows.merge(tables["budget"], on=keys)
    if rows.empty:
        raise _style.Missing("no run tells when its workers worked")
    reading = (
        "Shares of workers × the timed interval, means over the rounds. Useful: CPU time that the sequence needs, too; extra "
        "CPU: beyond it, in the tasks; waiting: for the GIL, a lock, a CPU or input and output; start-up: before each "
        "worker's first task; imbalance: after its last one until the last of all; teardown: after that."
    )
    return _style.Drawn(
        _bars.draw(rows, _draw_panel, "share of the workers' time"),
        answers(rows),
        reading,
        rows[["panel", "python", "way", *_SHARES]],
    )


def answers(rows):
    """What took most of the workers' time beside the work, a sentence a workload, build and backend."""
    found = []
    told = rows[(rows["backend"] != "sequential") & rows["efficiency_bound"].notna()]
    for (panel, python, series), own in told.groupby(["panel", "python", "series"], sort=False):
        row = words.typical(own)
        if row["workers"] > 1 and row["workers_asked"] != "default":
            found.append(f"{panel} on {python}, {series} × {row['workers']:.0f}: {_limit(row)}.")
    return found


def _limit(row):
    """What limits one row: the bound, or the largest loss, and whether the machine's own ceiling is reached."""
    bound = units.ratio(row["speedup_bound"])
    if row["speedup_low"] >= _REACHED * row["speedup_bound"]:
        return f"it reaches what the tasks and the CPUs allow, {bound}"
    if row["speedup_high"] < _REACHED * row["speedup_bound"]:
        reached = f"it does not reach what the tasks and the CPUs allow, {bound}"
    else:
        reached = f"whether it reaches what the tasks and the CPUs allow, {bound}, is not shown"
    losses = [name for name in _SHARES if name != "useful"]
    largest = max(losses, key=lambda name: row[name])
    share = f"{words.percent(row[largest])} of the workers' time"
    said = f"{reached}; the largest part beside the work is {_named(largest, row)}, {share}"
    if row["speedup_low"] >= _REACHED * row["speedup_ceiling"]:
        return (
            f"{said}; processes in steady state get no further on this machine ({units.ratio(row['speedup_ceiling'])})"
        )
    return said


def _named(loss, row):
    if loss != "waiting":
        return _LOSSES[loss]
    if row["backend"] in labels.THREADS and row["gil"]:
        return "waiting, for the GIL that the threads share, or for a lock, a CPU, or input and output"
    if row["workers"] > row["usable_cpus"]:
        return "waiting, there being more workers than CPUs"
    return "waiting: for a lock, a CPU, or input and output"


def _draw_panel(axes, rows):
    left = 0
    for name in _SHARES:
        label, colour = _style.PARTS[name]
        axes.barh(range(len(rows)), rows[name], left=left, color=colour, height=0.7, label=label)
        left = left + rows[name].to_numpy()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
