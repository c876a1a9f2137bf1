import numpy as np
import pytest
from gil_scaling.analysis.statistics.bootstrap import percentile_ends, resampled_medians
from scipy import stats


@pytest.mark.parametrize(("rounds", "ends"), [(6, (4, 1995)), (1000, (49, 1950))])
def test_percentile_ends_of_0_to_1999(rounds, ends):
    assert percentile_ends(np.random.default_rng(1).permutation(2000), rounds) == ends


def test_percentile_ends_work_along_the_first_axis_with_infinity():
    columns = np.stack([np.arange(2000.0), np.where(np.arange(2000) < 4, 7, np.inf)], axis=1)
    low, high = percentile_ends(columns, 6)
    assert (list(low), list(high)) == ([4, np.inf], [1995, np.inf])
    columns[4, 1] = 7
    assert percentile_ends(columns, 6)[0][1] == 7


def test_resampled_medians_draw_whole_rounds():
    medians = resampled_medians(np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]), seed=1)
    assert medians.shape == (2000, 2)
    assert (medians[:, 1] == 10 * medians[:, 0]).all()


def test_resampled_medians_of_two_rounds_are_half_in_between():
    medians = resampled_medians(np.array([[0.0], [1.0]]), seed=1)[:, 0]
    assert np.mean(medians == 0.5) == pytest.approx(0.5, abs=0.045)


def test_resampled_medians_follow_the_exact_bootstrap():
    medians = resampled_medians(np.arange(5.0)[:, None], seed=2)[:, 0]
    for value in range(5):  # the median is at most v where 3 or more of 5 draws are
        expected = stats.binom.sf(2, 5, (value + 1) / 5)
        assert np.mean(medians <= value) == pytest.approx(expected, abs=0.045)


def test_resampled_medians_of_identical_rounds_are_equal():
    assert (resampled_medians(np.full((6, 3), 2.5), seed=3) == 2.5).all()
