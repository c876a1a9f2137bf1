"""Estimates with exact 95 % intervals: quantiles, ratios and shares; and how many rounds a narrow one needs."""

import math
from bisect import bisect_left
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import bdtr, bdtrc, betaincinv, ndtri, stdtrit

LEAST_ROUNDS = 6  # from here on the exact rank methods reach 95 %
LEAST_UNPAIRED = 4  # on each side
MOST_EXACT_PAIRED, MOST_EXACT_UNPAIRED = 200, 50  # rounds; with more, counting takes long, and ends beyond all numbers
LEVEL = 0.95
TAIL = (1 - LEVEL) / 2  # the chance to miss on one side, at most

CI95, RANGE = "ci95", "range"


class Estimate(NamedTuple):
    """A value with its interval; kind is "ci95", or "range", which makes no claim."""

    value: float
    low: float
    high: float
    kind: str

    def columns(self, name):
        """The value and the ends as the columns of a table."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


UNKNOWN = Estimate(math.nan, math.nan, math.nan, RANGE)


def quantile(values, q):
    """The sample quantile with the exact interval of order statistics; the range where there is none for so few values.

    values: (n,), q in 0 … 1. NaN for no value, or with a NaN among them. The value is linear between order statistics.
    Assumes independent values of one distribution.
    Source: Conover, Practical Nonparametric Statistics (1999), section 3.2. For example, the 0.9 quantile of 1 … 100 is
    90.1 in [84, 96]; of fewer than 36 values it has no upper end.
    """
    found = np.sort(np.asarray(values, dtype=float))
    if not len(found) or np.isnan(found).any():
        return UNKNOWN
    places = np.arange(len(found))
    low = int((bdtr(places, len(found), q) <= TAIL).sum()) - 1
    high = len(found) - int((bdtrc(places, len(found), q) <= TAIL).sum())
    has_ends = low >= 0 and high < len(found)
    ends, kind = ((found[low], found[high]), CI95) if has_ends else ((found[0], found[-1]), RANGE)
    return Estimate(float(np.quantile(found, q)), *map(float, ends), kind)


def median(values):
    """The median with the exact interval of order statistics, from 6 values on; below, the range.

    values: (n,) of independent rounds. NaN for no value. The quantile of 0.5, with its assumptions and source. For
    example, of 1 … 6 it is 3.5 in [1, 6], which holds the median in 96.9 % of samples.
    """
    return quantile(values, 0.5)


def paired_ratio(ratios):
    """The Hodges–Lehmann estimate of a ratio from one ratio a round, with the exact signed-rank interval.

    ratios: (n,) of rounds, each the quotient of two times measured in the same round; all positive.
    Below 6 rounds: their median and range. Assumes independent rounds and logarithms that lie symmetrically about the
    truth, as they do where the noise of both times has one law; what slows a whole round cancels. Above 200 rounds the
    normal law stands for that of the signed ranks: of 200, that moves neither end by more than one Walsh average.
    Source: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods (2014), section 3.2 and 3.3, on logarithms.
    For example, of [1, 2, 4] it is 2 with the range [1, 4]; of [1, 2, 4, 8, 16, 32] it is 5.66 in [1, 32].
    """
    logs = np.log(np.asarray(ratios, dtype=float))
    if not len(logs) or np.isnan(logs).any():
        return UNKNOWN
    if len(logs) < LEAST_ROUNDS:
        return Estimate(*map(_exp, (np.median(logs), logs.min(), logs.max())), RANGE)
    one, other = np.triu_indices(len(logs))
    walsh = np.sort((logs[one] + logs[other]) / 2)
    skipped = _skipped_signed_ranks(len(logs))
    return Estimate(*map(_exp, (np.median(walsh), walsh[skipped], walsh[-1 - skipped])), CI95)


def unpaired_ratio(numerators, denominators, least=LEAST_UNPAIRED):
    """The Hodges–Lehmann estimate of a ratio of two independent samples, with the exact Mann–Whitney interval.

    numerators: (n,), denominators: (m,), positive; least: on a side, below which the median quotient and the range of the
    quotients are given, 4 at least.
    Assumes independent values, and two distributions that differ by a factor alone: a machine that has become slower
    between the two samples is taken for that factor. Above 50 values on a side the normal law stands for that of the ranks.
    Source: Hollander, Wolfe, Chicken (2014), section 4.2 and 4.3, on logarithms. For example, of [2, 4] and [1, 2]
    it is 2 with the range [1, 4].
    """
    above, below = (np.log(np.asarray(values, dtype=float)) for values in (numerators, denominators))
    quotients = np.sort((above[:, None] - below[None, :]).ravel())
    if not len(quotients) or np.isnan(quotients).any():
        return UNKNOWN
    is_enough = min(len(above), len(below)) >= least
    skipped = _skipped_rank_sums(len(above), len(below)) if is_enough else 0
    ends = (np.median(quotients), quotients[skipped], quotients[-1 - skipped])
    return Estimate(*map(_exp, ends), CI95 if is_enough else RANGE)


def share(successes, trials):
    """The share of successes with the exact interval of Clopper and Pearson; NaN without a trial.

    successes: a count of 0 … trials. Assumes independent trials of one chance. It misses in fewer than 5 % of samples,
    in few trials in far fewer.
    Source: Clopper and Pearson, The use of confidence or fiducial limits (Biometrika 26, 1934). For example, 0 of 10
    is 0 in [0, 0.308], 5 of 10 is 0.5 in [0.187, 0.813].
    """
    if math.isnan(successes) or not trials > 0:
        return UNKNOWN
    failures = trials - successes
    low = float(betaincinv(successes, failures + 1, TAIL)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - TAIL)) if failures else 1.0
    return Estimate(successes / trials, low, high, CI95)


def rounds_needed(logs, within=0.02):
    """How many rounds bring a 95 % interval to within 2 % of the value, judged by the rounds seen; at least 6.

    logs: (n,) natural logarithms of times or ratios, one a round. NaN for fewer than 2, or with a NaN among them.
    The least n with t(n−1, 0.975) s / √n ≤ ln(1 + within). Assumes that s, the standard deviation of the rounds seen,
    is the true one (of 6 rounds it may be half or twice that) and normal logarithms; signed ranks need 5 % more
    rounds then, and fewer under spikes.
    Source: Kalibera and Jones, Rigorous benchmarking in reasonable time (ISMM 2013), for sizing by a pilot.
    For example, s = 0.05 needs 27 rounds, s = 0.01 needs 6.
    """
    found = np.asarray(logs, dtype=float)
    if len(found) < 2 or not np.isfinite(found).all():
        return math.nan
    deviation = float(np.std(found, ddof=1))

    def is_enough(rounds):
        return stdtrit(rounds - 1, 1 - TAIL) * deviation / math.sqrt(rounds) <= math.log1p(within)

    return bisect_left(range(10**15), True, lo=LEAST_ROUNDS, key=is_enough)


def _exp(value):
    return float(np.exp(value))


def _skipped_signed_ranks(n):
    """How many Walsh averages lie outside the interval on each side: exactly up to 200 rounds, which the normal law follows."""
    if n <= MOST_EXACT_PAIRED:
        return _skipped(_signed_rank_counts(n))
    return _skipped_normal(n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24)


def _skipped_rank_sums(n, m):
    """Likewise how many quotients: exactly up to 50 rounds on each side."""
    if max(n, m) <= MOST_EXACT_UNPAIRED:
        return _skipped(_rank_sum_counts(n, m))
    return _skipped_normal(n * m / 2, n * m * (n + m + 1) / 12)


def _skipped_normal(mean, variance):
    """As _skipped, of a statistic of whole numbers that is nearly normal, with the correction of half a step."""
    return math.floor(mean + 0.5 + float(ndtri(TAIL)) * math.sqrt(variance)) - 1


def _skipped(counts):
    """How many of the ordered values lie outside the interval on each side: the most that keep it at 95 %.

    counts: of the equally likely outcomes, by the statistic's value 0, 1, …; the interval from the k-th smallest to the
    k-th largest value misses with the probability 2 P(statistic < k).
    """
    tails = np.cumsum(counts) / sum(counts)
    return int((tails <= TAIL).sum()) - 1


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
