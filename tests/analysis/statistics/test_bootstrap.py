import numpy as np
import pytest
from gil_scaling.analysis.statistics.bootstrap import percentile_ends, resampled_medians
from scipy import stats


@pytest.mark.parametrize(("rounds", "ends"), [(6, (4, 1995)), (1000, (49, 1950))])
def test_of_0_to_1999_the_ends_are_these(rounds, ends):
    assert percentile_ends(np.random.default_rng(1).permutation(2000), rounds) == ends


def test_the_ends_are_taken_over_the_first_axis_and_may_be_infinite():
    columns = np.stack([np.arange(2000.0), np.where(np.arange(2000) < 4, 7, np.inf)], axis=1)
    low, high = percentile_ends(columns, 6)
    assert (list(low), list(high)) == ([4, np.inf], [1995, np.inf])
    columns[4, 1] = 7
    assert percentile_ends(columns, 6)[0][1] == 7


def test_whole_rounds_are_drawn():
    medians = resampled_medians(np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]), seed=1)
    assert medians.shape == (2000, 2)
    assert (medians[:, 1] == 10 * medians[:, 0]).all()


def test_of_two_rounds_half_the_medians_lie_between_them():
    medians = resampled_medians(np.array([[0.0], [1.0]]), seed=1)[:, 0]
    assert np.mean(medians == 0.5) == pytest.approx(0.5, abs=0.045)


def test_the_median_of_five_rounds_is_drawn_as_often_as_the_exact_bootstrap_says():
    medians = resampled_medians(np.arange(5.0)[:, None], seed=2)[:, 0]
    for value in range(5):  # the median is at most v where 3 or more of 5 draws are
        expected = stats.binom.sf(2, 5, (value + 1) / 5)
        assert np.mean(medians <= value) == pytest.approx(expected, abs=0.045)


def test_rounds_that_are_all_alike_have_one_median():
    assert (resampled_medians(np.full((6, 3), 2.5), seed=3) == 2.5).all()
