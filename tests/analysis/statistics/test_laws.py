import math

import numpy as np
import pytest
from gil_scaling.analysis.statistics import laws
from scipy import optimize

from tests.analysis.statistics.noise import log_normal, spiky

WORKERS = np.array([1, 2, 4, 8, 16, 32])
TRUTH = (0.05, 0.002, math.sqrt(0.95 / 0.002))


@pytest.mark.parametrize(
    ("speedup", "workers", "fraction"), [(2, 4, 1 / 3), (1, 4, 1), (1, 2, 1), (4, 4, 0), (0.5, 2, 3)]
)
def test_karp_flatt(speedup, workers, fraction):
    assert laws.karp_flatt(speedup, workers) == pytest.approx(fraction)


def test_karp_flatt_of_one_worker_is_unknown():
    assert math.isnan(laws.karp_flatt(1, 1))
    assert math.isnan(laws.karp_flatt(math.nan, 4))


def test_amdahl():
    assert laws.amdahl(4, 0.25) == pytest.approx(16 / 7)
    assert list(laws.amdahl(np.array([1, 2, 8]), 0)) == [1, 2, 8]
    assert list(laws.amdahl(np.array([1, 2, 8]), 1)) == [1, 1, 1]
    assert math.isnan(laws.amdahl(4, math.nan))


def test_usl():
    assert laws.usl(16, 0.05, 0.001) == pytest.approx(16 / 1.99)
    assert list(laws.usl(np.array([1, 2, 8]), 0, 0, 0.5)) == [0.5, 1, 4]
    assert laws.usl(8, 0.25, 0) == pytest.approx(laws.amdahl(8, 0.25))
    assert math.isnan(laws.usl(8, math.nan, 0))


def test_fit_amdahl_recovers_the_fraction_without_noise():
    fit = laws.fit_amdahl([1, 2, 4], [[1, 1.6, 16 / 7]] * 6)
    assert fit.serial == (pytest.approx(0.25), pytest.approx(0.25), pytest.approx(0.25), "ci95")


@pytest.mark.parametrize(("speedups", "serial"), [([1, 2, 4], 0), ([1, 1, 1], 1), ([1, 2.5, 5], 0), ([1, 0.8, 0.7], 1)])
def test_fit_amdahl_stays_between_0_and_1(speedups, serial):
    assert laws.fit_amdahl([1, 2, 4], [speedups]).serial.value == pytest.approx(serial)


def test_fit_amdahl_is_a_weighted_mean_of_karp_flatt():
    speedups = [1.7, 2.6, 4.1]
    fractions = [laws.karp_flatt(s, p) for s, p in zip(speedups, [2, 4, 8], strict=True)]
    weights = [(s * (1 - 1 / p)) ** 2 for s, p in zip(speedups, [2, 4, 8], strict=True)]
    serial = laws.fit_amdahl([2, 4, 8], [speedups]).serial.value
    assert serial == pytest.approx(np.average(fractions, weights=weights))


@pytest.mark.parametrize(
    ("sigma", "kappa", "scale"), [(0.05, 0.001, 1), (0.3, 0, 0.9), (0, 0.01, 1), (0.98, 0.0001, 1.1)]
)
def test_fit_usl_recovers_the_parameters_without_noise(sigma, kappa, scale):
    fit = laws.fit_usl(WORKERS, [laws.usl(WORKERS, sigma, kappa, scale)] * 6)
    assert [estimate.value for estimate in fit[:2]] == pytest.approx([sigma, kappa], abs=1e-9)
    assert [estimate[:2] for estimate in fit] == [(estimate.low, estimate.high) for estimate in fit]
    assert {estimate.kind for estimate in fit} == {"ci95"}


def test_fit_usl_peak_is_the_maximum_of_the_law():
    peak = laws.fit_usl(WORKERS, [laws.usl(WORKERS, 0.05, 0.001)]).peak.value
    assert peak == pytest.approx(30.822, abs=1e-3)
    best = optimize.minimize_scalar(lambda n: -laws.usl(n, 0.05, 0.001), bounds=(1, 100), method="bounded")
    assert peak == pytest.approx(best.x, rel=1e-4)


@pytest.mark.parametrize(
    ("speedups", "expected"),
    [(WORKERS, (0, 0, math.inf)), (np.ones(6), (1, 0, math.inf)), (1 / WORKERS, (1, 1, 0))],
    ids=["perfect", "flat", "ever slower"],
)
def test_fit_usl_at_the_limits_of_its_parameters(speedups, expected):
    values = [estimate.value for estimate in laws.fit_usl(WORKERS, [speedups] * 6)]
    assert values == pytest.approx(expected, abs=1e-6)


