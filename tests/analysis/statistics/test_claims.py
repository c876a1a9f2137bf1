import math
from collections import Counter

import numpy as np
import pytest
from gil_scaling.analysis.statistics import claims, intervals

from tests.analysis.statistics.noise import log_normal, normal, spiky

SWEEPS = 2000


@pytest.mark.parametrize(
    ("value", "low", "high", "word"),
    [
        (1.2, 1.1, 1.3, "faster"),
        (1.2, 1.0, 1.3, "not shown"),
        (1.05, 1.01, 1.06, "not shown"),
        (1.06, 1.01, 1.2, "faster"),
        (0.8, 0.7, 0.9, "slower"),
        (0.8, 0.7, 1.0, "not shown"),
        (0.953, 0.94, 0.99, "not shown"),
        (0.951, 0.94, 0.99, "slower"),
        (1.02, 1.01, 1.03, "same"),
        (1.0, 0.95, 1.05, "same"),
        (1.0, 0.949, 1.04, "not shown"),
        (1.0, 0.96, 1.051, "not shown"),
        (0.951, 0.9505, 0.952, "slower"),
    ],
)
def test_an_interval_allows_one_word(value, low, high, word):
    assert claims.claim(intervals.Estimate(value, low, high, "ci95")) == word


def test_a_range_and_what_is_not_known_allow_no_claim():
    assert claims.claim(intervals.Estimate(2, 1.9, 2.1, "range")) == "no claim"
    for gap in range(3):
        numbers = [math.nan if place == gap else 2.0 for place in range(3)]
        assert claims.claim(intervals.Estimate(*numbers, "ci95")) == "no claim"
    assert claims.claim(intervals.paired_ratio([2.0] * 5)) == "no claim"
    assert claims.claim(intervals.paired_ratio([2.0] * 6)) == "faster"


def test_the_least_difference_that_matters_can_be_chosen():
    found = intervals.Estimate(1.08, 1.02, 1.1, "ci95")
    assert [claims.claim(found, least) for least in (0.01, 0.05, 0.09, 0.2)] == [
        "faster",
        "faster",
        "not shown",
        "same",
    ]


@pytest.mark.parametrize("value", [1.03, 1.051, 1.2])
def test_what_is_faster_one_way_is_slower_the_other_way(value):
    said = [
        claims.claim(intervals.Estimate(*ends, "ci95"))
        for ends in ((value, value / 1.02, value * 1.1), (1 / value, 1 / value / 1.1, 1.02 / value))
    ]
    assert said == (["faster", "slower"] if value > 1.05 else ["not shown", "not shown"])


def words(random, noise, truth, rounds):
    ratios = truth * noise(random, (SWEEPS, rounds)) / noise(random, (SWEEPS, rounds))
    return Counter(claims.claim(intervals.paired_ratio(found)) for found in ratios)


def loud(random, shape):
    return np.exp(random.normal(0, 0.5, shape))


@pytest.mark.parametrize("rounds", [6, 8, 12])
@pytest.mark.parametrize("noise", [normal, log_normal, spiky, loud], ids=lambda law: law.__name__)
def test_without_a_difference_at_most_5_percent_are_called_faster_or_slower(noise, rounds):
    found = words(np.random.default_rng(rounds), noise, 1, rounds)
    assert found["faster"] + found["slower"] <= 0.05 * SWEEPS
    assert found["no claim"] == 0


def test_of_six_loud_rounds_without_a_difference_3_percent_are_called_faster_or_slower():
    found = words(np.random.default_rng(1), loud, 1, 6)
    assert 0.02 * SWEEPS < found["faster"] + found["slower"] < 0.045 * SWEEPS  # 2/64 of 2000 is 62.5
    assert found["faster"] == pytest.approx(found["slower"], abs=4 * math.sqrt(62.5))


@pytest.mark.parametrize("truth", [1.05, 0.95])
@pytest.mark.parametrize("rounds", [6, 12])
def test_of_what_differs_by_5_percent_at_most_2_and_a_half_are_called_the_same(truth, rounds):
    found = words(np.random.default_rng(rounds), lambda random, shape: log_normal(random, shape) ** 0.2, truth, rounds)
    assert 0 < found["same"] <= 0.025 * SWEEPS


@pytest.mark.parametrize(("truth", "word"), [(1.3, "faster"), (1 / 1.3, "slower"), (1, "same")])
def test_what_is_so_is_said_in_most_sweeps(truth, word):
    found = words(np.random.default_rng(2), lambda random, shape: log_normal(random, shape) ** 0.4, truth, 8)
    assert found[word] > 0.9 * SWEEPS
