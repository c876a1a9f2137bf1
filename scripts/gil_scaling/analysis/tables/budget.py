"""Where the time of the workers went: workers × the timed interval, in parts that add up to 1.

The parts follow the parallel efficiency metrics of the HPC community (POP Centre of Excellence, "POP standard metrics for
parallel performance analysis", pop-coe.eu; Rosas, Giménez, Labarta, "Scalability prediction for fundamental performance
factors", 2014): what POP calls useful computation is here the CPU time inside the tasks.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import BUDGET_METRICS, BUDGET_SHARES
from gil_scaling.analysis.tables.pairing import combinations, lists_of

SHARES = [column.name for column in BUDGET_SHARES]
METRICS = [column.name for column in BUDGET_METRICS]


class Occupancy(NamedTuple):
    """What the workers of one sample did, in seconds summed over them.

    workers: their number; capacity_s: workers × the timed interval; startup_s: before each worker's first task; busy_s:
    from there to the end of its last; cpu_s: CPU time inside the tasks, of coroutines that of their loops within busy_s;
    imbalance_s: after its last task until the last of all, with the whole time of workers without a task; teardown_s:
    after that; longest_cpu_s: the CPU time of the busiest worker, NaN where tasks have none of their own.
    """

    workers: int
    capacity_s: float
    startup_s: float
    busy_s: float
    cpu_s: float
    imbalance_s: float
    teardown_s: float
    longest_cpu_s: float


def occupancy(sample, timed):
    """The Occupancy of a sample of a record; timed is total, or work where all workers began together.

    For example, two workers on tasks from 1 to 3 s and from 1 to 5 s of 6 s have a capacity of 12 s: 2 of start-up,
    6 busy, 2 of imbalance, 2 of teardown.
    """
    workers = _by_worker(sample)
    first, last = min(begin for begin, _, _ in workers), max(end for _, end, _ in workers)
    from_s, to_s = (first, last) if timed == "work" else (0.0, sample["total_s"])
    count = max(sample["workers"], len(workers))  # a backend of one's own may take more than it was asked to
    busy_s = sum(end - begin for begin, end, _ in workers)
    idle_s = (count - len(workers)) * (last - from_s)
    longest = max(math.nan if cpu is None else cpu for _, _, cpu in workers)
    return Occupancy(
        workers=count,
        capacity_s=count * (to_s - from_s),
        startup_s=sum(begin - from_s for begin, _, _ in workers),
        busy_s=busy_s,
        cpu_s=math.nan if sample["task_cpu_s"] is None else min(sample["task_cpu_s"], busy_s),
        imbalance_s=sum(last - end for _, end, _ in workers) + idle_s,
        teardown_s=count * (to_s - last),
        longest_cpu_s=longest,
    )


def _by_worker(sample):
    """(start of its first task, end of its last, CPU time in its tasks or None) of each worker that ran one."""
    if sample["tasks"] is None:
        return [(one["first_s"], one["last_s"], one["cpu_s"]) for one in sample["task_summary"]]
    found = {}
    columns = (sample["tasks"][name] for name in ("worker", "start_s", "end_s", "cpu_s"))
    for worker, start, end, cpu in zip(*columns, strict=True):
        first, last, before = found.get(worker, (start, end, 0.0))
        total = None if None in (before, cpu) else before + cpu
        found[worker] = (min(first, start), max(last, end), total)
    return list(found.values())


def shares(occupied, sequential_cpu_s):
    """The parts of the capacity, which add up to 1, and POP's efficiencies, as a dictionary.

    sequential_cpu_s: the CPU time of the same tasks in sequence. Useful is what the sequence needs, too; beyond it lies
    extra CPU time. For example, of a capacity of 12 s with 6 s busy, 5 s of CPU time and 4 s in sequence a third is useful,
    1/12 extra and 1/12 waiting.
    """
    useful_s = min(sequential_cpu_s, occupied.cpu_s)
    parts_s = (
        useful_s,
        occupied.cpu_s - useful_s,
        occupied.busy_s - occupied.cpu_s,
        occupied.startup_s,
        occupied.imbalance_s,
        occupied.teardown_s,
    )
    found = dict(zip(SHARES, (_over(part, occupied.capacity_s) for part in parts_s), strict=True))
    return {**found, **dict(zip(METRICS, _efficiencies(occupied, sequential_cpu_s), strict=True))}


def _efficiencies(occupied, sequential_cpu_s):
    """POP's: the parallel efficiency is the product of the first two, the global one that of the third and the fourth."""
    mean_s, interval_s = occupied.cpu_s / occupied.workers, occupied.capacity_s / occupied.workers
    return (
        _over(mean_s, occupied.longest_cpu_s),
        _over(occupied.longest_cpu_s, interval_s),
        _over(mean_s, interval_s),
        _over(sequential_cpu_s, occupied.cpu_s),
        _over(sequential_cpu_s, occupied.capacity_s),
    )


def _over(part, whole):
    return part / whole if whole else math.nan


def budget(runs, baselines):
    """The table: a row a combination whose baseline is known, each share the mean over its rounds.

    runs: a row a run and use with an object column `occupancy`, as load gives them.
    """
    rows = []
    for key, group in combinations(runs[runs["status"] == "ok"]):
        pairs = [(run, baselines.of(run)) for run in group.to_dict("records")]
        found = [_shares_of(run, base) for run, base in pairs if base is not None]
        if found:
            means = {name: float(np.mean([one[name] for one in found])) for name in (*SHARES, *METRICS)}
            rows.append({**key, "rounds": len(found), **means})
    return pd.DataFrame(rows)


def _shares_of(run, base):
    return shares(run["occupancy"], base["occupancy"].cpu_s * lists_of(run))
