import numpy as np
import pytest
from gil_scaling.analysis.statistics import intervals
from gil_scaling.stopping import level
from scipy import stats

from tests.analysis.statistics import stopping
from tests.analysis.statistics.noise import is_within_error, log_normal, normal, spiky

SWEEPS = 2000
TRUTH = 1.7
NOISES = pytest.mark.parametrize("noise", [normal, log_normal, spiky], ids=lambda law: law.__name__)


def share_covered(truth, estimates):
    return np.mean([estimate.low <= truth <= estimate.high for estimate in estimates])


# Of 2^n sign patterns 1, 5 and 87 have a rank sum of at most 0, 3 and 13: so many sets of different ranks have it.
@pytest.mark.parametrize(("rounds", "level"), [(6, 1 - 2 / 64), (8, 1 - 10 / 256), (12, 1 - 174 / 4096)])
@NOISES
def test_paired_ratio_covers_at_its_exact_level(noise, rounds, level):
    random = np.random.default_rng(rounds)
    ratios = TRUTH * noise(random, (SWEEPS, rounds)) / noise(random, (SWEEPS, rounds))
    covered = share_covered(TRUTH, map(intervals.paired_ratio, ratios))
    assert covered >= 0.94
    assert is_within_error(covered, level, SWEEPS)


@pytest.mark.parametrize(("rounds", "level"), [(6, 1 - 2 / 64), (8, 1 - 10 / 256), (12, 1 - 174 / 4096)])
@NOISES
def test_paired_ratio_covers_under_drift(noise, rounds, level):
    random = np.random.default_rng(100 + rounds)
    drift = 1.03 ** np.arange(rounds)
    above, below = (drift * noise(random, (SWEEPS, rounds)) for _ in range(2))
    covered = share_covered(TRUTH, map(intervals.paired_ratio, TRUTH * above / below))
    assert covered >= 0.94
    assert is_within_error(covered, level, SWEEPS)


# Of 924 arrangements of 6 and 6 values 19 have U of at most 5: the partitions of 0 to 5.
@NOISES
def test_unpaired_ratio_covers_on_a_steady_machine(noise):
    random = np.random.default_rng(6)
    above, below = TRUTH * noise(random, (SWEEPS, 6)), noise(random, (SWEEPS, 6))
    covered = share_covered(TRUTH, map(intervals.unpaired_ratio, above, below))
    assert covered >= 0.94
    assert is_within_error(covered, 1 - 38 / 924, SWEEPS)


@NOISES
def test_unpaired_ratio_does_not_cover_under_drift(noise):
    random = np.random.default_rng(7)
    drift = 1.03 ** np.arange(12)
    earlier, later = (noise(random, (SWEEPS, 6)) * slowness for slowness in (drift[:6], drift[6:]))
    assert share_covered(TRUTH, map(intervals.unpaired_ratio, TRUTH * earlier, later)) < 0.5


@pytest.mark.parametrize(("rounds", "level"), [(6, 1 - 2 / 64), (8, 1 - 2 / 256), (12, 1 - 158 / 4096)])
@NOISES
def test_median_covers_at_its_exact_level(noise, rounds, level):
    random = np.random.default_rng(200 + rounds)
    truth = np.median(noise(random, 1_000_000))
    covered = share_covered(truth, map(intervals.median, noise(random, (SWEEPS, rounds))))
    assert covered >= 0.94
    assert is_within_error(covered, level, SWEEPS)


def test_quantile_099_covers_in_95_percent_of_samples():
    random = np.random.default_rng(8)
    samples = random.exponential(size=(SWEEPS, 1000))
    covered = share_covered(-np.log(0.01), (intervals.quantile(sample, 0.99) for sample in samples))
    assert is_within_error(covered, stats.binom.cdf(996, 1000, 0.99) - stats.binom.cdf(983, 1000, 0.99), SWEEPS)
    assert covered >= 0.94


@pytest.mark.parametrize("trials", [5, 20, 100])
def test_share_covers_every_true_share(trials):
    estimates = [intervals.share(successes, trials) for successes in range(trials + 1)]
    for truth in np.linspace(0.001, 0.999, 333):
        chances = stats.binom.pmf(range(trials + 1), trials, truth)
        assert sum(chances[[estimate.low <= truth <= estimate.high for estimate in estimates]]) >= 0.95


def test_share_covers_at_its_exact_level():
    random = np.random.default_rng(9)
    covered = share_covered(
        0.1, (intervals.share(int(successes), 40) for successes in random.binomial(40, 0.1, SWEEPS))
    )
    assert is_within_error(covered, stats.binom.cdf(8, 40, 0.1) - stats.binom.cdf(0, 40, 0.1), SWEEPS)
    assert covered >= 0.94


def test_stopping_keeps_the_level_only_where_it_is_split():
    assert stopping.count_covered(normal, 1, intervals.LEVEL, 500) < 0.92 * 500
    assert stopping.count_covered(normal, 1, level(stopping.MAX_ROUNDS), 500) >= 0.95 * 500