def test_fit_usl_of_steeper_speedups_is_unknown():
    fit = laws.fit_usl([2, 4, 8, 16, 32], [[1, 1e-1, 1e-2, 1e-3, 1e-4]] * 6)
    assert math.isnan(fit.sigma.value) and math.isnan(fit.kappa.value)
    assert {fit.sigma.kind, fit.kappa.kind} == {"range"}


def test_fit_usl_agrees_with_bounded_least_squares():
    speedups = laws.usl(WORKERS, 0.05, 0.002) * log_normal(np.random.default_rng(4), 6)

    def errors(parameters):
        return speedups / laws.usl(WORKERS, *parameters) - 1

    expected = optimize.least_squares(errors, (0.1, 0.001, 1), bounds=((0, 0, 0), (1, 1, 2)), xtol=1e-12, x_scale="jac")
    fit = laws.fit_usl(WORKERS, [speedups])
    assert [estimate.value for estimate in fit[:2]] == pytest.approx(expected.x[:2], rel=1e-3)


def fit_parameters(workers, speedups):
    return [laws.fit_amdahl(workers, speedups).serial, *laws.fit_usl(workers, speedups)]


def test_fits_ignore_one_spike_in_seven_rounds():
    speedups = np.tile(laws.usl(WORKERS, 0.05, 0.002), (7, 1))
    steady = [estimate.value for estimate in fit_parameters(WORKERS, speedups)]
    speedups[3, 4] /= 1.3
    assert [estimate.value for estimate in fit_parameters(WORKERS, speedups)] == pytest.approx(steady)


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_fits_below_6_rounds_have_no_interval(rounds):
    for fit in fit_parameters(WORKERS, [laws.usl(WORKERS, 0.05, 0.002)] * rounds):
        assert not math.isnan(fit.value)
        assert (math.isnan(fit.low), math.isnan(fit.high), fit.kind) == (True, True, "range")


@pytest.mark.parametrize("speedups", [np.empty((0, 6)), [[1, 2, 3, 4, 5, math.nan]] * 7], ids=["none", "nan"])
def test_fits_of_no_rounds_or_nan_are_unknown(speedups):
    for fit in fit_parameters(WORKERS, speedups):
        assert all(map(math.isnan, fit[:3]))
        assert fit.kind == "range"


def test_fits_of_too_few_worker_counts_are_none():
    assert laws.fit_amdahl([1, 2, 2], [[1, 1.5, 1.6]] * 6) is None
    assert laws.fit_usl([1, 2, 4, 8, 8], [[1, 1.5, 2, 2, 2]] * 6) is None
    assert laws.fit_amdahl([], []) is None


def test_fits_depend_on_the_seed_only():
    speedups = laws.usl(WORKERS, 0.05, 0.002) * log_normal(np.random.default_rng(5), (8, 6))
    assert fit_parameters(WORKERS, speedups) == fit_parameters(WORKERS, speedups)
    assert laws.fit_usl(WORKERS, speedups, seed=2).peak.low != laws.fit_usl(WORKERS, speedups).peak.low
    assert laws.fit_usl(WORKERS, speedups[::-1]).peak.value == laws.fit_usl(WORKERS, speedups).peak.value


def simulated(noise, rounds, curve, sweeps):
    random = np.random.default_rng(rounds)
    for _ in range(sweeps):  # the baseline of a round is one time for all worker counts
        yield curve * noise(random, (rounds, 1)) / noise(random, (rounds, len(curve)))


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [6, 8])
@pytest.mark.parametrize("noise", [log_normal, spiky], ids=lambda law: law.__name__)
def test_fit_amdahl_covers_94_percent_of_sweeps(noise, rounds):
    serials = [
        laws.fit_amdahl(WORKERS, speedups).serial
        for speedups in simulated(noise, rounds, laws.amdahl(WORKERS, 0.1), 2000)
    ]
    assert np.mean([serial.low <= 0.1 <= serial.high for serial in serials]) >= 0.94
    assert np.median([serial.value for serial in serials]) == pytest.approx(0.1, rel=0.01)
    assert np.median([serial.high - serial.low for serial in serials]) < 0.04


@pytest.mark.slow
@pytest.mark.parametrize(
    ("noise", "rounds"), [(spiky, 6), (log_normal, 8)], ids=lambda law: getattr(law, "__name__", law)
)
def test_fit_usl_covers_94_percent_of_sweeps(noise, rounds):
    curve = laws.usl(WORKERS, *TRUTH[:2])
    fits = [laws.fit_usl(WORKERS, speedups) for speedups in simulated(noise, rounds, curve, 150)]
    for place, truth in enumerate(TRUTH):
        estimates = [fit[place] for fit in fits]
        assert np.mean([estimate.low <= truth <= estimate.high for estimate in estimates]) >= 0.94
        assert np.median([estimate.value for estimate in estimates]) == pytest.approx(truth, rel=0.05)
        assert np.median([estimate.high - estimate.low for estimate in estimates]) < truth
