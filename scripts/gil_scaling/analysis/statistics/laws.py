"""Scaling laws and their fits: the Karp–Flatt serial fraction, Amdahl's law, the universal scalability law."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gil_scaling.analysis.statistics.bootstrap import percentile_ends, resampled_medians
from gil_scaling.analysis.statistics.intervals import CI95, MIN_ROUNDS, RANGE, UNKNOWN, Estimate

MIN_COUNTS_AMDAHL, MIN_COUNTS_USL = 3, 5  # different worker counts


class Amdahl(NamedTuple):
    """The serial fraction of Amdahl's law, an Estimate."""

    serial: Estimate


class Usl(NamedTuple):
    """The universal scalability law's contention, coherency cost and best worker count, Estimates."""

    sigma: Estimate
    kappa: Estimate
    peak: Estimate


_Law = TypeVar("_Law", Amdahl, Usl)
_Counts = TypeVar("_Counts", float, NDArray[np.float64])


def karp_flatt(speedup: float, workers: float) -> float:
    """The experimentally determined serial fraction (1/S − 1/p) / (1 − 1/p); NaN for one worker.

    Source: Karp and Flatt, Measuring parallel processor performance (CACM 33:5, 1990). For example, S = 2 on p = 4
    gives 1/3; S = 1 gives 1 for any p.
    """
    if workers < 2:
        return math.nan
    return (1 / speedup - 1 / workers) / (1 - 1 / workers)


def amdahl(workers: _Counts, serial: float) -> _Counts:
    """The speedup 1 / (s + (1 − s) / p) for the serial fraction s.

    workers: a count or an array of counts. Source: Amdahl, Validity of the single processor approach (1967).
    For example, a quarter serial on 4 workers gives 1 / (1/4 + 3/16) = 2.29.
    """
    return 1 / (serial + (1 - serial) / workers)


def usl(workers: _Counts, sigma: float, kappa: float, scale: float = 1) -> _Counts:
    """The speedup λ N / (1 + σ (N − 1) + κ N (N − 1)): contention σ, coherency cost κ, speedup of one worker λ.

    workers: a count or an array of counts. Source: Gunther, Guerrilla Capacity Planning (2007), chapter 4.
    For example, σ = 0.05 and κ = 0.001 on 16 workers give 16 / (1 + 0.75 + 0.24) = 8.04.
    """
    return scale * workers / (1 + sigma * (workers - 1) + kappa * workers * (workers - 1))


def fit_amdahl(workers: Sequence[float], speedups: ArrayLike, seed: int = 1) -> Amdahl | None:
    """Amdahl's law with its serial fraction in 0 … 1, by least squares; None for fewer than 3 different worker counts.

    workers: (k,) counts; speedups: (rounds, k), positive. The fit is to the median over the rounds at each count and
    minimizes the squares of S / amdahl(p, s) − 1, to first order the errors of log S. So s is the mean of the
    Karp–Flatt fractions with the weights (S (1 − 1/p))². The ends are percentiles of 2000 seeded resamples of rounds,
    from 6 rounds on; below, they are NaN.
    Assumes independent rounds, and a speedup of 1 on one worker. Source: Amdahl (1967); Efron and Tibshirani, An
    Introduction to the Bootstrap (1993), section 13.3. For example, S = 1, 1.6, 16/7 on 1, 2, 4 workers give 0.25.
    Coverage, measured in 2,000 sweeps each of log-normal and of spiky noise: 96 % with 6 rounds, 97 % with 8 and 12.
    """
    if len(set(workers)) < MIN_COUNTS_AMDAHL:
        return None
    return _fit(Amdahl, amdahl_parameters, workers, speedups, seed)


