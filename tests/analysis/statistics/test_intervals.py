import itertools
import math

import numpy as np
import pytest
from gil_scaling.analysis.statistics import intervals
from scipy import stats


def test_median_of_six():
    assert intervals.median([1, 2, 3, 4, 5, 6]) == (3.5, 1, 6, "ci95")


@pytest.mark.parametrize("n", range(6, 40))
def test_median_has_the_narrowest_interval_of_95_percent(n):
    place = intervals.median(range(1, n + 1)).low
    assert 1 - 2 * stats.binom.cdf(place - 1, n, 0.5) >= 0.95
    assert 1 - 2 * stats.binom.cdf(place, n, 0.5) < 0.95


# Conover (1999), section 3.2: the ranks of the ends of the median's 95 % interval.
@pytest.mark.parametrize(
    ("n", "low", "high"), [(6, 1, 6), (8, 1, 8), (9, 2, 8), (10, 2, 9), (12, 3, 10), (15, 4, 12), (20, 6, 15)]
)
def test_median_has_the_published_ranks(n, low, high):
    ranks = np.random.default_rng(n).permutation(np.arange(1, n + 1))
    assert intervals.median(ranks)[1:] == (low, high, "ci95")


def test_median_below_6_rounds_has_the_range():
    assert intervals.median([3, 1, 2, 9, 4]) == (3, 1, 9, "range")
    assert intervals.median([5]) == (5, 5, 5, "range")


@pytest.mark.parametrize("function", [intervals.median, intervals.paired_ratio])
def test_estimates_of_no_values_or_nan_are_unknown(function):
    assert all(map(math.isnan, function([])[:3]))
    assert all(map(math.isnan, function([1.0, math.nan])[:3]))


@pytest.mark.parametrize("function", [intervals.median, intervals.paired_ratio])
def test_estimates_of_identical_rounds_have_no_width(function):
    assert function([2.0] * 7) == (pytest.approx(2), pytest.approx(2), pytest.approx(2), "ci95")
    assert function([2.0, 2.0])[3] == "range"


def test_quantile_09_of_1_to_100():
    assert intervals.quantile(range(1, 101), 0.9) == (pytest.approx(90.1), 84, 96, "ci95")
    assert intervals.quantile(range(36), 0.9).kind == "ci95"
    assert intervals.quantile(range(35), 0.9) == (pytest.approx(30.6), 0, 34, "range")


@pytest.mark.parametrize(("n", "q"), [(6, 0.5), (31, 0.5), (100, 0.9), (200, 0.05), (1000, 0.99), (400, 0.99)])
def test_quantile_agrees_with_scipy(n, q):
    values = np.random.default_rng(n).exponential(size=n)
    estimate = intervals.quantile(values, q)
    expected = stats.quantile_test(values, p=q).confidence_interval(0.95)
    assert estimate[1:] == (expected.low, expected.high, "ci95")


@pytest.mark.parametrize(("n", "q"), [(1, 0.5), (2, 0.5), (5, 0.5), (300, 0.99), (20, 0.001)])
def test_quantile_without_both_ends_has_the_range(n, q):
    expected = stats.quantile_test(np.arange(n), p=q).confidence_interval(0.95)
    assert math.isnan(expected.low) or math.isnan(expected.high)
    assert intervals.quantile(range(n), q)[1:] == (0, n - 1, "range")


def test_quantile_0_and_1_have_the_range():
    assert intervals.quantile(range(200), 0) == (0, 0, 199, "range")
    assert intervals.quantile(range(200), 1) == (199, 0, 199, "range")


def test_quantile_of_no_values_or_nan_is_unknown():
    assert all(map(math.isnan, intervals.quantile([], 0.9)[:3]))
    assert all(map(math.isnan, intervals.quantile([1, math.nan], 0.9)[:3]))


def test_paired_ratio_of_six_and_of_three_rounds():
    estimate = intervals.paired_ratio([1, 2, 4, 8, 16, 32])
    assert estimate == (pytest.approx(math.sqrt(32)), pytest.approx(1), pytest.approx(32), "ci95")
    assert intervals.paired_ratio([1, 2, 4]) == (pytest.approx(2), pytest.approx(1), pytest.approx(4), "range")


def walsh_averages(ratios):
    return sorted(math.sqrt(a * b) for a, b in itertools.combinations_with_replacement(ratios, 2))


def test_paired_ratio_is_the_median_walsh_average():
    ratios = [1.0, 2.0, 4.0, 8.0, 3.0, 5.0]
    assert intervals.paired_ratio(ratios).value == pytest.approx(np.median(walsh_averages(ratios)))


