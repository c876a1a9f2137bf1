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
    line = progress.line(37, 480, make_spec(python="3.14t", workers=4, round=2), 4, "0.53 s", 181)
    assert line == "[ 37/480] 3.14t py_loop thread w4 round 2: 0.53 s, about 3 min left"


def test_advance_estimates_the_time_left_from_past_runs(tmp_path):
    call = {"id": "c", "plan": str(tmp_path / "plan.jsonl"), "runs": 4}
    assert progress.advance(call, 100.0, lambda: 110.0) == (1, 30.0)
    assert progress.advance(call, 110.0, lambda: 140.0) == (2, 40.0)
    assert progress.advance(call, 140.0, lambda: 150.0)[0] == 3


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
    progress.announce(4, "of-an-outer-call.jsonl", lambda: 9.0)
    name = progress.announce(3, "plan.jsonl", lambda: 0.0)
    call = progress.current_call()
    assert name == call["id"]
    assert (call["id"], call["time"]) == (f"19700101T000000-{os.getpid()}", "1970-01-01T00:00:00Z")
    assert (call["runs"], call["plan"], call["host"]) == (3, "plan.jsonl", os.uname().nodename)
