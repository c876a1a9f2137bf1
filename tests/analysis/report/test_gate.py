import numpy as np
import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.report import gate
from gil_scaling.analysis.tables.pairing import ratio_of

from tests.analysis.statistics.noise import log_normal, normal, spiky

ROW = {
    "build": "m 2026-02-01 · 3.14",
    "experiment": "e",
    "panel": "py_loop",
    "label": "thread × 4",
    "against_build": "m 2026-01-01 · 3.14",
    "kind": "again",
    "interval": "ci95",
    "pairing": "unpaired",
}
PASSED = "0 of 1 combination of one machine at two times slower by more than 5 %, interval included"


def row(gain=1.0, low=None, high=None, **changes):
    """A row of changes.csv; the interval reaches 2 % to both sides if not given."""
    ends = {"gain_low": gain / 1.02 if low is None else low, "gain_high": gain * 1.02 if high is None else high}
    return {**ROW, "gain": gain, **ends, **changes}


def check(*rows, limit=5.0, one_sided=()):
    """(error, summary, problems) of the limit on rows of changes.csv."""
    tables = {"changes": rows, "one_sided": one_sided}
    found = gate.check_slower({name: pd.DataFrame(own, columns=names(name)) for name, own in tables.items()}, limit)
    return found.error, found.summary, found.problems


@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_gate_passes_where_nothing_is_slower(gain):
    assert check(row(gain)) == (None, PASSED, [])


def test_gate_names_combinations_that_are_too_slow():
    slow = row(0.5, panel="noop", build="m 2026-02-01 · 3.14t", against_build="m 2026-01-01 · 3.14t")
    assert check(row(), slow) == (
        "1 combination slower by more than 5 % (fail_if_slower)",
        "1 of 2 combinations of one machine at two times slower by more than 5 %, interval included",
        [
            "e: noop, thread × 4 on m 2026-02-01 · 3.14t: 0.50× the speed on m 2026-01-01 · 3.14t [0.49, 0.51] (unpaired)"
        ],
    )


def test_gate_counts_what_one_side_lacks():
    one_sided = [row(panel="noop", reason="crashed"), row(kind="machine", reason="not measured there")]
    assert check(row(1.0), one_sided=one_sided) == (None, f"{PASSED}; 1 measured on one side only", [])


def test_gate_names_the_slowest_first():
    error, _, lines = check(row(0.7, label="a"), row(0.5, label="b"), row(0.6, label="c"))
    assert error == "3 combinations slower by more than 5 % (fail_if_slower)"
    assert [line.partition(" on ")[0] for line in lines] == [f"e: py_loop, {label}" for label in "bca"]


@pytest.mark.parametrize(("high", "count"), [(1 / 1.0501, 1), (1 / 1.0499, 0), (1.2, 0)])
def test_gate_compares_the_whole_interval(high, count):
    error, summary, lines = check(row(0.8, high=high))
    assert (bool(error), len(lines), summary[0]) == (bool(count), count, str(count))


@pytest.mark.parametrize(("limit", "is_slow"), [(0, True), (9.5, True), (10.0, False), (25, False)])
def test_gate_limit_is_a_percentage_of_the_time(limit, is_slow):
    error, summary, _ = check(row(0.9, high=1 / 1.1), limit=limit)
    assert bool(error) == is_slow
    assert f"slower by more than {limit:g} %," in summary


def test_gate_skips_ranges():
    assert check(row(), row(0.1, interval="range")) == (None, f"{PASSED}; 1 not checked (too few rounds)", [])


BUILDS = {"kind": "build", "against_build": "m 2026-02-01 · 3.13", "pairing": "paired"}


@pytest.mark.parametrize(
    ("rows", "scope"),
    [
        ([row(interval="range")], "of one machine at two times"),
        ([row(interval="range"), row(**BUILDS)], "of one machine at two times"),
        ([row(**BUILDS, interval="range")], "of two builds of one machine"),
    ],
)
def test_gate_fails_where_nothing_can_be_checked(rows, scope):
    message = (
        f"nothing could be checked: no combination {scope} has enough rounds for a confidence interval (fail_if_slower)"
    )
    assert check(*rows) == (message, "", [])


def test_gate_checks_builds_without_a_second_time():
    assert check(row(0.5, **BUILDS)) == (
        "1 combination slower by more than 5 % (fail_if_slower)",
        "1 of 1 combination of two builds of one machine slower by more than 5 %, interval included",
        ["e: py_loop, thread × 4 on m 2026-02-01 · 3.14: 0.50× the speed on m 2026-02-01 · 3.13 [0.49, 0.51] (paired)"],
    )


def test_gate_prefers_one_machine_at_two_times():
    assert check(row(), row(0.5, **BUILDS)) == (None, PASSED, [])


# ---- the process ceiling

REACHED = {
    "machine": "m",
    "role": "asked",
    "backend_kind": "threads",
    "experiment": "e",
    "panel": "py_loop",
    "label": "thread × 2",
    "build": "3.14t",
    "speedup": 1.2,
    "speedup_ceiling": 1.9,
}


