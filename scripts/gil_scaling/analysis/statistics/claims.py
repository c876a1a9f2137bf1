"""Claims: what the confidence interval of a ratio allows a sentence to say."""

import math

from gil_scaling.analysis.statistics.intervals import CI95, Estimate

FASTER, SLOWER, SAME, NOT_SHOWN, NO_CLAIM = "faster", "slower", "same", "not shown", "no claim"


def claim(estimate: Estimate, min_effect: float = 0.05) -> str:
    """One of "faster", "slower", "same" (the same within 5 %), "not shown" (no difference shown) and "no claim".

    estimate: of a ratio, above 1 where the numerator's side is faster; a range allows no claim. min_effect: the smallest
    relative difference that matters. Faster and slower: the interval excludes 1, and the value or its inverse exceeds
    1 + min_effect. Same: the whole interval lies within 1 ± min_effect. Where slower and same both hold (an interval
    between 1 − min_effect and 1 / (1 + min_effect)), the claim is slower.

    Assumes that the interval covers the true ratio in 95 % of sweeps. Then, of comparisons without a difference, at most
    5 % are called faster or slower (3.1 % with 6 rounds, fewer because the value has to exceed min_effect as well), and
    of those that differ by more than min_effect at most 2.5 % are called the same. Each claim stands alone: expect up to
    5 wrong ones among 100 comparisons without a difference. There is no correction for multiple comparisons, because
    with 6 rounds the signed-rank test has no p below 2/64 = 0.031, and Holm's method starts at 0.025 for two or more.

    Source: for "same", Schuirmann, A comparison of the two one-sided tests procedure (1987), with the 95 % interval in
    place of his 90 %. For example, 1.2 in [1.1, 1.3] is faster, 1.02 in [1.01, 1.03] the same.
    """
    value, low, high, kind = estimate
    if kind != CI95 or any(map(math.isnan, (value, low, high))):
        return NO_CLAIM
    if low > 1 and value > 1 + min_effect:
        return FASTER
    if high < 1 and 1 / value > 1 + min_effect:
        return SLOWER
    return SAME if 1 - min_effect <= low and high <= 1 + min_effect else NOT_SHOWN


def claim_difference(estimate: Estimate, scale: float, min_effect: float = 0.05) -> str:
    """The same of a difference, where there is no ratio because values are 0 or negative.

    estimate: of a difference, above 0 where the first side is better; scale: ≥ 0, what an effect is relative to, such as
    the smaller of the two medians without their signs. Faster (better) and slower (worse): the interval excludes 0, and the
    value exceeds min_effect × scale. Same: the whole interval lies within ± min_effect × scale; at a scale of 0, where it
    is 0. Assumes, and errs, as claim. For example, −0.2 in [−0.3, −0.1] at a scale of 0 is slower.
    """
    value, low, high, kind = estimate
    if kind != CI95 or any(map(math.isnan, (value, low, high))):
        return NO_CLAIM
    margin = min_effect * scale
    if low > 0 and value > margin:
        return FASTER
    if high < 0 and -value > margin:
        return SLOWER
    return SAME if -margin <= low and high <= margin else NOT_SHOWN
