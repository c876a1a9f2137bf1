"""What an interval of a ratio allows to be said, in one word."""

import math

from gil_scaling.analysis.statistics.intervals import CI95

FASTER, SLOWER, SAME, NOT_SHOWN, NO_CLAIM = "faster", "slower", "same", "not shown", "no claim"


def claim(estimate, least=0.05):
    """One of "faster", "slower", "same" (the same within 5 %), "not shown" (no difference shown) and "no claim".

    estimate: of a ratio, above 1 where this one is faster; a range allows no claim. least: the smallest difference that
    matters. Faster and slower: the interval excludes 1, and the value or its inverse exceeds 1 + least. Same: the whole
    interval lies within 1 ± least; where slower holds, too (the interval from 1 − least up to 1 / (1 + least)),
    slower is said.

    Assumes that the interval holds the truth in 95 % of sweeps. Then, of comparisons without a difference, at most 5 %
    are called faster or slower (of 6 rounds 3.1 %, and fewer, because the value has to pass `least`), and of those
    with more of a difference than `least` at most 2.5 % are called the same. Each claim stands for itself: among 100
    comparisons without a difference up to 5 wrong ones are to be expected. No correction for many is made, because with
    6 rounds the signed-rank test has no p below 2/64 = 0.031, and Holm's over two or more asks for 0.025 at first.

    Source: for "same", Schuirmann, A comparison of the two one-sided tests procedure (1987), with the 95 % interval in
    place of his 90 %. For example, 1.2 in [1.1, 1.3] is faster, 1.02 in [1.01, 1.03] the same.
    """
    value, low, high, kind = estimate
    if kind != CI95 or any(map(math.isnan, (value, low, high))):
        return NO_CLAIM
    if low > 1 and value > 1 + least:
        return FASTER
    if high < 1 and 1 / value > 1 + least:
        return SLOWER
    return SAME if 1 - least <= low and high <= 1 + least else NOT_SHOWN
