import json

import pytest
from gil_scaling.launch import failures

from tests.support import make_record, make_spec


@pytest.fixture
def call(tmp_path):
    return {"id": "c", "plan": str(tmp_path / "plan.jsonl")}


def note(call, status, reason="why", **spec):
    failures.note(make_record(status=status, reason=reason, spec=spec), call)


def test_failed_combination_is_known_in_later_rounds(call):
    note(call, "timeout", round=1)
    assert failures.earlier_failure(make_spec(round=3), call) == (
        "timeout",
        "not measured again: timeout in round 1: why",
    )


@pytest.mark.parametrize("spec", [{"round": 1}, {"round": 2, "workers": 3}, {"round": 2, "params": {}}])
def test_same_round_and_other_combinations_are_measured(spec, call):
    note(call, "failed", round=1)
    assert failures.earlier_failure(make_spec(**spec), call) is None


def test_unsupported_combination_keeps_its_reason(call):
    note(call, "unsupported", round=1)
    assert failures.earlier_failure(make_spec(round=2), call) == ("unsupported", "why")


def test_combination_that_is_ok_is_measured_in_each_round(call):
    note(call, "ok", None, round=1)
    assert failures.earlier_failure(make_spec(round=2), call) is None


def test_failures_of_another_call_do_not_count(call):
    note({**call, "id": "d"}, "failed", round=1)
    assert failures.earlier_failure(make_spec(round=2), call) is None


def test_damaged_file_of_failures_is_ignored(call, tmp_path):
    (tmp_path / "c.failures").write_text(json.dumps({})[:1])
    assert failures.earlier_failure(make_spec(round=2), call) is None


def test_run_of_a_failed_combination_is_not_started(start):
    source = "def task(a):\n    print('here', file=sys.stderr, flush=True)\n    raise ValueError(7)\n"
    assert start(source, round=1).reason == "ValueError: 7 (work.py:5)"
    again = start(source, round=2)
    assert (again.status, again.reason) == (
        "failed",
        "not measured again: failed in round 1: ValueError: 7 (work.py:5)",
    )
    assert (again.exit_code, again.log, again.measured) == (None, "", None)
