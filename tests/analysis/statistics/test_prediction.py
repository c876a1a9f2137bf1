import math

import numpy as np
import pytest
from gil_scaling.analysis.statistics.laws import amdahl, usl
from gil_scaling.analysis.statistics.prediction import Check, check, predict, without_gil

from tests import synthetic_machines
from tests.analysis.statistics.noise import log_normal

WORKERS = np.array([1, 2, 4, 8, 16, 32])


def test_predict_without_noise_continues_amdahls_law():
    predicted = predict([1, 2, 4, 8], [[1, 1.6, 16 / 7, 32 / 11]] * 6, 16)
    assert predicted == pytest.approx((64 / 19, 64 / 19, 64 / 19))


def test_predict_lies_between_the_laws():
    value, low, high = predict(WORKERS, [usl(WORKERS, 0.05, 0.001)] * 6, 64)
    assert low == pytest.approx(64 / (1 + 0.05 * 63 + 0.001 * 64 * 63))
    assert high > 1.2 * low
    assert value == pytest.approx(math.sqrt(low * high))


def test_predict_includes_the_error_of_what_is_measured():
    speedups = np.tile(amdahl(WORKERS, 0.5), (6, 1))
    speedups[:, -1] *= np.exp([-0.3, -0.2, -0.1, 0.1, 0.2, 0.3])
    _, low, high = predict(WORKERS, speedups, 64)
    assert low < amdahl(64, 0.5) * math.exp(-0.2) and high > amdahl(64, 0.5) * math.exp(0.2)


def test_predict_depends_on_the_seed_only():
    speedups = amdahl(WORKERS, 0.1) * log_normal(np.random.default_rng(3), (8, 6))
    assert predict(WORKERS, speedups, 64) == predict(WORKERS, speedups, 64)
    assert predict(WORKERS, speedups, 64).low != predict(WORKERS, speedups, 64, seed=2).low


def test_predict_of_steeper_speedups_is_unknown():
    assert all(map(math.isnan, predict([2, 4, 8, 16, 32], [[1, 1e-1, 1e-2, 1e-3, 1e-4]] * 6, 64)))


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        ([1, 2, 4, 8, 16, 32], (2, 2, True)),
        ([1, 2, 4, 8, 12, 16], (3, 3, True)),
        ([1, 2, 4, 8, 16], (1, 1, True)),
        ([1, 2, 4, 8, 16, 64], (1, 1, False)),
        ([1, 2, 4, 8, 64], (0, 0, False)),
        ([1, 2, 4, 8], (0, 0, False)),
    ],
)
def test_check_predicts_up_to_twice_what_is_left(workers, expected):
    assert check(workers, [amdahl(np.array(workers), 0.1)] * 6) == expected


def test_check_fails_where_a_limit_begins():
    assert check(WORKERS, [np.minimum(WORKERS, 8)] * 6) == (2, 1, True)


def test_check_fails_where_the_largest_count_collapses():
    workers = np.array([1, 2, 4, 8, 14, 20, 28, 48])
    speedups = amdahl(workers, 0.02) * [1, 1, 1, 1, 1, 1, 1, 0.3]
    found = check(workers, speedups * log_normal(np.random.default_rng(1), (6, 8)))
    assert found == (5, 4, False)
    assert not found.is_passed


@pytest.mark.parametrize(("counts", "is_passed"), [((0, 0), 0), ((1, 1), 0), ((2, 2), 1), ((5, 3), 0), ((5, 4), 1)])
def test_check_is_passed_from_two_and_80_percent_on(counts, is_passed):
    assert Check(*counts, is_last_covered=True).is_passed == is_passed


def test_threads_without_the_gil_lose_the_tax():
    assert without_gil(np.array([1.8, 1.0, 4.0]), np.array([1.2, 1.0, 0.8])) == pytest.approx([1.5, 1.0, 5.0])


@pytest.mark.slow
def test_fits_cover_93_percent_of_synthetic_sweeps():
    for name, share in synthetic_machines.fits_covered(300).items():
        assert share >= 0.93, name


@pytest.mark.slow
@pytest.mark.parametrize("kind", synthetic_machines.KINDS)
def test_predictions_cover_80_percent_of_synthetic_sweeps(kind):
    shown, covered, width = synthetic_machines.predictions_covered(kind, 60)
    assert shown >= 30
    assert covered >= 0.8 * shown
    assert width < 1.4