# Wilcoxon (1945) and every table since: the greatest T with two-sided p of at most 0.05.
@pytest.mark.parametrize(("n", "critical"), list(enumerate([0, 2, 3, 5, 8, 10, 13, 17, 21, 25], 6)))
def test_paired_ratio_has_the_published_critical_values(n, critical):
    ratios = np.random.default_rng(n).lognormal(0.3, 0.2, n)
    averages = walsh_averages(ratios)
    assert intervals.paired_ratio(ratios)[1:3] == pytest.approx((averages[critical], averages[-1 - critical]))


@pytest.mark.parametrize("n", [6, 8, 12, 20])
def test_paired_ratio_inverts_the_signed_rank_test(n):
    ratios = np.random.default_rng(n).lognormal(0.3, 0.2, n)
    estimate = intervals.paired_ratio(ratios)
    for end, inwards in ((estimate.low, 1.0001), (estimate.high, 0.9999)):
        for is_inside, tried in ((True, end * inwards), (False, end / inwards)):
            test = stats.wilcoxon(np.log(ratios / tried), method="exact")
            assert (test.pvalue > 0.05) == is_inside


@pytest.mark.parametrize("factor", [0.001, 3600])
def test_ratios_cancel_units_and_invert(factor):
    random = np.random.default_rng(3)
    above, below = random.lognormal(0.5, 0.3, 7), random.lognormal(0, 0.3, 7)
    value, low, high, _ = intervals.unpaired_ratio(above, below)
    assert intervals.unpaired_ratio(above * factor, below * factor)[:3] == pytest.approx((value, low, high))
    assert intervals.unpaired_ratio(below, above)[:3] == pytest.approx((1 / value, 1 / high, 1 / low))
    value, low, high, _ = intervals.paired_ratio(above / below)
    assert intervals.paired_ratio(below / above)[:3] == pytest.approx((1 / value, 1 / high, 1 / low))


# Mann and Whitney (1947) and every table since: the greatest U with two-sided p of at most 0.05.
@pytest.mark.parametrize(
    ("n", "m", "critical"),
    [(4, 4, 0), (4, 6, 2), (5, 5, 2), (6, 6, 5), (5, 9, 7), (7, 7, 8), (6, 10, 11), (8, 8, 13), (10, 10, 23)],
)
def test_unpaired_ratio_has_the_published_critical_values(n, m, critical):
    random = np.random.default_rng(n * m)
    above, below = random.lognormal(0.5, 0.3, n), random.lognormal(0, 0.3, m)
    quotients = sorted(a / b for a, b in itertools.product(above, below))
    expected = (np.exp(np.median(np.log(quotients))), quotients[critical], quotients[-1 - critical])
    assert intervals.unpaired_ratio(above, below)[:3] == pytest.approx(expected)


@pytest.mark.parametrize(("n", "m"), [(4, 4), (6, 6), (5, 9), (10, 7)])
def test_unpaired_ratio_inverts_the_mann_whitney_test(n, m):
    random = np.random.default_rng(n * m)
    above, below = random.lognormal(0.5, 0.3, n), random.lognormal(0, 0.3, m)
    estimate = intervals.unpaired_ratio(above, below)
    assert estimate.kind == "ci95"
    for end, inwards in ((estimate.low, 1.0001), (estimate.high, 0.9999)):
        for is_inside, tried in ((True, end * inwards), (False, end / inwards)):
            assert (stats.mannwhitneyu(above / tried, below, method="exact").pvalue > 0.05) == is_inside


@pytest.mark.parametrize("n", [201, 300, 500])
def test_normal_approximation_of_signed_ranks_is_off_by_one(n):
    exact = intervals._skipped(intervals._signed_rank_counts(n), 0.025)
    assert exact - 1 <= intervals._skipped_signed_ranks(n, 0.025) <= exact


@pytest.mark.parametrize(("n", "m"), [(51, 6), (51, 51), (4, 100), (80, 60)])
def test_normal_approximation_of_rank_sums_is_off_by_one(n, m):
    exact = intervals._skipped(intervals._rank_sum_counts(n, m), 0.025)
    assert exact - 1 <= intervals._skipped_rank_sums(n, m, 0.025) <= exact


def test_ratios_of_thousands_of_rounds_are_narrow():
    above, below = np.exp(np.random.default_rng(1).normal(0, 0.05, (2, 1500)))
    for estimate in (intervals.paired_ratio(above / below), intervals.unpaired_ratio(above, below)):
        width = 2 * 1.96 * 0.05 * math.sqrt(2 / 1500)
        assert math.log(estimate.high / estimate.low) == pytest.approx(width, rel=0.1)
        assert estimate.low < math.exp(np.mean(np.log(above / below))) < estimate.high


