"""Laws of scaling and their fits: Karp and Flatt's serial fraction, Amdahl's law, the universal scalability law."""

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from gil_scaling.analysis.statistics.bootstrap import percentile_ends, resampled_medians
from gil_scaling.analysis.statistics.intervals import CI95, LEAST_ROUNDS, RANGE, UNKNOWN, Estimate

LEAST_COUNTS_AMDAHL, LEAST_COUNTS_USL = 3, 5


class Amdahl(NamedTuple):
    """The serial fraction of Amdahl's law, an Estimate."""

    serial: Estimate


class Usl(NamedTuple):
    """The universal scalability law's contention, coherency cost and best worker count, Estimates."""

    sigma: Estimate
    kappa: Estimate
    peak: Estimate


def karp_flatt(speedup, workers):
    """The experimentally determined serial fraction (1/S − 1/p) / (1 − 1/p); NaN for one worker.

    Source: Karp and Flatt, Measuring parallel processor performance (CACM 33:5, 1990). For example, S = 2 on p = 4
    gives 1/3; S = 1 gives 1, whatever p.
    """
    if workers < 2:
        return math.nan
    return (1 / speedup - 1 / workers) / (1 - 1 / workers)


def amdahl(workers, serial):
    """The speedup 1 / (s + (1 − s) / p) of a serial fraction s.

    workers: a count or an array of counts. Source: Amdahl, Validity of the single processor approach (1967).
    For example, a quarter serial on 4 workers gives 1 / (1/4 + 3/16) = 2.29.
    """
    return 1 / (serial + (1 - serial) / workers)


def usl(workers, sigma, kappa, scale=1):
    """The speedup λ N / (1 + σ (N − 1) + κ N (N − 1)): contention σ, coherency cost κ, speedup of one worker λ.

    workers: a count or an array of counts. Source: Gunther, Guerrilla Capacity Planning (2007), chapter 4.
    For example, σ = 0.05 and κ = 0.001 on 16 workers give 16 / (1 + 0.75 + 0.24) = 8.04.
    """
    return scale * workers / (1 + sigma * (workers - 1) + kappa * workers * (workers - 1))


def fit_amdahl(workers, speedups, seed=1):
    """Amdahl's law with its serial fraction in 0 … 1, by least squares; None for fewer than 3 different worker counts.

    workers: (k,) counts; speedups: (rounds, k), positive. Fitted to the median over the rounds at each count; least are
    the squares of S / amdahl(p, s) − 1, which to first order are the errors of log S. So s is the mean of the
    Karp–Flatt fractions with the weights (S (1 − 1/p))². The ends are percentiles of 2000 seeded resamples of rounds,
    from 6 rounds on; below they are NaN.
    Assumes independent rounds, and a speedup of 1 on one worker. Source: Amdahl (1967); Efron and Tibshirani, An
    Introduction to the Bootstrap (1993), section 13.3. For example, S = 1, 1.6, 16/7 on 1, 2, 4 workers give 0.25.
    Coverage, measured in 2,000 sweeps each of log-normal and of spiky noise: 96 % at 6 rounds, 97 % at 8 and 12.
    """
    if len(set(workers)) < LEAST_COUNTS_AMDAHL:
        return None
    return _fit(Amdahl, _amdahl_parameters, workers, speedups, seed)


def fit_usl(workers, speedups, seed=1):
    """The universal scalability law by non-negative least squares; None for fewer than 5 different worker counts.

    workers: (k,) counts; speedups: (rounds, k), positive. Fitted to the median over the rounds at each count.
    N/S = ((1 − σ) + σ N + κ N (N − 1)) / λ is linear in (1 − σ)/λ, σ/λ and κ/λ, none of which is negative, so σ lies in
    0 … 1; least are the squares of S / usl(N) − 1, which to first order are the errors of log S. The peak
    √((1 − σ) / κ) is the worker count of the greatest speedup: inf where κ is 0, 1 or less where each further worker
    costs. NaN where the speedups fall faster than any such law. The ends are percentiles of 2000 seeded resamples of
    rounds, from 6 rounds on; below they are NaN.
    Assumes independent rounds, and counts that reach beyond the bend: far below the peak they tell little of κ.
    Source: Gunther (2007), chapter 5; Efron and Tibshirani (1993), section 13.3.
    For example, the speedups of σ = 0.05 and κ = 0.001 give these back, and the peak 30.8.
    Coverage, measured likewise in 300 sweeps on 1 … 32 workers: 97 to 100 %.
    """
    if len(set(workers)) < LEAST_COUNTS_USL:
        return None
    return _fit(Usl, _usl_parameters, workers, speedups, seed)


def _fit(law, parameters_of, workers, speedups, seed):
    """The law with its Estimates; parameters_of takes counts (k,) and speedups (n, k), and gives (n, parameters)."""
    counts = np.asarray(workers, dtype=float)
    logs = np.log(np.asarray(speedups, dtype=float))
    if not len(logs) or np.isnan(logs).any():
        return law(*[UNKNOWN] * len(law._fields))
    values = parameters_of(counts, np.exp(np.median(logs, axis=0, keepdims=True)))[0]
    if len(logs) < LEAST_ROUNDS:
        return law(*(_estimate(value, math.nan, math.nan) for value in values))
    lows, highs = percentile_ends(parameters_of(counts, np.exp(resampled_medians(logs, seed))), len(logs))
    return law(*(_estimate(*found) for found in zip(values, lows, highs, strict=True)))


def _estimate(*found):
    return Estimate(*map(float, found), RANGE if np.isnan(found).any() else CI95)


def _amdahl_parameters(counts, speedups):
    slopes, rests = speedups * (1 - 1 / counts), 1 - speedups / counts
    serial = (slopes * rests).sum(axis=1) / (slopes**2).sum(axis=1)
    return np.clip(serial, 0, 1)[:, None]


def _usl_parameters(counts, speedups):
    terms = np.stack([np.ones_like(counts), counts, counts * (counts - 1)], axis=1)
    sizes = terms.max(axis=0)  # columns of one size keep the solver exact for hundreds of workers
    rows = (terms / sizes) * (speedups / counts)[:, :, None]
    found = np.array([nnls(row, np.ones(len(counts)))[0] for row in rows])
    found[found < 1e-12] = 0  # the solver leaves 1e-17 where 0 is meant, and a peak of such two would be any number
    free, contended, coherency = (found / sizes).T
    single = np.where(free + contended > 0, free + contended, math.nan)  # 1 / λ
    with np.errstate(divide="ignore", invalid="ignore"):
        peaks = np.where(coherency > 0, np.sqrt(free / coherency), math.inf)
    return np.stack([contended / single, coherency / single, peaks], axis=1)
