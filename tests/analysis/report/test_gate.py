import pandas as pd
import pytest
from gil_scaling.analysis.report import gate
from gil_scaling.analysis.tables import build as tables

ROW = {
    "machine": "m 2026-02-01",
    "python": "3.14",
    "experiment": "e",
    "workload": "py_loop",
    "params": '{"count": 2}',
    "backend": "thread",
    "backend_params": "{}",
    "workers": 4,
    "workers_asked": "4",
    "switch_interval_s": 0.005,
    "start": "natural",
    "scaling": "strong",
    "timed": "total",
    "against_machine": "m 2026-01-01",
    "against_python": "3.14",
    "kind": "again",
    "interval": "ci95",
    "pairing": "unpaired",
}


def row(gain=1.0, low=None, high=None, **changes):
    """A row of changes.csv; the interval reaches 2 % to both sides if not given."""
    ends = {"gain_low": gain / 1.02 if low is None else low, "gain_high": gain * 1.02 if high is None else high}
    return {**ROW, "gain": gain, **ends, **changes}


@pytest.fixture
def judge(tmp_path, capsys):
    """Runs the gate on these rows; gives the status or message that it ended with, stdout and stderr as lines."""

    def call(*rows, most="5", lacking=()):
        for name, made in (("changes", rows), ("one_sided", lacking)):
            tables.shaped(pd.DataFrame(made), name).to_csv(tmp_path / f"{name}.csv", index=False)
        try:
            ended = gate.main(tmp_path, most)
        except SystemExit as error:
            ended = error.code
        out, err = capsys.readouterr()
        return ended, out.splitlines(), err.splitlines()

    return call


PASSED = "0 of 1 combination of one machine at two times became slower by more than 5 % beyond the interval"


def test_where_no_limit_is_set_nothing_is_judged(judge):
    assert judge(row(0.1), most="None") == (None, ["no limit is set: fail_if_slower is null"], [])


def test_where_nothing_became_slower_the_gate_is_passed(judge):
    assert judge(row(1.0)) == (None, [PASSED], [])
    assert judge(row(3.0)) == (None, [PASSED], [])


def test_a_combination_that_became_slower_by_more_than_the_limit_is_named(judge):
    slow = row(0.5, workload="noop", python="3.14t", against_python="3.14t")
    assert judge(row(), slow) == (
        "slower by more than 5 %: 1 combination; fail_if_slower allows none",
        ["1 of 2 combinations of one machine at two times became slower by more than 5 % beyond the interval"],
        [
            "e: noop, thread × 4 on m 2026-02-01 · 3.14t: 0.50 [0.49, 0.51] times as fast as on m 2026-01-01 · 3.14t "
            "(unpaired)"
        ],
    )


def test_what_one_side_lacks_is_counted_where_it_would_have_been_judged(judge):
    lacking = [row(workload="noop", reason="crashed"), row(kind="machine", reason="not measured there")]
    assert judge(row(1.0), lacking=lacking) == (None, [f"{PASSED}; one side lacks 1 more"], [])


def test_the_slowest_stands_first(judge):
    ended, _, said = judge(row(0.7, workers=1), row(0.5, workers=2), row(0.6, workers=8))
    assert ended == "slower by more than 5 %: 3 combinations; fail_if_slower allows none"
    assert [line.partition(" on ")[0] for line in said] == [f"e: py_loop, thread × {count}" for count in (2, 8, 1)]


def test_what_tells_two_combinations_apart_is_named(judge):
    ways = row(0.5), row(0.6, params='{"count": 3}'), row(0.7, backend_params='{"chunksize": 4}')
    _, _, said = judge(*ways, row(0.8, workers_asked="default"), row(0.9, switch_interval_s=0.1))
    assert [line.partition(" on ")[0] for line in said] == [
        "e: py_loop, count=2, thread, 5.00 ms × 4",
        "e: py_loop, count=3, thread, 5.00 ms × 4",
        "e: py_loop, count=2, thread, chunksize=4, 5.00 ms × 4",
        "e: py_loop, count=2, thread, 5.00 ms × default: 4",
        "e: py_loop, count=2, thread, 100 ms × 4",
    ]


@pytest.mark.parametrize(("high", "count"), [(1 / 1.0501, 1), (1 / 1.0499, 0), (1.2, 0)])
def test_the_whole_interval_lies_beyond_the_limit(high, count, judge):
    ended, out, said = judge(row(0.8, high=high))
    assert (bool(ended), len(said), out[0][0]) == (bool(count), count, str(count))


@pytest.mark.parametrize(("most", "is_slow"), [("0", True), ("9.5", True), ("10.0", False), ("25", False)])
def test_the_limit_is_a_percentage_of_the_time(most, is_slow, judge):
    ended, out, _ = judge(row(0.9, high=1 / 1.1), most=most)
    assert bool(ended) == is_slow
    assert f"became slower by more than {most.removesuffix('.0')} % beyond" in out[0]


def test_ranges_are_not_judged(judge):
    assert judge(row(), row(0.1, interval="range")) == (None, [f"{PASSED}; 1 have too few rounds to be judged"], [])


def test_where_nothing_can_be_judged_the_gate_fails_with_the_reason(judge):
    said = "nothing could be judged: no combination {} has the rounds for an interval"
    again, builds = said.format("of one machine at two times"), said.format("of two builds of one machine")
    assert judge(row(interval="range")) == (again, [], [])
    assert judge() == (builds, [], [])
    assert judge(row(kind="build", interval="range")) == (builds, [], [])


BUILDS = {"kind": "build", "against_machine": "m 2026-02-01", "against_python": "3.13", "pairing": "paired"}


def test_without_a_machine_at_two_times_builds_are_judged(judge):
    assert judge(row(0.5, **BUILDS)) == (
        "slower by more than 5 %: 1 combination; fail_if_slower allows none",
        ["1 of 1 combination of two builds of one machine became slower by more than 5 % beyond the interval"],
        ["e: py_loop, thread × 4 on m 2026-02-01 · 3.14: 0.50 [0.49, 0.51] times as fast as on m 2026-02-01 · 3.13 (paired)"],
    )  # fmt: skip


def test_one_machine_at_two_times_is_judged_before_builds(judge):
    assert judge(row(), row(0.5, **BUILDS)) == (None, [PASSED], [])
    assert judge(row(interval="range"), row(**BUILDS))[0].startswith("nothing could be judged: no combination of one ")