def test_unpaired_ratio_below_4_per_side_has_the_range():
    assert intervals.unpaired_ratio([2, 4], [1, 2])[:3] == pytest.approx((2, 1, 4))
    assert intervals.unpaired_ratio([2, 4, 3], [1, 2, 3, 4, 5]).kind == "range"
    assert intervals.unpaired_ratio([3], [2]) == (pytest.approx(1.5), pytest.approx(1.5), pytest.approx(1.5), "range")


def test_unpaired_ratio_without_a_side_is_unknown():
    for above, below in (([], [1, 2]), ([1, 2], []), ([1] * 5, [1, 1, 1, math.nan])):
        assert all(map(math.isnan, intervals.unpaired_ratio(above, below)[:3]))
    assert intervals.unpaired_ratio([2.0] * 4, [1.0] * 4)[:3] == pytest.approx((2, 2, 2))


# Clopper and Pearson (1934), as tabulated for 10 trials.
@pytest.mark.parametrize(
    ("successes", "low", "high"), [(0, 0, 0.3085), (1, 0.0025, 0.4450), (5, 0.1871, 0.8129), (10, 0.6915, 1)]
)
def test_share_of_ten_has_the_published_interval(successes, low, high):
    estimate = intervals.share(successes, 10)
    assert estimate == (successes / 10, pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5), "ci95")


@pytest.mark.parametrize("trials", [1, 2, 17, 1000])
def test_share_agrees_with_scipy(trials):
    for successes in {0, 1, trials // 3, trials - 1, trials}:
        expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="exact")
        assert intervals.share(successes, trials)[1:3] == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (math.nan, 10), (3, math.nan)])
def test_share_without_trials_is_unknown(successes, trials):
    value, low, high, kind = intervals.share(successes, trials)
    assert all(map(math.isnan, (value, low, high)))
    assert kind == "range"


def pilot(deviation):
    return [0, deviation * math.sqrt(2)]


def test_rounds_needed_for_5_and_for_1_percent():
    assert intervals.rounds_needed(pilot(0.05)) == 27
    assert intervals.rounds_needed(pilot(0.01)) == 6


@pytest.mark.parametrize("deviation", [0.016, 0.019, 0.03, 0.1, 0.5])
@pytest.mark.parametrize("within", [0.01, 0.02, 0.05])
def test_rounds_needed_is_the_smallest_number(deviation, within):
    needed = intervals.rounds_needed(pilot(deviation), within)
    rounds = np.arange(6, needed + 1)
    halves = stats.t.ppf(0.975, rounds - 1) * deviation / np.sqrt(rounds)
    assert list(rounds[halves <= math.log(1 + within)]) == [needed]


def test_rounds_needed_may_be_billions():
    expected = (stats.norm.ppf(0.975) * 700 / math.log(1.02)) ** 2
    assert intervals.rounds_needed(pilot(700)) == pytest.approx(expected, rel=1e-6)


def test_rounds_needed_of_identical_rounds_is_6():
    assert intervals.rounds_needed([0.3, 0.3, 0.3]) == 6


@pytest.mark.parametrize("logs", [[], [0.1], [0.1, math.nan, 0.2], [0.1, math.inf]])
def test_rounds_needed_below_2_rounds_is_unknown(logs):
    assert math.isnan(intervals.rounds_needed(logs))


def test_paired_difference_of_six_and_of_three_rounds():
    assert intervals.paired_difference([3, 1, 2, 5, 4, 6]) == (3.5, 1, 6, "ci95")
    assert intervals.paired_difference([-1, 0, 4]) == (0, -1, 4, "range")
    assert intervals.paired_difference([0.0] * 6) == (0, 0, 0, "ci95")


@pytest.mark.parametrize("n", [6, 9, 14])
def test_paired_difference_inverts_the_signed_rank_test(n):
    values = np.random.default_rng(n).normal(1, 2, n)
    _, low, high, _ = intervals.paired_difference(values)
    inside, outside = (low + 1e-9, high - 1e-9), (low - 1e-9, high + 1e-9)
    assert all(stats.wilcoxon(values - shift, method="exact").pvalue > 0.05 for shift in inside)
    assert all(stats.wilcoxon(values - shift, method="exact").pvalue <= 0.05 for shift in outside)


def test_unpaired_difference_of_two_pairs_and_of_four():
    assert intervals.unpaired_difference([3, 5], [1, 2]) == (2.5, 1, 4, "range")
    assert intervals.unpaired_difference([1, 2, 3, 4], [0, 0, 0, 0]) == (2.5, 1, 4, "ci95")
    assert intervals.unpaired_difference([1, 2, 3, 4], [0, 0, 0, 0], min_rounds=6).kind == "range"


@pytest.mark.parametrize("function", [intervals.paired_difference, lambda one: intervals.unpaired_difference(one, one)])
def test_differences_of_no_values_or_nan_are_unknown(function):
    assert all(math.isnan(function(values).value) for values in ([], [1.0, math.nan]))