def fit_usl(workers: Sequence[float], speedups: ArrayLike, seed: int = 1) -> Usl | None:
    """The universal scalability law by non-negative least squares; None for fewer than 5 different worker counts.

    workers: (k,) counts; speedups: (rounds, k), positive. The fit is to the median over the rounds at each count.
    N/S = ((1 − σ) + σ N + κ N (N − 1)) / λ is linear in (1 − σ)/λ, σ/λ and κ/λ, none of which is negative, so σ lies in
    0 … 1. It minimizes the squares of S / usl(N) − 1, to first order the errors of log S. The peak √((1 − σ) / κ) is
    the worker count of the greatest speedup: inf where κ is 0, 1 or less where each further worker costs time. NaN
    where the speedups fall faster than any such law. The ends are percentiles of 2000 seeded resamples of rounds, from
    6 rounds on; below, they are NaN.
    Assumes independent rounds, and counts that reach beyond the peak: far below it they say little about κ.
    Source: Gunther (2007), chapter 5; Efron and Tibshirani (1993), section 13.3.
    For example, the speedups of σ = 0.05 and κ = 0.001 give these back, and the peak 30.8.
    Coverage, measured in 300 sweeps on 1 … 32 workers with the same kinds of noise: 97 to 100 %.
    """
    if len(set(workers)) < MIN_COUNTS_USL:
        return None
    return _fit(Usl, _usl_with_peak, workers, speedups, seed)


_Parameters = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


def _fit(law: type[_Law], parameters_of: _Parameters, workers: Sequence[float], speedups: ArrayLike, seed: int) -> _Law:
    """The law with its Estimates; parameters_of maps counts (k,) and speedups (n, k) to parameters (n, fields)."""
    counts = np.asarray(workers, dtype=float)
    logs = np.log(np.asarray(speedups, dtype=float))
    if not len(logs) or np.isnan(logs).any():
        return law(*[UNKNOWN] * len(law._fields))
    values = parameters_of(counts, np.exp(np.median(logs, axis=0, keepdims=True)))[0]
    if len(logs) < MIN_ROUNDS:
        return law(*(_estimate(value, math.nan, math.nan) for value in values))
    lows, highs = percentile_ends(parameters_of(counts, np.exp(resampled_medians(logs, seed))), len(logs))
    return law(*(_estimate(*ends) for ends in zip(values, lows, highs, strict=True)))


def _estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(float(value), float(low), float(high), RANGE if np.isnan([value, low, high]).any() else CI95)


def amdahl_parameters(counts: NDArray[np.float64], speedups: NDArray[np.float64]) -> NDArray[np.float64]:
    """The serial fraction, (n, 1), that fits speedups (n, k) at counts (k,); see fit_amdahl."""
    slopes, rests = speedups * (1 - 1 / counts), 1 - speedups / counts
    serial = (slopes * rests).sum(axis=1) / (slopes**2).sum(axis=1)
    return np.clip(serial, 0, 1)[:, None]


def usl_parameters(counts: NDArray[np.float64], speedups: NDArray[np.float64]) -> NDArray[np.float64]:
    """σ, κ and λ, (n, 3), that fit speedups (n, k) at counts (k,), of which resamples repeat many; see fit_usl."""
    from scipy.optimize import nnls  # here, as it takes a tenth of a second, and few sweeps have so many worker counts

    terms = np.stack([np.ones_like(counts), counts, counts * (counts - 1)], axis=1)
    sizes = terms.max(axis=0)  # scaled columns keep the solver exact for hundreds of workers
    different, places = np.unique(speedups, axis=0, return_inverse=True)
    matrices = (terms / sizes) * (different / counts)[:, :, None]
    coefficients = np.array([nnls(matrix, np.ones(len(counts)))[0] for matrix in matrices])[places.ravel()]
    coefficients[coefficients < 1e-12] = 0  # the solver leaves 1e-17 for 0, and a peak of two such could be any number
    free, contended, coherency = (coefficients / sizes).T
    single = np.where(free + contended > 0, free + contended, math.nan)  # 1 / λ
    return np.stack([contended / single, coherency / single, 1 / single], axis=1)


def _usl_with_peak(counts: NDArray[np.float64], speedups: NDArray[np.float64]) -> NDArray[np.float64]:
    sigma, kappa, _ = usl_parameters(counts, speedups).T
    with np.errstate(divide="ignore", invalid="ignore"):
        peaks = np.where(kappa == 0, math.inf, np.sqrt((1 - sigma) / kappa))
    return np.stack([sigma, kappa, peaks], axis=1)
