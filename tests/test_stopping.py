from itertools import pairwise

import pytest
from gil_scaling import stopping


@pytest.mark.parametrize(
    ("max_rounds", "looks"),
    [
        (8, [8]),
        (9, [9]),
        (10, [8, 10]),
        (12, [8, 10, 12]),
        (19, [8, 12, 19]),
        (20, [8, 10, 13, 16, 20]),
        (50, [8, 13, 20, 32, 50]),
    ],
)
def test_looks_have_equal_ratios(max_rounds, looks):
    assert stopping.look_rounds(max_rounds) == looks


def test_looks_are_few_and_two_rounds_apart():
    for max_rounds in range(8, 200):
        looks = stopping.look_rounds(max_rounds)
        assert looks[-1] == max_rounds
        assert len(looks) <= (3 if max_rounds < 20 else 5)
        assert all(later - earlier >= 2 for earlier, later in pairwise(looks))


def test_level_is_split_over_the_looks():
    assert stopping.level(50) == pytest.approx(0.99)
    assert stopping.level(10) == pytest.approx(0.975)
    assert stopping.level(8) == pytest.approx(0.95)
