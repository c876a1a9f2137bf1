"""Predictions of the speedup: with more workers, from the laws fitted to fewer; of threads without the GIL, from processes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gil_scaling.analysis.statistics.bootstrap import percentile_ends, resampled_medians
from gil_scaling.analysis.statistics.laws import amdahl, amdahl_parameters, usl, usl_parameters

MIN_COUNTS = 4  # different worker counts: the universal scalability law has three parameters
MAX_GROWTH = 2  # times the largest count measured
MIN_CHECKS = 2  # largest counts left out and predicted
MIN_COVERED = 0.8  # share of the largest counts, left out and predicted, that lie in their interval


class Prediction(NamedTuple):
    """A speedup with its 95 % prediction interval: where the median over as many rounds is expected."""

    value: float
    low: float
    high: float


class Check(NamedTuple):
    """How many of the largest counts were left out and predicted, and how many of these lie in their interval.

    is_last_covered: whether the largest count lies in that predicted from all others; False where this goes too far.
    """

    predicted: int
    covered: int
    is_last_covered: bool

    @property
    def is_passed(self) -> bool:
        """Whether at least two were predicted, and 80 % of them are covered, the last one among them."""
        is_enough = self.predicted >= MIN_CHECKS and self.covered >= MIN_COVERED * self.predicted
        return is_enough and self.is_last_covered


def predict(workers: Sequence[float], speedups: ArrayLike, count: float, seed: int = 1) -> Prediction:
    """The speedup with `count` workers, by Amdahl's law and the universal scalability law; NaN where one does not fit.

    workers: (k,) increasing, at least 4; speedups: (rounds, k), positive, of at least 6 rounds. The ends are the
    extremes over both laws of the expanded percentiles of 2000 seeded resamples of rounds. In each resample the laws
    are fitted anew, and the result is multiplied by the error of the median with the largest count, resampled separately:
    the error of the measurement that is predicted. The value is the geometric mean of both laws.
    Assumes independent rounds, noise with `count` workers as with the largest count, and that no other limit begins
    between them. Source: Davison and Hinkley, Bootstrap Methods and their Application (1997), section 6.3.3.
    For example, rounds without noise of S = 1, 1.6, 16/7 and 2.91 on 1, 2, 4, 8 workers (a quarter serial) predict
    3.37 with 16.
    """
    counts = np.asarray(workers, dtype=float)
    logs = np.log(np.asarray(speedups, dtype=float))
    medians = np.median(logs, axis=0, keepdims=True)
    values = _by_law(counts, medians, count)
    errors = resampled_medians(logs, seed + 1)[:, -1] - medians[0, -1]
    lows, highs = percentile_ends((_by_law(counts, resampled_medians(logs, seed), count) + errors).T, len(logs))
    value, low, high = np.exp([values.mean(), np.min([lows, values[:, 0]]), np.max([highs, values[:, 0]])])
    return Prediction(float(value), float(low), float(high))


def _by_law(counts: NDArray[np.float64], logs: NDArray[np.float64], count: float) -> NDArray[np.float64]:
    """Log speedups with `count` workers by each law, (laws, n), of log speedups (n, k) at the counts."""
    speedups = np.exp(logs)
    (serial,) = amdahl_parameters(counts, speedups).T
    sigma, kappa, single = usl_parameters(counts, speedups).T
    return np.log(np.stack([amdahl(count, serial), usl(count, sigma, kappa, single)]))


def check(workers: Sequence[float], speedups: ArrayLike, seed: int = 1) -> Check:
    """Leave the largest counts out, one more each time, and predict those up to twice the largest that is left.

    Arguments as for predict, but of any number of counts. Source: rolling-origin evaluation, Tashman, Out-of-sample tests of forecasting accuracy
    (International Journal of Forecasting 16:4, 2000). For example, of 1, 2, 4, 8, 16, 32 workers 16 is predicted from
    1 … 8, and 32 from 1 … 16.
    """
    measured = np.asarray(speedups, dtype=float)
    medians = np.exp(np.median(np.log(measured), axis=0))
    predicted = covered = 0
    is_covered = False
    for left in range(MIN_COUNTS, len(workers)):
        for place in range(left, len(workers)):
            is_covered = False
            if workers[place] <= MAX_GROWTH * workers[left - 1]:
                expected = predict(workers[:left], measured[:, :left], workers[place], seed)
                is_covered = bool(expected.low <= medians[place] <= expected.high)
                predicted += 1
                covered += is_covered
    return Check(predicted, covered, is_covered)


def without_gil(ceiling: NDArray[np.float64], tax: NDArray[np.float64]) -> NDArray[np.float64]:
    """The speedup of threads without the GIL over sequential with it.

    ceiling: (n,) speedups of as many processes in steady state over sequential, both with the GIL; tax: (n,) sequential time
    without the GIL / with it. Assumes that threads that share nothing scale as processes do. For example, processes that are
    1.8 times as fast and a build that takes 1.2 times as long predict 1.5.
    """
    return ceiling / tax
