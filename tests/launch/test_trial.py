import json

import pytest
from gil_scaling.launch import lock, measurement, run_folder, trial

from tests.support import make_record, make_spec, run_python


@pytest.fixture
def tried(tmp_path, monkeypatch):
    """Tries runs whose measurements are faked, each of which takes 10 s; returns the results, and the measured entries."""
    monkeypatch.setattr(lock, "PATH", str(tmp_path / "lock"))
    monkeypatch.setattr(run_folder, "PARENT", str(tmp_path))
    clock, entries, sent = [0.0], [], []
    monkeypatch.setattr(trial.time, "monotonic", lambda: clock[0])

    def measure(entry, _, expected):
        entries.append({**entry, "given": expected})
        clock[0] += min(10.0, entry["timeout_s"])
        made = make_record(entry["run"], status=entry.get("status", "ok"), spec=entry["spec"])
        made["measured"] = made["measured"] and {**made["measured"], "expected": "right" if expected is None else None}
        return made

    monkeypatch.setattr(measurement, "measure", measure)
    monkeypatch.setattr(measurement, "measure_sending", lambda entry: sent.append(entry["run"]) or {"bytes": 1})

    def try_all(tries, limit_s=60.0):
        entries.clear()
        return list(map(trial.Trials(limit_s, len(tries)), tries)), entries, sent

    return try_all


def one(run, kind="threads", **spec):
    entry = {"run": run, "spec": make_spec(**spec), "expected": "e", "reference": "w", "timeout_s": 10.0}
    return {"entry": entry, "backend_kind": kind}


def test_a_trial_leaves_out_what_the_time_does_not_allow(tried):
    results, entries, _ = tried([one(name) for name in "abcd"], limit_s=25.0)
    assert [entry["timeout_s"] for entry in entries] == [10.0, 10.0, 5.0]
    assert [result["record"] and result["record"]["run"] for result in results] == ["a", "b", "c", None]


def test_a_trial_compares_with_the_first_results(tried):
    assert [entry["given"] for entry in tried([one("a"), one("b")])[1]] == [None, "right"]


def test_a_trial_measures_sending_once_per_choice_of_parameters(tried):
    tries = [
        one("a"),
        *(one(name, "processes", params={"n": n}) for name, n in (("b", 1), ("c", 1), ("d", 2))),
    ]
    results, _, sent = tried(tries)
    assert sent == ["b", "d"]
    assert [result["sending"] for result in results] == [None, *[{"bytes": 1}] * 3]


def test_a_trial_sends_nothing_of_runs_that_fail(tried):
    failing = one("a", "processes")
    failing["entry"]["status"] = "failed"
    assert tried([failing])[2] == []


PROGRAM = """
import sys
from gil_scaling.launch import lock, run_folder, trial
lock.PATH, run_folder.PARENT, *paths = sys.argv[1:]
trial.main(*paths)
"""


def test_main_writes_what_each_try_gave(start, tmp_path):
    start("def task(a): return a")
    entry = json.loads((tmp_path / "plan.jsonl").read_text().splitlines()[1])
    (tmp_path / "order").write_text(
        json.dumps({"limit_s": 60, "tries": [{"entry": entry, "backend_kind": "processes"}]})
    )
    paths = [str(tmp_path / name) for name in ("lock", "temporary", "order", "results")]
    done = run_python("-S", "-c", PROGRAM, *paths)
    (result,) = json.loads((tmp_path / "results").read_text())
    assert (result["record"]["status"], result["record"]["run"]) == ("ok", "a-run")
    assert result["sending"]["bytes"] > 0
    assert done.stderr.startswith("[1/1] ")
