"""Where the time of the workers went, in parts of workers × the timed interval, stacked; and what limits each."""

from matplotlib.ticker import PercentFormatter

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.columns import BUDGET_SHARES, KEYS
from gil_scaling.analysis.figures import _bars, _style
from gil_scaling.analysis.statistics.intervals import CI95

TITLE = "Where did the time of the workers go?"
PLACE = 40
HEADLINE = "What limits it?"

_SHARES = [column.name for column in BUDGET_SHARES]
_LOSSES = {
    "extra_cpu": "CPU time beyond what the sequence needs (memory, contended counters, slower CPUs)",
    "startup": "their start",
    "imbalance": "having no task (imbalance)",
    "teardown": "their end and bringing the results home",
}
_REACHED = 0.95  # of a limit
_WORTH_TELLING = 0.03  # of the workers' time


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
    """What takes the workers' time beside the work, a sentence a workload, build and kind of worker."""
    found = []
    for (panel, python), own in rows.groupby(["panel", "python"], sort=False):
        alone = own[own["backend"] == "sequential"]
        told = own[own["efficiency_bound"].notna() & (own["workers"] > 1) & (own["workers_asked"] != "default")]
        for _, kind in told.groupby(told["backend"].map(labels.kind), sort=False):
            first = kind[["backend", "backend_params"]].eq(kind[["backend", "backend_params"]].iloc[0]).all(axis=1)
            row = choice.typical(kind[first])
            way = f"{row['series']} × {row['workers']:.0f}"
            found.append(f"{panel} on {python}: {way} {_limit(row, alone)}.")
    return found


def _limit(row, alone):
    """What one row reaches, and its largest loss: the part that it has most of beyond what the sequence alone has."""
    bound = f"the bound of the tasks and the CPUs, {phrases.format_ratio(row['speedup_bound'])}"
    is_known = row["interval"] == CI95
    if is_known and row["speedup_low"] >= _REACHED * row["speedup_bound"]:
        return f"reaches {bound}"
    is_below = is_known and row["speedup_high"] < _REACHED * row["speedup_bound"]
    said = f"stays below {bound}" if is_below else f"is not shown to reach {bound}"
    before = alone[_SHARES].mean()
    losses = {name: row[name] - (before[name] if len(alone) else 0) for name in _SHARES if name != "useful"}
    largest = max(losses, key=losses.get)
    if losses[largest] >= _WORTH_TELLING:
        said += f"; beside the work, the largest part of its workers' time goes into {_named(largest, row)}: {phrases.format_percent(row[largest])}"
    if is_known and row["speedup_low"] >= _REACHED * row["speedup_ceiling"]:
        said += f"; processes in steady state get no further on this machine, {phrases.format_ratio(row['speedup_ceiling'])}"
    return said


def _named(loss, row):
    if loss != "waiting":
        return _LOSSES[loss]
    if row["backend"] in labels.THREADS and row["gil"]:
        return "waiting for the GIL (or a lock, a CPU, input and output)"
    if row["workers"] > row["usable_cpus"]:
        return "waiting for a CPU, of which there are fewer than workers (or a lock, input and output)"
    return "waiting for a lock, a CPU, or input and output"


def _draw_panel(axes, rows):
    left = 0
    for name in _SHARES:
        label, colour = _style.PARTS[name]
        axes.barh(range(len(rows)), rows[name], left=left, color=colour, height=0.7, label=label)
        left = left + rows[name].to_numpy()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
