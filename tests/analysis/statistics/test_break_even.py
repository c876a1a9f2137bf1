import math

import numpy as np
import pytest
from gil_scaling.analysis.statistics.break_even import break_even, break_even_workers

from tests.analysis.statistics.noise import log_normal, spiky

UP = [0.5, 0.8, 1.25, 2]


def test_break_even_interpolates_on_log_size():
    result = break_even([1, 100], [[0.5, 2]] * 6)
    assert result == ("from", pytest.approx(10), pytest.approx(1 + 99 / 201), pytest.approx(34))


@pytest.mark.parametrize(
    ("ratios", "kind", "value"),
    [
        ([2, 2, 2, 2], "always", 0),
        ([0.5, 0.5, 0.5, 0.5], "never", math.inf),
        ([2, 2, 2, 0.5], "between", math.inf),
        ([2, 2, 2, 1], "between", math.inf),
        (UP, "from", math.sqrt(20 * 200)),
        ([2, 0.5, 0.8, 1.25], "from", math.sqrt(200 * 2000)),
        ([0.5, 2, 0.5, 2], "from", math.sqrt(200 * 2000)),
        ([2, 1, 2, 4], "from", 20),
    ],
)
def test_break_even_is_the_last_upward_crossing(ratios, kind, value):
    result = break_even([2, 20, 200, 2000], [ratios] * 6)
    assert (result.kind, result.value) == (kind, pytest.approx(value))
    assert result.low <= result.value <= result.high


def test_break_even_uses_the_median_over_the_rounds():
    rounds = [[0.5, 2]] * 4 + [[0.5, 0.001]] * 3
    assert break_even([1, 100], rounds).value == pytest.approx(10)


def test_break_even_value_lies_within_its_interval():
    result = break_even([1, 2], [[0.01, 100]] * 6)
    assert (result.value, result.high) == (pytest.approx(math.sqrt(2)), result.value)
    assert result.low == pytest.approx(1 + 0.99 / 198.99)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_break_even_interval_covers_all_linear_times(share):
    truth, sizes = 1 + 9 * share, np.array([1, 10])
    for fixed, slope in ((1, 0), (0, 1), (0.5, 0.2), (3, 10)):
        this = fixed + slope * sizes
        other = this + 0.3 * (sizes - truth)
        result = break_even(sizes, [(other + 5) / (this + 5)] * 6)
        assert result.low - 1e-9 <= truth <= result.high + 1e-9


@pytest.mark.parametrize(("kind", "ratio"), [("always", 1.2), ("never", 0.8)])
def test_break_even_is_unclear_where_rounds_disagree(kind, ratio):
    agreeing = break_even([5], [[ratio]] * 6)
    assert agreeing.kind == kind
    unclear = break_even([5], [[ratio]] * 4 + [[1 / ratio]] * 3)
    assert (unclear.kind, math.isnan(unclear.value), unclear.low, unclear.high) == ("unclear", True, 0, math.inf)


# Of 7 rounds drawn from 6 and 1, 4 or more are the one in 1.2 % of resamples; drawn from 5 and 2 in 9 %.
@pytest.mark.parametrize(("against", "kind", "ends"), [(1, "never", (0, math.inf)), (2, "unclear", (0, math.inf))])
def test_break_even_needs_most_resamples_to_agree(against, kind, ends):
    result = break_even([5], [[0.8]] * (7 - against) + [[1.25]] * against)
    assert (result.kind, result.low, result.high) == (kind, *ends)


def test_break_even_ends_may_be_0_or_infinite():
    result = break_even([1, 100], [[0.5, 2]] * 5 + [[0.5, 0.9]] * 2)
    assert (result.kind, result.value) == ("from", pytest.approx(10))
    assert 1 < result.low < 10
    assert result.high == math.inf
    result = break_even([1, 100], [[0.5, 2]] * 5 + [[1.1, 2]] * 2)
    assert (result.low, result.value) == (0, pytest.approx(10))


