import math
from collections import Counter

import numpy as np
import pytest
from gil_scaling.analysis.statistics import claims, intervals

from tests.analysis.statistics.noise import log_normal, normal, spiky

SWEEPS = 2000


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
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
def test_claim_follows_from_the_interval(value, low, high, expected):
    assert claims.claim(intervals.Estimate(value, low, high, "ci95")) == expected


def test_claim_of_a_range_or_nan_is_no_claim():
    assert claims.claim(intervals.Estimate(2, 1.9, 2.1, "range")) == "no claim"
    for gap in range(3):
        numbers = [math.nan if place == gap else 2.0 for place in range(3)]
        assert claims.claim(intervals.Estimate(*numbers, "ci95")) == "no claim"
    assert claims.claim(intervals.paired_ratio([2.0] * 5)) == "no claim"
    assert claims.claim(intervals.paired_ratio([2.0] * 6)) == "faster"


def test_claim_takes_another_min_effect():
    estimate = intervals.Estimate(1.08, 1.02, 1.1, "ci95")
    assert [claims.claim(estimate, min_effect) for min_effect in (0.01, 0.05, 0.09, 0.2)] == [
        "faster",
        "faster",
        "not shown",
        "same",
    ]


@pytest.mark.parametrize("value", [1.03, 1.051, 1.2])
def test_claim_of_the_inverse_ratio_is_the_inverse(value):
    claimed = [
        claims.claim(intervals.Estimate(*ends, "ci95"))
        for ends in ((value, value / 1.02, value * 1.1), (1 / value, 1 / value / 1.1, 1.02 / value))
    ]
    assert claimed == (["faster", "slower"] if value > 1.05 else ["not shown", "not shown"])


def count_claims(random, noise, truth, rounds):
    ratios = truth * noise(random, (SWEEPS, rounds)) / noise(random, (SWEEPS, rounds))
    return Counter(claims.claim(intervals.paired_ratio(sweep)) for sweep in ratios)


def noisy(random, shape):
    return np.exp(random.normal(0, 0.5, shape))


@pytest.mark.parametrize("rounds", [6, 8, 12])
@pytest.mark.parametrize("noise", [normal, log_normal, spiky, noisy], ids=lambda law: law.__name__)
def test_claim_is_wrong_in_at_most_5_percent_without_difference(noise, rounds):
    counts = count_claims(np.random.default_rng(rounds), noise, 1, rounds)
    assert counts["faster"] + counts["slower"] <= 0.05 * SWEEPS
    assert counts["no claim"] == 0


def test_claim_is_wrong_in_3_percent_of_noisy_sixes():
    counts = count_claims(np.random.default_rng(1), noisy, 1, 6)
    assert 0.02 * SWEEPS < counts["faster"] + counts["slower"] < 0.045 * SWEEPS  # 2/64 of 2000 is 62.5
    assert counts["faster"] == pytest.approx(counts["slower"], abs=4 * math.sqrt(62.5))


@pytest.mark.parametrize("truth", [1.05, 0.95])
@pytest.mark.parametrize("rounds", [6, 12])
def test_claim_same_is_rarely_wrong_at_5_percent_difference(truth, rounds):
    counts = count_claims(
        np.random.default_rng(rounds), lambda random, shape: log_normal(random, shape) ** 0.2, truth, rounds
    )
    assert 0 < counts["same"] <= 0.025 * SWEEPS


@pytest.mark.parametrize(("truth", "expected"), [(1.3, "faster"), (1 / 1.3, "slower"), (1, "same")])
def test_claim_is_right_in_most_sweeps(truth, expected):
    counts = count_claims(np.random.default_rng(2), lambda random, shape: log_normal(random, shape) ** 0.4, truth, 8)
    assert counts[expected] > 0.9 * SWEEPS


@pytest.mark.parametrize(
    ("value", "low", "high", "scale", "expected"),
    [
        (0.2, 0.1, 0.3, 0, "faster"),
        (-0.2, -0.3, -0.1, 0, "slower"),
        (0.2, 0.0, 0.3, 0, "not shown"),
        (0.2, 0.1, 0.3, 4, "not shown"),
        (0.2, 0.1, 0.3, 3.9, "faster"),
        (0.2, 0.1, 0.3, 6, "same"),
        (0.0, 0.0, 0.0, 0, "same"),
        (0.0, -0.1, 0.1, 1, "not shown"),
    ],
)
def test_claim_of_a_difference_follows_from_its_interval(value, low, high, scale, expected):
    assert claims.claim_difference(intervals.Estimate(value, low, high, "ci95"), scale) == expected


def test_claim_of_a_difference_with_a_range_is_no_claim():
    assert claims.claim_difference(intervals.Estimate(2, 1, 3, "range"), 0) == "no claim"
    assert claims.claim_difference(intervals.Estimate(math.nan, 1, 3, "ci95"), 0) == "no claim"


def rare(random, shape):
    """Counts that are often 0, such as lost updates."""
    return random.poisson(0.7, shape).astype(float)


def many(random, shape):
    return random.poisson(30, shape).astype(float)


def skewed(random, shape):
    """Values on both sides of 0 with a long tail, such as overruns."""
    return random.exponential(1, shape) - 0.5


@pytest.mark.parametrize("rounds", [6, 8, 12])
@pytest.mark.parametrize("law", [rare, many, skewed], ids=lambda law: law.__name__)
def test_claim_of_a_difference_is_rarely_wrong_without_one(law, rounds):
    random = np.random.default_rng(rounds)
    own, other = law(random, (2, SWEEPS, rounds))
    for estimates in (
        map(intervals.paired_difference, own - other),
        (intervals.unpaired_difference(a, b, 6) for a, b in zip(own, other, strict=True)),
    ):
        counts = Counter(claims.claim_difference(estimate, 0) for estimate in estimates)
        assert counts["faster"] + counts["slower"] <= 0.05 * SWEEPS
        assert counts["no claim"] == 0


def test_claim_of_a_difference_is_right_in_most_sweeps():
    random = np.random.default_rng(3)
    differences = random.poisson(30, (SWEEPS, 8)) - random.poisson(5, (SWEEPS, 8))
    counts = Counter(claims.claim_difference(intervals.paired_difference(sweep), 5) for sweep in differences)
    assert counts["faster"] > 0.9 * SWEEPS
