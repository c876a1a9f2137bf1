import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.report import gate

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


@pytest.fixture
def check(tmp_path, capsys):
    """Runs the gate on rows; returns its status or message, and the lines of stdout and stderr."""

    def run(*rows, limit="5", one_sided=()):
        for name, listed in (("changes", rows), ("one_sided", one_sided)):
            (tmp_path / "tables").mkdir(exist_ok=True)
            pd.DataFrame(listed, columns=names(name)).to_csv(tmp_path / f"tables/{name}.csv", index=False)
        try:
            status = gate.main(tmp_path, limit)
        except SystemExit as error:
            status = error.code
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return run


def test_gate_without_a_limit_checks_nothing(check):
    assert check(row(0.1), limit="None") == (None, ["fail_if_slower is not set: nothing was checked"], [])


@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_gate_passes_where_nothing_is_slower(gain, check):
    assert check(row(gain)) == (None, [PASSED], [])


def test_gate_names_combinations_that_are_too_slow(check):
    slow = row(0.5, panel="noop", build="m 2026-02-01 · 3.14t", against_build="m 2026-01-01 · 3.14t")
    assert check(row(), slow) == (
        "1 combination slower by more than 5 % (fail_if_slower)",
        ["1 of 2 combinations of one machine at two times slower by more than 5 %, interval included"],
        [
            "e: noop, thread × 4 on m 2026-02-01 · 3.14t: 0.50× the speed on m 2026-01-01 · 3.14t [0.49, 0.51] (unpaired)"
        ],
    )


def test_gate_counts_what_one_side_lacks(check):
    one_sided = [row(panel="noop", reason="crashed"), row(kind="machine", reason="not measured there")]
    assert check(row(1.0), one_sided=one_sided) == (None, [f"{PASSED}; 1 measured on one side only"], [])


def test_gate_names_the_slowest_first(check):
    status, _, lines = check(row(0.7, label="a"), row(0.5, label="b"), row(0.6, label="c"))
    assert status == "3 combinations slower by more than 5 % (fail_if_slower)"
    assert [line.partition(" on ")[0] for line in lines] == [f"e: py_loop, {label}" for label in "bca"]


@pytest.mark.parametrize(("high", "count"), [(1 / 1.0501, 1), (1 / 1.0499, 0), (1.2, 0)])
def test_gate_compares_the_whole_interval(high, count, check):
    status, out, lines = check(row(0.8, high=high))
    assert (bool(status), len(lines), out[0][0]) == (bool(count), count, str(count))


@pytest.mark.parametrize(("limit", "is_slow"), [("0", True), ("9.5", True), ("10.0", False), ("25", False)])
def test_gate_limit_is_a_percentage_of_the_time(limit, is_slow, check):
    status, out, _ = check(row(0.9, high=1 / 1.1), limit=limit)
    assert bool(status) == is_slow
    assert f"slower by more than {limit.removesuffix('.0')} %," in out[0]


def test_gate_skips_ranges(check):
    assert check(row(), row(0.1, interval="range")) == (None, [f"{PASSED}; 1 not checked (too few rounds)"], [])


BUILDS = {"kind": "build", "against_build": "m 2026-02-01 · 3.13", "pairing": "paired"}


@pytest.mark.parametrize(
    ("rows", "scope"),
    [
        ([row(interval="range")], "of one machine at two times"),
        ([row(interval="range"), row(**BUILDS)], "of one machine at two times"),
        ([], "of two builds of one machine"),
        ([row(**BUILDS, interval="range")], "of two builds of one machine"),
    ],
)
def test_gate_fails_where_nothing_can_be_checked(rows, scope, check):
    message = f"nothing could be checked: no combination {scope} has enough rounds for a confidence interval"
    assert check(*rows) == (message, [], [])


def test_gate_checks_builds_without_a_second_time(check):
    assert check(row(0.5, **BUILDS)) == (
        "1 combination slower by more than 5 % (fail_if_slower)",
        ["1 of 1 combination of two builds of one machine slower by more than 5 %, interval included"],
        ["e: py_loop, thread × 4 on m 2026-02-01 · 3.14: 0.50× the speed on m 2026-02-01 · 3.13 [0.49, 0.51] (paired)"],
    )


def test_gate_prefers_one_machine_at_two_times(check):
    assert check(row(), row(0.5, **BUILDS)) == (None, [PASSED], [])
