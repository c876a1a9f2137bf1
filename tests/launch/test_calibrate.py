import math

import pytest
from gil_scaling.launch import calibrate


def found(seconds_at, start):
    """The result of the search, and the number of its measurements."""
    tried = []

    def seconds(size):
        tried.append(size)
        return seconds_at(size)

    return calibrate.search(seconds, start), len(tried)


@pytest.mark.parametrize("start", [1, 1000, 300_000, 10**9])
def test_search_finds_300_000_units_of_a_microsecond(start):
    (size, seconds), _ = found(lambda n: n * 1e-6, start)
    assert seconds == pytest.approx(size * 1e-6)
    assert 0.24 <= seconds <= 0.375


def test_search_keeps_a_start_that_is_right():
    assert found(lambda n: n * 1e-6, 300_000) == ((300_000, 0.3), 1)


@pytest.mark.parametrize("power", [2, 3, 6])
def test_search_follows_the_slope_of_a_power(power):
    assert found(lambda n: 0.3 * (n / 730) ** power, 20) == ((730, pytest.approx(0.3)), 3)


def test_search_goes_back_from_sizes_that_take_too_long():
    (size, seconds), _ = found(lambda n: 1e-6 * 1.618**n if n < 35 else math.inf, 10)
    assert size in (26, 27)
    assert seconds == pytest.approx(1e-6 * 1.618**size)


def test_search_takes_the_nearer_size_at_a_jump():
    assert found(lambda n: 0.1 if n < 7 else 2.0, 3)[0] == (6, 0.1)


def test_search_gives_up_where_time_does_not_grow():
    tried = []
    with pytest.raises(calibrate.NotFound) as caught:
        calibrate.search(lambda n: tried.append(n) or 0.05, 100)
    assert str(caught.value) == f"no size takes about 0.3 s; {tried[-1]:,} takes 0.05 s"


def test_search_gives_up_where_each_size_takes_too_long():
    with pytest.raises(calibrate.NotFound) as caught:
        calibrate.search(lambda n: math.inf, 4)
    assert str(caught.value) == "no size takes about 0.3 s; 1 takes more than 20 s"


@pytest.mark.parametrize(("size", "to"), [(412_345, 410_000), (99.6, 100), (7, 7), (0.2, 1), (26, 26)])
def test_rounded_keeps_two_digits(size, to):
    assert calibrate.rounded(size) == to
