"""The seeded bootstrap over rounds, for parameters that have no exact confidence interval."""

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from gil_scaling.analysis.statistics.intervals import tail

RESAMPLES = 2000


def resampled_medians(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """The medians of 2000 resamples of the rounds: (2000, k), reproducible for a given seed.

    values: (rounds, k), none NaN. Whole rounds are drawn with replacement, because the values of one round share its noise.
    Assumes independent rounds. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 6.
    For example, identical rounds have only one median; with the two rounds 0 and 1, half of the medians are 0.5.
    """
    drawn, places = _draw_rounds(len(values), seed)
    ordered = np.sort(values.T[:, drawn], axis=2)  # a third of the time of np.median
    middle = len(values) // 2
    medians: NDArray[np.float64] = (ordered[:, :, middle] + ordered[:, :, -1 - middle]).T / 2
    return medians[places]


@cache
def _draw_rounds(rounds: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Numbers of rounds, drawn with replacement: the different draws, (n, rounds), and which one each resample is, (2000,).

    Draws in another order have the same medians. For example, at most 462 of 6 rounds are different.
    """
    drawn = np.random.default_rng(seed).integers(rounds, size=(RESAMPLES, rounds))
    different, places = np.unique(np.sort(drawn, axis=1), axis=0, return_inverse=True)
    return different, places.ravel()


def percentile_ends(values: NDArray[np.float64], rounds: int) -> tuple[Any, Any]:
    """The ends of the expanded 95 % percentile interval: two scalars, or two arrays of the shape of one resample.

    values: (resamples, …), inf allowed; rounds: the number of rounds behind each resample, at least 2. A few rounds vary
    less among themselves than whole sweeps do, so the interval is widened: the tails shrink from 2.5 % for many rounds
    to Φ(−t √(n / (n − 1))) for n rounds, with the Student quantile t.
    Source: Hesterberg, What Teachers Should Know About the Bootstrap (2015), section 5.2.
    For example, of 0 … 1999 the ends are 4 and 1995 for 6 rounds, 49 and 1950 for 1000.
    """
    outside = ndtr(-stdtrit(rounds - 1, 1 - tail()) * math.sqrt(rounds / (rounds - 1)))
    skipped = int(outside * len(values))
    places = skipped, len(values) - 1 - skipped
    ordered = np.partition(values, places, axis=0)
    return ordered[places[0]], ordered[places[1]]
