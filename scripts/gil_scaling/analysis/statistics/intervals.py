"""Estimates with exact 95 % confidence intervals: quantiles, ratios, differences, shares, and how many rounds a narrow one needs."""

import math
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtrc, betaincinv, ndtri, stdtrit

MIN_ROUNDS = 6  # the fewest with which the exact rank methods reach 95 %
MIN_UNPAIRED = 4  # on each side
MAX_EXACT_PAIRED, MAX_EXACT_UNPAIRED = 200, 50  # rounds; beyond, counting is slow and the counts overflow
LEVEL = 0.95
_LEVEL = ContextVar("level", default=LEVEL)

CI95, RANGE = "ci95", "range"


@contextmanager
def at_level(level: float) -> Iterator[None]:
    """Has all intervals made at another level, 0.95 or more; those that too few rounds allow become ranges."""
    token = _LEVEL.set(level)
    try:
        yield
    finally:
        _LEVEL.reset(token)


def tail() -> float:
    """The largest probability with which an interval misses on one side."""
    return (1 - _LEVEL.get()) / 2


class Estimate(NamedTuple):
    """A value with its interval; kind is "ci95", or "range", which allows no claim."""

    value: float
    low: float
    high: float
    kind: str

    def columns(self, name: str) -> dict[str, float]:
        """The value and the ends of the interval as the table columns name, name_low and name_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


UNKNOWN = Estimate(math.nan, math.nan, math.nan, RANGE)


def quantile(values: ArrayLike, q: float) -> Estimate:
    """The sample quantile with its exact interval of order statistics, or the range where too few values have one.

    values: (n,), in any unit; q: 0 … 1. NaN without values, or with a NaN among them. The value is interpolated linearly
    between order statistics. Assumes independent values of one distribution.
    Source: Conover, Practical Nonparametric Statistics (1999), section 3.2. For example, the 0.9 quantile of 1 … 100 is
    90.1 in [84, 96]; with fewer than 36 values it has no upper end.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    count = len(ordered)
    if not count or np.isnan(ordered).any():
        return UNKNOWN
    low, high = _quantile_ranks(count, q, tail())
    has_ends = low >= 0 and high < count
    if not has_ends:
        low, high = 0, -1
    kind = CI95 if has_ends else RANGE
    return Estimate(_interpolate(ordered, q), float(ordered[low]), float(ordered[high]), kind)


@cache
def _quantile_ranks(count: int, q: float, tail: float) -> tuple[int, int]:
    """The ranks of the order statistics that are the ends of the interval; outside 0 … count - 1 where there is none."""
    ranks = np.arange(count)
    low = int((bdtr(ranks, count, q) <= tail).sum()) - 1
    return low, count - int((bdtrc(ranks, count, q) <= tail).sum())


def _interpolate(ordered: NDArray[np.float64], q: float) -> float:
    """The quantile of sorted values as np.quantile returns it, in a tenth of the time."""
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    share = place - below
    low, high = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
    return low + (high - low) * share if share < 0.5 else high - (high - low) * (1 - share)


def median(values: ArrayLike) -> Estimate:
    """The median with its exact interval of order statistics; below 6 values, the range.

    values: (n,) of independent rounds. NaN without values. This is the 0.5 quantile, with its assumptions and source.
    For example, the median of 1 … 6 is 3.5 in [1, 6], an interval that covers it in 96.9 % of samples.
    """
    return quantile(values, 0.5)


def paired_ratio(ratios: ArrayLike) -> Estimate:
    """The Hodges–Lehmann estimate of a ratio from one ratio per round, with the exact signed-rank interval.

    ratios: (n,), positive, each the quotient of two times measured in the same round. Below 6 rounds: their median and
    range. Assumes independent rounds and logarithms distributed symmetrically about the true value, as they are where
    the noise of both times has the same distribution; what slows a whole round cancels. Above 200 rounds the normal
    approximation of the signed ranks is used; at 200 it moves neither end by more than one Walsh average.
    Source: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods (2014), sections 3.2 and 3.3, on logarithms.
    For example, of [1, 2, 4] it is 2 with the range [1, 4]; of [1, 2, 4, 8, 16, 32] it is 5.66 in [1, 32].
    """
    return _as_ratio(paired_difference(np.log(np.asarray(ratios, dtype=float))))