def reached(share, low=None, high=None, **changes):
    """A row of summary.csv that reaches a share of its ceiling; the interval reaches 2 % to both sides if not given."""
    ends = {"low": share / 1.02 if low is None else low, "high": share * 1.02 if high is None else high}
    ends = {f"efficiency_ceiling_{end}": value for end, value in ends.items()}
    return {**REACHED, "efficiency_ceiling": share, **ends, **changes}


def check_ceiling(*rows, limit=0.8, machines=("m",)):
    """(error, summary, problems) of the limit on rows of summary.csv."""
    found = gate.check_ceiling(pd.DataFrame(rows, columns=names("summary")), machines, limit)
    return found.error, found.summary, found.problems


def test_gate_names_combinations_below_the_ceiling():
    rows = reached(0.95, label="thread_pool × 2"), reached(0.7), reached(0.5, panel="sort")
    assert check_ceiling(*rows) == (
        "2 combinations below 0.80 of the process ceiling (fail_if_below)",
        "2 of 3 combinations below 0.80 of the process ceiling, interval included",
        [
            "e: sort, thread × 2 on 3.14t: 0.50 [0.49, 0.51] of the process ceiling, 1.90× sequential",
            "e: py_loop, thread × 2 on 3.14t: 0.70 [0.69, 0.71] of the process ceiling, 1.90× sequential",
        ],
    )


@pytest.mark.parametrize(("high", "is_below"), [(0.799, True), (0.801, False)])
def test_gate_of_the_ceiling_compares_the_whole_interval(high, is_below):
    assert bool(check_ceiling(reached(0.6, high=high))[0]) == is_below


def test_gate_of_the_ceiling_counts_what_it_cannot_check():
    unknown = reached(np.nan, label="asyncio × 2")
    others = [reached(0.1, role="ceiling"), reached(0.1, backend_kind="sequential"), reached(0.1, machine="old")]
    assert check_ceiling(reached(1.0), unknown, *others) == (
        None,
        "0 of 1 combination below 0.80 of the process ceiling, interval included; 1 not checked (no ceiling, or too few rounds)",
        [],
    )


def test_gate_fails_where_there_is_nothing_to_compare():
    error, _, _ = check()
    assert error.startswith(
        "nothing could be checked: no combination was measured on two builds, or at two times, of one machine"
    )


def test_gate_of_the_ceiling_fails_where_nothing_has_one():
    message = (
        "nothing could be checked: no combination has a process ceiling and enough rounds for a confidence interval "
        "(fail_if_below)"
    )
    assert check_ceiling(reached(np.nan)) == (message, "", [])


# ---- false alarms

RUNS, COMBINATIONS, ROUNDS = 200, 12, 6


def alarms(noise, truth, find, runs=RUNS, combinations=COMBINATIONS, is_one_call=True):
    """In how many simulated sweeps any of some combinations, whose ratio is the truth, gives an alarm.

    All sweeps are checked at once: whether a combination gives one depends on no other.
    """
    random = np.random.default_rng(5)
    above, below = truth * noise(random, (runs, combinations, ROUNDS)), noise(random, (runs, combinations, ROUNDS))
    found = [
        (f"sweep {place}", ratio_of(*each, is_one_call).estimate)
        for place, sides in enumerate(zip(above, below, strict=True))
        for each in zip(*sides, strict=True)
    ]
    return len({line.partition(" on ")[0] for line in find(found)})


def find_slower(estimates):
    return check(*(row(one.value, one.low, one.high, label=label) for label, one in estimates))[-1]


def find_below(estimates):
    return check_ceiling(*(reached(one.value, one.low, one.high, label=label) for label, one in estimates))[-1]


NOISES = pytest.mark.parametrize("noise", [normal, log_normal, spiky], ids=lambda law: law.__name__)


@NOISES
@pytest.mark.parametrize("is_one_call", [True, False], ids=["two builds", "two times"])
def test_gate_gives_few_alarms_without_a_difference(noise, is_one_call):
    assert alarms(noise, 1.0, find_slower, is_one_call=is_one_call) <= 0.05 * RUNS


@NOISES
def test_gate_finds_what_has_half_the_speed(noise):
    assert alarms(noise, 0.5, find_slower, combinations=1) >= 0.95 * RUNS


@NOISES
@pytest.mark.parametrize("truth", [1.0, 0.86])
def test_gate_of_the_ceiling_gives_few_false_alarms(noise, truth):
    assert alarms(noise, truth, find_below) <= 0.05 * RUNS


@NOISES
def test_gate_errs_in_a_fortieth_exactly_at_its_limit(noise):
    assert alarms(noise, 0.8, find_below, runs=1000, combinations=1) <= 0.025 * 1000


@NOISES
def test_gate_finds_what_is_half_of_the_limit(noise):
    assert alarms(noise, 0.5, find_below, combinations=1) >= 0.95 * RUNS
