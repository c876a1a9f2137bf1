import itertools
import math

import numpy as np
import pytest
from scipy import stats

from scripts.analysis import statistics


def test_the_median_of_six_lies_between_the_ends():
    assert statistics.median([1, 2, 3, 4, 5, 6]) == (3.5, 1, 6, "ci95")


@pytest.mark.parametrize("n", range(6, 40))
def test_the_interval_of_the_median_is_the_narrowest_that_holds_95_percent(n):
    place = statistics.median(range(1, n + 1)).low
    assert 1 - 2 * stats.binom.cdf(place - 1, n, 0.5) >= 0.95
    assert 1 - 2 * stats.binom.cdf(place, n, 0.5) < 0.95


def test_below_six_rounds_there_is_the_range():
    assert statistics.median([3, 1, 2, 9, 4]) == (3, 1, 9, "range")
    assert statistics.median([5]) == (5, 5, 5, "range")


@pytest.mark.parametrize("function", [statistics.median, statistics.paired_ratio])
def test_of_no_values_nothing_is_known(function):
    assert all(map(math.isnan, function([])[:3]))
    assert all(map(math.isnan, function([1.0, math.nan])[:3]))


def test_the_paired_ratio_of_six_rounds_lies_between_their_ends():
    found = statistics.paired_ratio([1.1, 1.2, 1.0, 1.3, 1.15, 1.05])
    assert (found.low, found.high, found.kind) == (pytest.approx(1.0), pytest.approx(1.3), "ci95")


def test_the_paired_ratio_is_the_middle_of_the_walsh_averages():
    ratios = [1.0, 2.0, 4.0, 8.0, 3.0, 5.0]
    pairs = itertools.combinations_with_replacement(ratios, 2)
    expected = np.median([math.sqrt(a * b) for a, b in pairs])
    assert statistics.paired_ratio(ratios).value == pytest.approx(expected)


@pytest.mark.parametrize("n", [6, 8, 12, 20])
def test_the_paired_interval_is_what_the_signed_rank_test_does_not_reject(n):
    ratios = np.random.default_rng(n).lognormal(0.3, 0.2, n)
    found = statistics.paired_ratio(ratios)
    for inside, edge in ((True, 1.0001), (False, 0.9999)):
        shifted = np.log(ratios) - math.log(found.low * edge)
        assert (stats.wilcoxon(shifted, method="exact").pvalue > 0.05) == inside


@pytest.mark.parametrize(("n", "m"), [(4, 4), (6, 6), (5, 9), (10, 7)])
def test_the_unpaired_interval_is_what_the_mann_whitney_test_does_not_reject(n, m):
    random = np.random.default_rng(n * m)
    above, below = random.lognormal(0.5, 0.3, n), random.lognormal(0, 0.3, m)
    found = statistics.unpaired_ratio(above, below)
    assert found.kind == "ci95"
    for inside, edge in ((True, 1.0001), (False, 0.9999)):
        test = stats.mannwhitneyu(above / (found.low * edge), below, method="exact")
        assert (test.pvalue > 0.05) == inside


def test_below_four_a_side_the_unpaired_ratio_makes_no_claim():
    assert statistics.unpaired_ratio([2, 4], [1, 2])[:3] == pytest.approx((2, 1, 4))
    assert statistics.unpaired_ratio([2, 4, 3], [1, 2, 3, 4, 5]).kind == "range"


def spiky(random, n):
    return np.exp(random.normal(0, 0.02, n)) * np.where(random.random(n) < 0.1, random.uniform(1.05, 1.3, n), 1)


@pytest.mark.parametrize("noise", [lambda r, n: np.exp(r.normal(0, 0.05, n)), spiky], ids=["log-normal", "spiky"])
def test_paired_intervals_hold_the_true_ratio_in_95_percent_of_sweeps_even_under_drift(noise):
    random = np.random.default_rng(1)
    truth, sweeps, rounds = 1.7, 2000, 6
    held = 0
    for _ in range(sweeps):
        drift = np.linspace(1, 1.5, rounds)
        above, below = truth * drift * noise(random, rounds), drift * noise(random, rounds)
        found = statistics.paired_ratio(above / below)
        held += found.low <= truth <= found.high
    exact = 1 - 2 / 2**rounds  # 96.9 %
    assert held / sweeps >= 0.94
    assert abs(held / sweeps - exact) < 4 * math.sqrt(exact * (1 - exact) / sweeps)


@pytest.mark.parametrize(("workers", "makespan"), [(1, 272), (2, 142), (3, 130), (4, 130), (8, 130)])
def test_the_lecture_s_tasks_take_at_least_so_long(workers, makespan):
    assert statistics.best_makespan([90, 30, 22, 130], workers) == makespan


def test_the_best_makespan_is_that_of_the_best_of_all_assignments():
    random = np.random.default_rng(2)
    for _ in range(30):
        tasks = random.uniform(0.1, 1, 6)
        workers = int(random.integers(2, 4))
        best = min(
            max(
                sum(task for task, own in zip(tasks, choice, strict=True) if own == worker) for worker in range(workers)
            )
            for choice in itertools.product(range(workers), repeat=6)
        )
        assert statistics.best_makespan(tasks, workers) == pytest.approx(best)


def test_of_many_tasks_the_makespan_is_a_bound_that_none_can_beat():
    assert statistics.best_makespan([1.0] * 13, 4) == 13 / 4
    assert statistics.best_makespan([9.0] + [0.1] * 20, 4) == 9


def test_the_bound_knows_the_cpus():
    assert statistics.speedup_bound(272, [90, 30, 22, 130], 272, 4, 2) == 2
    assert statistics.speedup_bound(272, [90, 30, 22, 130], 272, 4, 16) == 272 / 130
    assert statistics.speedup_bound(0.2, [0.05] * 4, 0.001, 4, 2) == pytest.approx(4)


@pytest.mark.parametrize(
    ("speedup", "workers", "fraction"), [(2, 4, 1 / 3), (1, 4, 1), (1, 2, 1), (4, 4, 0), (0.5, 2, 3)]
)
def test_the_serial_fraction_after_karp_and_flatt(speedup, workers, fraction):
    assert statistics.karp_flatt(speedup, workers) == pytest.approx(fraction)


def test_one_worker_tells_nothing_of_the_serial_fraction():
    assert math.isnan(statistics.karp_flatt(1, 1))
