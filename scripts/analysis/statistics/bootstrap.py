"""The seeded bootstrap over rounds, for what has no exact interval."""

import numpy as np

from scripts.analysis.statistics.intervals import TAIL

RESAMPLES = 2000


def resampled_medians(values, seed):
    """The medians of 2000 resamples of the rounds: (2000, k), the same for a seed.

    values: (rounds, k). Whole rounds are drawn with replacement, because the values of one round share its noise.
    Assumes independent rounds. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 6.
    For example, of rounds that are all alike each median is theirs; of the two rounds 0 and 1 half the medians are 0.5.
    """
    drawn = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    return np.median(values[drawn], axis=1)


def percentile_ends(values):
    """The ends of the 95 % percentile interval: at most 2.5 % of the values lie outside on each side.

    values: (n, …), a resample each; inf allowed. Source: Efron and Tibshirani (1993), section 13.3.
    For example, of 0 … 1999 they are 50 and 1949.
    """
    ordered = np.sort(values, axis=0)
    skipped = int(TAIL * len(values))
    return ordered[skipped], ordered[-1 - skipped]
