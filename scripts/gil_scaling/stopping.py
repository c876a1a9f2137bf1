"""After which rounds an experiment with the key `until` decides which combinations are measured further, and at which level.

There are at most five looks, three where there are fewer than 20 rounds. They are fixed before the first run: after round 8,
after the last one, and between them at equal ratios, at least two rounds apart.
Each look uses intervals of the level 1 − 0.05 / looks, so that those of all looks together miss in at most 5 % of sweeps
(Bonferroni), whatever the rule that stops: an interval of any look that a combination stops at still covers in 95 %.

Source: Jennison and Turnbull, Group Sequential Methods (2000), chapter 9, on repeated confidence intervals. Bonferroni instead
of an error-spending function, because the intervals are exact rank intervals, whose joint distribution over looks is not
tabulated; at five looks it widens them by a third.
"""

from __future__ import annotations

FIRST_LOOK = 8  # rounds; the fewest with which the signed ranks reach 99 %: 2 / 2**8 = 0.0078
MAX_LOOKS = 5
_FEW_LOOKS, _MANY_ROUNDS = 3, 20  # fewer looks where there are fewer rounds
_MIN_GAP = 2  # rounds


def look_rounds(max_rounds: int) -> list[int]:
    """The rounds after which there is a look; max_rounds: 8 or more. For example, 50 gives [8, 13, 20, 32, 50], and 12 [8, 10, 12]."""
    count = MAX_LOOKS if max_rounds >= _MANY_ROUNDS else _FEW_LOOKS
    ratio = max_rounds / FIRST_LOOK
    rounds: list[int] = []
    for step in range(count - 1):
        number = round(FIRST_LOOK * ratio ** (step / (count - 1)))
        if number - max(rounds, default=0) >= _MIN_GAP and max_rounds - number >= _MIN_GAP:
            rounds.append(number)
    return [*rounds, max_rounds]


def level(max_rounds: int) -> float:
    """The level of the intervals of each look. For example, 50 rounds have five looks of the level 0.99."""
    return 1 - 0.05 / len(look_rounds(max_rounds))
