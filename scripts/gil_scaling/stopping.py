"""After which rounds a sweep with the key `until` decides which combinations are measured further, and at which level.

There are at most five looks, fixed before the first run: after round 8, after the last one, and between them at equal ratios.
Each look uses intervals of the level 1 − 0.05 / looks, so that those of all looks together miss in at most 5 % of sweeps
(Bonferroni), whatever the rule that stops: an interval of any look that a combination stops at still covers in 95 %.

Source: Jennison and Turnbull, Group Sequential Methods (2000), chapter 9, on repeated confidence intervals. Bonferroni instead
of an error-spending function, because the intervals are exact rank intervals, whose joint distribution over looks is not
tabulated; at five looks it widens them by a third.
"""

from __future__ import annotations

FIRST_LOOK = 8  # rounds; the fewest with which the signed ranks reach 99 %: 2 / 2**8 = 0.0078
MAX_LOOKS = 5


def look_rounds(max_rounds: int) -> list[int]:
    """The rounds after which there is a look; max_rounds: 8 or more. For example, 50 gives [8, 13, 20, 32, 50]."""
    ratio = max_rounds / FIRST_LOOK
    steps = (round(FIRST_LOOK * ratio ** (step / (MAX_LOOKS - 1))) for step in range(MAX_LOOKS))
    return sorted(set(steps))


def level(max_rounds: int) -> float:
    """The level of the intervals of each look. For example, 50 rounds have five looks of the level 0.99."""
    return 1 - 0.05 / len(look_rounds(max_rounds))
