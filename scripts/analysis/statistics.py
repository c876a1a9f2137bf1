"""Estimates with intervals, bounds and laws: pure functions on sequences of numbers."""

import math
from functools import cache
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

LEAST_ROUNDS = 6  # from here on the exact rank methods reach 95 %
LEAST_UNPAIRED = 4  # on each side
LEVEL = 0.95

CI95, RANGE = "ci95", "range"


class Estimate(NamedTuple):
    """A value with its interval; kind is "ci95", or "range", which makes no claim."""

    value: float
    low: float
    high: float
    kind: str


def median(values):
    """The median with the exact interval of order statistics, from 6 values on; below, the range.

    values: (n,) of independent rounds. NaN for no value. Source: Conover, Practical Nonparametric Statistics (1999),
    section 3.2. For example, of 1 … 6 it is 3.5 in [1, 6], which holds the median in 96.9 % of samples.
    """
    found = np.sort(np.asarray(values, dtype=float))
    if not len(found) or np.isnan(found).any():
        return Estimate(math.nan, math.nan, math.nan, RANGE)
    if len(found) < LEAST_ROUNDS:
        return Estimate(float(np.median(found)), float(found[0]), float(found[-1]), RANGE)
    skipped = _skipped([math.comb(len(found), k) for k in range(len(found) + 1)])
    return Estimate(float(np.median(found)), float(found[skipped]), float(found[-1 - skipped]), CI95)


def paired_ratio(ratios):
    """The Hodges–Lehmann estimate of a ratio from one ratio a round, with the exact signed-rank interval.

    ratios: (n,) of rounds, each the quotient of two times measured in the same round; all positive.
    Below 6 rounds: their median and range. Source: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods
    (2014), section 3.2 and 3.3, on logarithms. For example, of [1, 2, 4] it is 2 with the range [1, 4].
    """
    logs = np.log(np.asarray(ratios, dtype=float))
    if not len(logs) or np.isnan(logs).any():
        return Estimate(math.nan, math.nan, math.nan, RANGE)
    if len(logs) < LEAST_ROUNDS:
        return Estimate(*map(_exp, (np.median(logs), logs.min(), logs.max())), RANGE)
    walsh = np.sort([(a + b) / 2 for a, b in combinations_with_replacement(logs, 2)])
    skipped = _skipped(_signed_rank_counts(len(logs)))
    return Estimate(*map(_exp, (np.median(walsh), walsh[skipped], walsh[-1 - skipped])), CI95)


def unpaired_ratio(numerators, denominators):
    """The Hodges–Lehmann estimate of a ratio of two independent samples, with the exact Mann–Whitney interval.

    numerators: (n,), denominators: (m,), positive. Below 4 on a side: the median quotient and the range of quotients.
    Source: Hollander, Wolfe, Chicken (2014), section 4.2 and 4.3, on logarithms. For example, of [2, 4] and [1, 2]
    it is 2 with the range [1, 4].
    """
    above, below = (np.log(np.asarray(values, dtype=float)) for values in (numerators, denominators))
    quotients = np.sort((above[:, None] - below[None, :]).ravel())
    if not len(quotients) or np.isnan(quotients).any():
        return Estimate(math.nan, math.nan, math.nan, RANGE)
    is_enough = min(len(above), len(below)) >= LEAST_UNPAIRED
    skipped = _skipped(_rank_sum_counts(len(above), len(below))) if is_enough else 0
    ends = (np.median(quotients), quotients[skipped], quotients[-1 - skipped])
    return Estimate(*map(_exp, ends), CI95 if is_enough else RANGE)


def _exp(value):
    return float(np.exp(value))


def _skipped(counts):
    """How many of the ordered values lie outside the interval on each side: the most that keep it at 95 %.

    counts: of the equally likely outcomes, by the statistic's value 0, 1, …; the interval from the k-th smallest to the
    k-th largest value misses with the probability 2 P(statistic < k).
    """
    tails = np.cumsum(counts) / sum(counts)
    return int((tails <= (1 - LEVEL) / 2).sum()) - 1


@cache
def _signed_rank_counts(n):
    """How many of the 2^n sign patterns give each sum of positive ranks 0 … n(n+1)/2."""
    counts = np.ones(1)
    for rank in range(1, n + 1):
        counts = np.pad(counts, (0, rank)) + np.pad(counts, (rank, 0))
    return counts


@cache
def _rank_sum_counts(n, m):
    """How many of the arrangements of n and m values give each Mann–Whitney U of 0 … n·m."""
    if not n or not m:
        return np.ones(1)
    last_of_first = np.pad(_rank_sum_counts(n - 1, m), (m, 0))
    last_of_second = np.pad(_rank_sum_counts(n, m - 1), (0, n))
    return last_of_first + last_of_second


EXACT_TASKS = 12


def best_makespan(durations, workers):
    """The shortest time in which so many workers can run the tasks, in the unit of the durations.

    durations: (n,). Exact up to 12 tasks; for more the lower bound max(longest, sum / workers), which no order of
    tasks can beat. For example, [90, 30, 22, 130] on 2 workers take 142, on 3 or more 130.
    Source: Graham, Bounds on multiprocessing timing anomalies (1969).
    """
    tasks = sorted(map(float, durations), reverse=True)
    if not tasks:
        return math.nan
    lower = max(tasks[0], math.fsum(tasks) / workers)
    if len(tasks) > EXACT_TASKS:
        return lower
    return _search(tasks, [0.0] * min(workers, len(tasks)), math.fsum(tasks), lower)


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


def speedup_bound(sequential_s, durations, task_cpu_s, workers, usable_cpus):
    """The speedup that the tasks and the CPUs allow: T_seq / max(best makespan, task CPU time / usable CPUs).

    For example, the lecture's tasks of 90, 30, 22 and 130 on 4 workers and 2 CPUs: 272 / max(130, 136) = 2.
    """
    return sequential_s / max(best_makespan(durations, workers), task_cpu_s / usable_cpus)


def karp_flatt(speedup, workers):
    """The experimentally determined serial fraction (1/S − 1/p) / (1 − 1/p); NaN for one worker.

    Source: Karp and Flatt, Measuring parallel processor performance (CACM 33:5, 1990). For example, S = 2 on p = 4
    gives 1/3; S = 1 gives 1, whatever p.
    """
    if workers < 2:
        return math.nan
    return (1 / speedup - 1 / workers) / (1 - 1 / workers)
