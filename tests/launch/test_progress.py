import os

import pytest
from gil_scaling.launch import progress

from tests.support import make_record, make_sample, make_spec


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.27e-6, "1.27 µs"),
        (0.0531, "53.1 ms"),
        (0.534, "0.53 s"),
        (9.94, "9.94 s"),
        (99, "99 s"),
        (185, "3 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_duration_is_readable(seconds, text):
    assert progress.duration(seconds) == text


def test_line_names_the_run_and_the_time_left():
    spec = make_spec(python="3.14t", workers=4, round=2)
    line = progress.line(37, 480, spec, 4, "0.53 s", "3 min")
    assert line == "[ 37/480] 3.14t py_loop thread w4 round 2: 0.53 s, about 3 min left"
    line = progress.line(480, 480, spec, 4, "0.53 s", "0 s", "control")
    assert line == "[480/480] 3.14t py_loop thread (control) w4 round 2: 0.53 s"
    line = progress.line(37, 480, spec, 4, "0.53 s", "3 min", bound="up to ")
    assert line == "[ 37/up to 480] 3.14t py_loop thread w4 round 2: 0.53 s, up to about 3 min left"


def test_outcome_of_an_ok_run_is_its_median_time():
    result = make_record(spec={"workers": "default"}, samples=[make_sample(workers=6)])
    assert progress.outcome(result) == (6, "1 s")
    result["spec"]["start"] = "together"
    assert progress.outcome(result) == (6, "0.8 s")


def test_outcome_of_another_run_is_the_end_of_its_reason():
    result = make_record(status="failed", reason="Traceback\nKeyError: 1\n", measured=None)
    assert progress.outcome(result) == (2, "failed: KeyError: 1")


def test_call_is_announced_to_its_jobs(monkeypatch):
    monkeypatch.setattr(os, "environ", {})
    progress.announce("of-an-outer-call.jsonl", lambda: 9.0)
    name = progress.announce("plan.jsonl", lambda: 0.0)
    call = progress.current_call()
    assert name == call["id"]
    assert (call["id"], call["time"]) == (f"19700101T000000-{os.getpid()}", "1970-01-01T00:00:00Z")
    assert (call["plan"], call["host"]) == ("plan.jsonl", os.uname().nodename)
