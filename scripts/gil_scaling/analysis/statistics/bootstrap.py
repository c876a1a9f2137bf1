"""The seeded bootstrap over rounds, for what has no exact interval."""

import math

import numpy as np
from scipy.special import ndtr, stdtrit

from gil_scaling.analysis.statistics.intervals import TAIL

RESAMPLES = 2000


def resampled_medians(values, seed):
    """The medians of 2000 resamples of the rounds: (2000, k), the same for a seed.

    values: (rounds, k). Whole rounds are drawn with replacement, because the values of one round share its noise.
    Assumes independent rounds. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 6.
    For example, of rounds that are all alike each median is theirs; of the two rounds 0 and 1 half the medians are 0.5.
    """
    drawn = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    return np.median(values[drawn], axis=1)


def percentile_ends(values, rounds):
    """The ends of the 95 % expanded percentile interval of resamples of so many rounds.

    values: (n, …), a resample each; inf allowed. Few rounds vary less among themselves than sweeps do; the tails are made
    smaller for that, from 2.5 % for many rounds to Φ(−t √(n / (n − 1))) for n of them, t being Student's.
    Source: Hesterberg, What Teachers Should Know About the Bootstrap (2015), section 5.2.
    For example, of 0 … 1999 they are 4 and 1995 for 6 rounds, 49 and 1950 for 1000.
    """
    tail = ndtr(-stdtrit(rounds - 1, 1 - TAIL) * math.sqrt(rounds / (rounds - 1)))
    ordered = np.sort(values, axis=0)
    skipped = int(tail * len(values))
    return ordered[skipped], ordered[-1 - skipped]
