"""In what time so many workers can run given tasks, and the speedup that this allows."""

import math
from heapq import heapreplace

EXACT_TASKS = 12


def best_makespan(durations, workers):
    """The shortest time in which so many workers can run the tasks, in the unit of the durations.

    durations: (n,). Exact up to 12 tasks; for more a lower bound, which no schedule can beat. NaN for no tasks, or with
    a NaN among them. Assumes that a task runs as fast beside others as alone.
    Source: Graham, Bounds on multiprocessing timing anomalies (1969); Dell'Amico and Martello, Optimal scheduling of
    tasks on identical parallel processors (1995). For example, [90, 30, 22, 130] on 2 workers take 142, on 3 or more
    130; 13 tasks of 1 on 4 workers take 4.
    """
    tasks = sorted(map(float, durations), reverse=True)
    if not tasks or any(map(math.isnan, tasks)):
        return math.nan
    reached = lpt_makespan(tasks, workers)
    lower = max(math.fsum(tasks) / workers, reached / (4 / 3 - 1 / (3 * workers)), _crowded(tasks, workers))
    if len(tasks) > EXACT_TASKS:
        return lower
    return _search(tasks, [0.0] * min(workers, len(tasks)), reached, lower)


def lpt_makespan(durations, workers):
    """The time that the workers take when each free one is given the longest task left.

    durations: (n,). NaN for no tasks, or with a NaN among them. At most 4/3 − 1/(3p) of the best makespan.
    Source: Graham (1969). For example, [3, 3, 2, 2, 2] on 2 workers take 7, where 6 is the best.
    """
    tasks = sorted(map(float, durations), reverse=True)
    if not tasks or any(map(math.isnan, tasks)):
        return math.nan
    loads = [0.0] * workers
    for task in tasks:
        heapreplace(loads, loads[0] + task)
    return max(loads)


def speedup_bound(sequential_s, durations, task_cpu_s, workers, usable_cpus):
    """The speedup that the tasks and the CPUs allow: T_seq / max(best makespan, task CPU time / usable CPUs).

    All in seconds; a CPU time that is not known (NaN) leaves the bound of the tasks. NaN where the tasks are not known.
    Source: Graham (1969), for the makespan. For example, the lecture's tasks of 90, 30, 22 and 130 on 4 workers and
    2 CPUs: 272 / max(130, 136) = 2.
    """
    cpu_s = 0.0 if math.isnan(task_cpu_s) else task_cpu_s / usable_cpus
    return sequential_s / max(best_makespan(durations, workers), cpu_s)


def _crowded(tasks, workers):
    """The greatest of the times that some worker needs at least, because there are more tasks than workers.

    Of the j p + 1 longest tasks one worker runs j + 1, which take at least as long as the shortest j + 1 of them.
    """
    most = (len(tasks) - 1) // workers
    return max(math.fsum(tasks[j * workers - j : j * workers + 1]) for j in range(most + 1))


def _search(tasks, loads, best, lower):
    """Branch and bound over the worker of each task, the longest first."""
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
