"""The shortest time in which some workers can run the given tasks, and the speedup that this allows."""

import math
from collections.abc import Iterable
from heapq import heapreplace

MAX_EXACT_TASKS = 12


def best_makespan(durations: Iterable[float], workers: int) -> float:
    """The shortest time in which so many workers can run the tasks, in the unit of the durations.

    durations: (n,). Exact up to 12 tasks; above, a lower bound that no schedule can beat. NaN without tasks, or with
    a NaN among them. Assumes that a task runs as fast beside others as alone.
    Source: Graham, Bounds on multiprocessing timing anomalies (1969); Dell'Amico and Martello, Optimal scheduling of
    tasks on identical parallel processors (1995). For example, [90, 30, 22, 130] on 2 workers take 142, on 3 or more
    130; 13 tasks of 1 on 4 workers take 4.
    """
    tasks = _longest_first(durations)
    if not tasks:
        return math.nan
    reached = lpt_makespan(tasks, workers)
    lower = max(math.fsum(tasks) / workers, reached / (4 / 3 - 1 / (3 * workers)), _pigeonhole_bound(tasks, workers))
    if len(tasks) > MAX_EXACT_TASKS:
        return lower
    return _search(tasks, [0.0] * min(workers, len(tasks)), reached, lower)


def lpt_makespan(durations: Iterable[float], workers: int) -> float:
    """The makespan of the LPT rule: each free worker takes the longest task that is left.

    durations: (n,). NaN without tasks, or with a NaN among them. At most 4/3 − 1/(3p) times the best makespan.
    Source: Graham (1969). For example, [3, 3, 2, 2, 2] on 2 workers take 7, where 6 is the best.
    """
    tasks = _longest_first(durations)
    if not tasks:
        return math.nan
    loads = [0.0] * workers
    for task in tasks:
        heapreplace(loads, loads[0] + task)
    return max(loads)


def speedup_bound(sequential_s: float, makespan_s: float, task_cpu_s: float, usable_cpus: float) -> float:
    """The speedup that the tasks and the CPUs allow: T_seq / max(best makespan, task CPU time / usable CPUs).

    All in seconds. If the CPU time is unknown (NaN), the tasks alone bound it; if they are unknown, it is NaN.
    Source: Graham (1969), for the makespan. For example, the lecture's tasks of 90, 30, 22 and 130 on 4 workers and
    2 CPUs: 272 / max(130, 136) = 2.
    """
    return sequential_s / max(makespan_s, 0.0 if math.isnan(task_cpu_s) else task_cpu_s / usable_cpus)


def _longest_first(durations: Iterable[float]) -> list[float]:
    """The tasks in order of decreasing duration; none where one is NaN."""
    tasks = sorted(map(float, durations), reverse=True)
    return [] if any(map(math.isnan, tasks)) else tasks


def _pigeonhole_bound(tasks: list[float], workers: int) -> float:
    """The best lower bound that follows from there being more tasks than workers.

    Of the j p + 1 longest tasks some worker runs j + 1, which take at least as long as the j + 1 shortest of them.
    """
    most = (len(tasks) - 1) // workers
    return max(math.fsum(tasks[j * workers - j : j * workers + 1]) for j in range(most + 1))


def _search(tasks: list[float], loads: list[float], best: float, lower: float) -> float:
    """Branch and bound over the worker of each task, the longest task first."""
    if not tasks:
        return min(best, max(loads))
    for worker in sorted(range(len(loads)), key=loads.__getitem__):
        load = loads[worker]
        if best <= lower or load + tasks[0] >= best or load in loads[:worker]:
            continue
        loads[worker] = load + tasks[0]
        best = _search(tasks[1:], loads, best, lower)
        loads[worker] = load
    return best