@pytest.mark.parametrize(
    ("ratios", "kind", "value"),
    [
        ([0.7, 0.9, 1.5, 2], "from", 4),
        ([0.7, 1.1, 0.9, 2], "from", 2),
        ([1.1, 1.2, 1.5, 2], "always", 1),
        ([0.7, 0.9, 1.5, 0.9], "from", 4),
        ([0.7, 0.9, 1, 1], "never", math.inf),
    ],
)
def test_break_even_workers_is_a_measured_count(ratios, kind, value):
    result = break_even_workers([1, 2, 4, 8], [ratios] * 6)
    assert result == (kind, value, value, value)


def test_break_even_workers_ends_are_measured_counts():
    random = np.random.default_rng(3)
    ratios = np.array([0.7, 0.97, 1.03, 2]) * log_normal(random, (6, 4))
    result = break_even_workers([1, 2, 4, 8], ratios)
    assert {result.low, result.value, result.high} <= {1, 2, 4, 8}
    assert result.low < result.high


@pytest.mark.parametrize("function", [break_even, break_even_workers])
def test_break_even_of_unknown_ratios_is_unclear(function):
    for sizes, ratios in (([], []), ([1, 2], np.empty((0, 2))), ([1, 2], [[0.5, 2]] * 6 + [[math.nan, 2]])):
        result = function(sizes, ratios)
        assert result.kind == "unclear"
        assert all(map(math.isnan, result[1:]))


@pytest.mark.parametrize("function", [break_even, break_even_workers])
@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_break_even_below_6_rounds_has_no_interval(function, rounds):
    result = function([1, 10, 100, 1000], [UP] * rounds)
    assert result.kind == "from"
    assert 10 < result.value <= 100
    assert math.isnan(result.low) and math.isnan(result.high)


def test_break_even_ends_depend_on_the_seed_only():
    ratios = UP * log_normal(np.random.default_rng(4), (20, 4))
    first, again, other = (break_even([1, 10, 100, 1000], ratios, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.value == other.value
    assert first[2:] != other[2:]


def covered(step, noise, rounds, sweeps):
    random = np.random.default_rng(rounds)
    sizes = step ** np.arange(math.log(10, step), math.log(1e4, step) + 0.01)
    this, other = 0.2 + 0.007 * 137 + 0.003 * sizes, 0.2 + 0.01 * sizes  # they meet at 137
    for _ in range(sweeps):
        shape = (rounds, len(sizes))
        result = break_even(sizes, other / this * noise(random, shape) / noise(random, shape))
        yield result.low <= 137 <= result.high


@pytest.mark.slow
@pytest.mark.parametrize("step", [1.3, 2, 10, 100])
@pytest.mark.parametrize("noise", [log_normal, spiky], ids=lambda law: law.__name__)
def test_break_even_covers_94_percent_of_sweeps(noise, step):
    assert np.mean(list(covered(step, noise, 6, 300))) >= 0.94


@pytest.mark.slow
@pytest.mark.parametrize("noise", [log_normal, spiky], ids=lambda law: law.__name__)
def test_break_even_workers_covers_94_percent_of_sweeps(noise):
    random = np.random.default_rng(5)
    truth = np.array([0.7, 0.97, 1.02, 1.3, 2])
    ratios = truth * noise(random, (2000, 6, 1)) / noise(random, (2000, 6, 5))
    results = [break_even_workers([1, 2, 4, 8, 16], sweep) for sweep in ratios]
    assert np.mean([item.low <= 4 <= item.high for item in results]) >= 0.94


@pytest.mark.parametrize("function", [break_even, break_even_workers])
def test_break_even_rarely_calls_equal_times_always(function):
    random = np.random.default_rng(6)
    kinds = [function([1], ratios).kind for ratios in log_normal(random, (300, 6, 1))]
    assert kinds.count("always") <= 15
    assert kinds.count("unclear") > 270
