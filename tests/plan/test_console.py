import io
import json
import logging
from types import SimpleNamespace

import pytest
from gil_scaling.plan import console
from gil_scaling.plan.sweep import ASKED, CEILING, CONTROL
from snakemake_interface_logger_plugins.common import LogEvent

from tests.support import make_record, make_spec


def make_run(name="a", *roles, **spec):
    return SimpleNamespace(
        name=name, spec=make_spec(**spec), uses=[SimpleNamespace(role=role) for role in roles or (ASKED,)]
    )


def test_time_left_is_a_prediction_interval():
    left = console.TimeLeft()
    left.add(1.0)
    assert left.range_s(2) == (2.0, 2.0)
    left.add(3.0)
    low, high = left.range_s(2)
    assert (low, round(high, 2)) == (0.0, 9.66)


@pytest.mark.parametrize(
    ("times", "runs", "text"),
    [((2.0,), 3, "6 s"), ((0.0,), 3, "1 s"), ((9.0, 9.2), 10, "89 to 93 s"), ((9.0, 10.0), 10, "84 s to 2 min")],
)
def test_time_left_is_described_with_its_spread(times, runs, text):
    left = console.TimeLeft()
    for seconds in times:
        left.add(seconds)
    assert left.describe(runs) == text


def test_leader_is_compared_with_sequential_of_its_rounds():
    leaders = console.Leaders()
    one, two = (make_run(backend="thread", round=number) for number in (1, 2))
    leaders.add(one, 2.0)
    assert leaders.describe(one) == ""
    leaders.add(make_run(backend="sequential", workers=1, round=2), 6.0)
    assert leaders.describe(one) == ""
    leaders.add(two, 3.0)
    assert leaders.describe(one) == "py_loop so far: thread × 2 on 3.14 2.00× sequential"
    leaders.add(make_run(backend="sequential", workers=1, round=3), 1.0)
    leaders.add(make_run(backend="sequential", workers=1, round=4), 1.0)
    assert leaders.describe(one) == "py_loop so far: sequential on 3.14"


def test_leader_has_what_tells_it_apart():
    leaders = console.Leaders()
    pool = {"backend": "process_pool", "switch_interval_s": 0.0005}
    leaders.add(make_run(**pool, backend_params={"chunksize": 1}), 4.0)
    leaders.add(make_run(**pool, backend_params={"chunksize": 4}, start="together"), 2.0)
    leaders.add(make_run(backend="sequential", workers=1, switch_interval_s=None), 3.0)
    name = "process_pool (chunksize=4, switch interval 0.0005 s, start together) × 2 on 3.14"
    assert leaders.describe(make_run()) == f"py_loop so far: {name} 1.50× sequential"


@pytest.mark.parametrize("run", [make_run("a", CEILING), make_run("a", CONTROL, CEILING), make_run(scaling="weak")])
def test_leader_is_no_run_that_nobody_compares(run):
    leaders = console.Leaders()
    leaders.add(run, 1.0)
    assert leaders.describe(run) == ""


@pytest.fixture
def shown(tmp_path):
    """Shows the events of runs, each of which takes 2 s, in a console; returns the lines."""

    def show(runs, statuses, *steps):
        stream, clock = io.StringIO(), iter(range(0, 99, 2))
        paths = {run.name: (run, tmp_path / f"{run.name}.json") for run in runs}
        console_ = console.Console(paths, stream, in_place=False, clock=lambda: float(next(clock)))
        for job, (run, status) in enumerate(zip(runs, statuses, strict=True)):
            changes = {} if status == "ok" else {"status": status, "reason": "why", "measured": None}
            paths[run.name][1].write_text(json.dumps(make_record(run.name, spec=run.spec, **changes)))
            begin(console_, job, run=run.name)
            console_.emit(make_event(LogEvent.JOB_FINISHED, job_id=job))
        for step in steps:
            begin(console_, 99, step)
        return stream.getvalue().splitlines()

    return show


def make_event(event, **facts):
    return logging.makeLogRecord({"event": event, **facts})


def begin(console_, job, message=None, **wildcards):
    console_.emit(make_event(LogEvent.JOB_INFO, jobid=job, wildcards=wildcards, rule_msg=message))


def test_console_has_a_line_per_run_and_step(shown):
    runs = [make_run("a"), make_run("b", CEILING, backend="process"), make_run("c", CEILING, ASKED, round=2)]
    assert shown(runs, ["ok", "crashed", "ok"], "Making the tables", None) == [
        "[1/3] 3.14 py_loop thread w2 round 1: 1 s, about 4 s left",
        "[2/3] 3.14 py_loop process (ceiling) w2 round 1: crashed: why, about 2 s left",
        "[3/3] 3.14 py_loop thread w2 round 2: 1 s",
        "Making the tables",
    ]


def test_console_leaves_out_what_a_look_finds_unnecessary(tmp_path):
    runs = [make_run(name, round=number) for number, name in enumerate("abc", 1)]
    paths = {run.name: (run, tmp_path / f"{run.name}.json") for run in runs}
    stream = io.StringIO()
    console_ = console.Console(paths, stream, in_place=False, is_open=True, clock=lambda: 0.0)
    for job, run in enumerate(runs[:2]):
        paths[run.name][1].write_text(json.dumps(make_record(run.name, spec=run.spec)))
        begin(console_, job, run=run.name)
        console_.emit(make_event(LogEvent.JOB_FINISHED, job_id=job))
        console_.leave_out({"c", "d"})
    assert stream.getvalue().splitlines() == [
        "[1/up to 3] 3.14 py_loop thread w2 round 1: 1 s, up to about 1 s left",
        "[2/up to 2] 3.14 py_loop thread w2 round 2: 1 s",
    ]


def test_console_ignores_other_jobs_and_lost_records(shown, tmp_path):
    run = make_run("a")
    stream = io.StringIO()
    console_ = console.Console({"a": (run, tmp_path / "a.json")}, stream, in_place=False)
    begin(console_, 1, run="b")
    begin(console_, 2, run="a")
    for job in (1, 2):
        console_.emit(make_event(LogEvent.JOB_FINISHED, job_id=job))
    assert stream.getvalue() == ""