def paired_difference(differences: ArrayLike) -> Estimate:
    """The Hodges–Lehmann estimate of a difference from one difference per round, with the exact signed-rank interval.

    differences: (n,), in any unit, each of two values of the same round. Below 6 rounds: their median and range. Assumes
    independent rounds and differences distributed symmetrically about the true one. Where values are equal, the interval
    misses less often. Above 200 rounds, and source: as paired_ratio. For example, of [−1, 0, 4] it is 0 with the range
    [−1, 4]; of [1, 2, 3, 4, 5, 6] it is 3.5 in [1, 6].
    """
    values = np.asarray(differences, dtype=float)
    if not len(values) or np.isnan(values).any():
        return UNKNOWN
    if len(values) < MIN_ROUNDS:
        return Estimate(float(np.median(values)), float(values.min()), float(values.max()), RANGE)
    first, second = _pairs(len(values))
    walsh_averages = np.sort((values[first] + values[second]) / 2)
    return _inside(walsh_averages, _skipped_signed_ranks(len(values), tail()))


@lru_cache(maxsize=16)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The places of all pairs of so many values, each value with itself, too."""
    return np.triu_indices(count)


def unpaired_ratio(numerators: ArrayLike, denominators: ArrayLike, min_rounds: int = MIN_UNPAIRED) -> Estimate:
    """The Hodges–Lehmann estimate of a ratio of two independent samples, with the exact Mann–Whitney interval.

    numerators: (n,), denominators: (m,), positive, in the same unit. min_rounds: the fewest on either side for an
    interval, 4 or more; below it, the median and the range of all quotients.
    Assumes independent values, and two distributions that differ by a factor alone: if the machine has become slower
    between the two samples, that is part of the factor. Above 50 values on a side the normal approximation is used.
    Source: Hollander, Wolfe, Chicken (2014), sections 4.2 and 4.3, on logarithms. For example, of [2, 4] and [1, 2]
    it is 2 with the range [1, 4].
    """
    above, below = (np.log(np.asarray(values, dtype=float)) for values in (numerators, denominators))
    return _as_ratio(unpaired_difference(above, below, min_rounds))


def unpaired_difference(values: ArrayLike, others: ArrayLike, min_rounds: int = MIN_UNPAIRED) -> Estimate:
    """The Hodges–Lehmann estimate of values − others of two independent samples, with the exact Mann–Whitney interval.

    values: (n,), others: (m,), in the same unit. Assumes independent values, and two distributions that differ by a shift
    alone. min_rounds, above 50 values, and source: as unpaired_ratio. For example, of [3, 5] and [1, 2] it is 2.5 with
    the range [1, 4].
    """
    above, below = np.asarray(values, dtype=float), np.asarray(others, dtype=float)
    differences = np.sort((above[:, None] - below[None, :]).ravel())
    if not len(differences) or np.isnan(differences).any():
        return UNKNOWN
    is_enough = min(len(above), len(below)) >= min_rounds
    return _inside(differences, _skipped_rank_sums(len(above), len(below), tail()) if is_enough else -1)


def share(successes: float, trials: float) -> Estimate:
    """The share of successes with the exact interval of Clopper and Pearson; NaN without trials.

    successes: a count of 0 … trials. Assumes independent trials with the same probability. The interval misses in fewer
    than 5 % of samples, in far fewer where there are few trials.
    Source: Clopper and Pearson, The use of confidence or fiducial limits (Biometrika 26, 1934). For example, 0 of 10
    is 0 in [0, 0.308], 5 of 10 is 0.5 in [0.187, 0.813].
    """
    if math.isnan(successes) or not trials > 0:
        return UNKNOWN
    failures = trials - successes
    low = float(betaincinv(successes, failures + 1, tail())) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail())) if failures else 1.0
    return Estimate(successes / trials, low, high, CI95)


def rounds_needed(logs: ArrayLike, within: float = 0.02) -> float:
    """The number of rounds that narrows a 95 % interval to within ±2 % of the value, judged by the rounds so far.

    logs: (n,) natural logarithms of times or ratios, one per round. At least 6; NaN for fewer than 2, or with a NaN or
    an infinity among them. This is the smallest n with t(n−1, 0.975) s / √n ≤ ln(1 + within). Assumes normal logarithms,
    and that s, the standard deviation of these rounds, is the true one (with 6 rounds it may be half or twice that);
    signed ranks then need 5 % more rounds, and fewer where there are spikes.
    Source: Kalibera and Jones, Rigorous benchmarking in reasonable time (ISMM 2013), for sizing by a pilot.
    For example, s = 0.05 needs 27 rounds, s = 0.01 needs 6.
    """
    rounds_so_far = np.asarray(logs, dtype=float)
    if len(rounds_so_far) < 2 or not np.isfinite(rounds_so_far).all():
        return math.nan
    deviation = float(np.std(rounds_so_far, ddof=1))

    narrow = math.log1p(within)

    def is_enough(rounds: int) -> bool:
        half_width = float(stdtrit(rounds - 1, 1 - tail())) * deviation / math.sqrt(rounds)
        return half_width <= narrow

    # Normal quantiles are smaller than those of t, so that fewer rounds are not enough; few more are needed.
    fewest = max(MIN_ROUNDS, math.floor((float(ndtri(1 - tail())) * deviation / narrow) ** 2 * (1 - 1e-9)))
    enough = fewest + 8
    while not is_enough(enough):
        enough += enough - fewest
    return bisect_left(range(enough), True, lo=fewest, key=is_enough)


def _middle(ordered: NDArray[np.float64]) -> float:
    """The median of sorted values."""
    middle = len(ordered) // 2
    return float((ordered[middle] + ordered[-1 - middle]) / 2)


def _inside(ordered: NDArray[np.float64], skipped: int) -> Estimate:
    """The median of sorted values with the interval that leaves out so many of them on each side; the range for −1."""
    outside = max(0, skipped)
    kind = CI95 if skipped >= 0 else RANGE
    return Estimate(_middle(ordered), float(ordered[outside]), float(ordered[-1 - outside]), kind)


def _as_ratio(logs: Estimate) -> Estimate:
    """The Estimate of a ratio from that of its natural logarithm."""
    value, low, high = (float(np.exp(end)) for end in logs[:3])
    return Estimate(value, low, high, logs.kind)


@cache
def _skipped_signed_ranks(n: int, tail: float) -> int:
    """How many Walsh averages lie outside the interval on each side: exact up to 200 rounds, then approximately."""
    if n <= MAX_EXACT_PAIRED:
        return _skipped(_signed_rank_counts(n), tail)
    return _skipped_normal(n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24, tail)


@cache
def _skipped_rank_sums(n: int, m: int, tail: float) -> int:
    """How many quotients lie outside the interval on each side: exact up to 50 rounds on each, then approximately."""
    if max(n, m) <= MAX_EXACT_UNPAIRED:
        return _skipped(_rank_sum_counts(n, m), tail)
    return _skipped_normal(n * m / 2, n * m * (n + m + 1) / 12, tail)


def _skipped_normal(mean: float, variance: float, tail: float) -> int:
    """_skipped for an integer statistic that is nearly normal, with the continuity correction of one half."""
    return math.floor(mean + 0.5 + float(ndtri(tail)) * math.sqrt(variance)) - 1


def _skipped(counts: NDArray[np.float64], tail: float) -> int:
    """The largest number of ordered values outside the interval on each side that keeps its level; −1 if none does.

    counts: of the equally likely outcomes, by the statistic's value 0, 1, …; the interval from the k-th smallest to the
    k-th largest value misses with the probability 2 P(statistic < k).
    """
    tails = np.cumsum(counts) / sum(counts)
    return int((tails <= tail).sum()) - 1


def _signed_rank_counts(n: int) -> NDArray[np.float64]:
    """How many of the 2^n sign patterns give each sum of positive ranks 0 … n(n+1)/2."""
    counts = np.ones(1)
    for rank in range(1, n + 1):
        counts = np.pad(counts, (0, rank)) + np.pad(counts, (rank, 0))
    return counts


@cache
def _rank_sum_counts(n: int, m: int) -> NDArray[np.float64]:
    """How many of the arrangements of n and m values give each Mann–Whitney U of 0 … n·m."""
    if not n or not m:
        return np.ones(1)
    last_of_first = np.pad(_rank_sum_counts(n - 1, m), (m, 0))
    last_of_second = np.pad(_rank_sum_counts(n, m - 1), (0, n))
    return last_of_first + last_of_second
