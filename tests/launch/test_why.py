import hashlib
import json

import pytest
from gil_scaling.launch import lock, measurement, run_folder, supervisor, why

from tests.launch.conftest import make_entry

CHANGED = "work.py changed since the plan was made; the next call measures what is there then"


@pytest.fixture
def explain(tmp_path, this_build, monkeypatch):
    """Makes extra runs of noop in rounds, with faked measurements; returns the folder of the files and the entries measured."""
    monkeypatch.setattr(lock, "PATH", str(tmp_path / "lock"))
    monkeypatch.setattr(run_folder, "PARENT", str(tmp_path))
    entry = make_entry(tmp_path, this_build, None, None, {})
    (tmp_path / "plan.jsonl").write_text("{}\n" + json.dumps(entry) + "\n")
    measured = []

    def run(rounds, status="ok"):
        measured.clear()

        def measure(entry, _, command, facts):
            measured.append((entry["spec"]["workers"], entry["spec"]["round"], command, facts["backend_kind"]))
            return status, None if status == "ok" else "broke", {"n": 1} if status == "ok" else None

        monkeypatch.setattr(measurement, "explain", measure)
        shared = {"what": "lines", "run": "a-run", "workers": 2, "backend_kind": "threads", "about_s": 2.0}
        runs = [{**shared, "file": f"lines-r{number}", "round": number} for number in rounds]
        order = {"plan": str(tmp_path / "plan.jsonl"), "rounds": len(rounds), "runs": runs}
        (tmp_path / "order.json").write_text(json.dumps(order))
        why.main(str(tmp_path / "order.json"), str(tmp_path / "why"))
        return tmp_path / "why", measured

    return run


def test_each_extra_run_leaves_a_file(explain, capfd):
    folder, measured = explain([1, 2])
    assert measured == [(2, 1, "sample", "threads"), (2, 2, "sample", "threads")]
    found = json.loads((folder / "lines-r2.json").read_text())
    assert (found["what"], found["status"], found["measured"], found["spec"]["round"]) == ("lines", "ok", {"n": 1}, 2)
    assert capfd.readouterr().err.startswith("why: 2 extra runs of 1 combination in 2 rounds, about 4 s\n[1/2] ")


def test_extra_runs_that_are_done_are_not_repeated(explain):
    explain([1])
    assert [round_ for _, round_, *_ in explain([1, 2])[1]] == [2]
    assert explain([1, 2])[1] == []


def test_an_extra_run_that_failed_is_repeated(explain, capfd):
    explain([1], status="failed")
    assert "failed: broke" in capfd.readouterr().err
    assert len(explain([1])[1]) == 1


@pytest.mark.parametrize("change", [lambda text: "{", lambda text: json.dumps({**json.loads(text), "format": 1})])
def test_a_damaged_or_other_file_is_measured_again(explain, change):
    file = explain([1])[0] / "lines-r1.json"
    file.write_text(change(file.read_text()))
    assert len(explain([1])[1]) == 1


def test_a_source_that_changed_is_not_measured(tmp_path, this_build, monkeypatch):
    monkeypatch.setattr(measurement, "_run_build", None)
    path = str(tmp_path / "work.py")
    entry = make_entry(tmp_path, this_build, "def task(a): return a", None, {"sources": {path: "0" * 64}})
    assert measurement.explain(entry, {}, "sample", {}) == ("failed", CHANGED, None)


def test_a_source_that_changes_meanwhile_is_a_reason(tmp_path, this_build, monkeypatch):
    path = tmp_path / "work.py"
    entry = make_entry(tmp_path, this_build, "def task(a): return a", None, {})
    entry["sources"] = {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}
    done = supervisor.Ended()
    done.exit_code = 0

    def run_build(*_):
        path.write_text("")
        return done, {"status": "ok", "reason": None, "measured": {"n": 1}}

    monkeypatch.setattr(measurement, "_run_build", run_build)
    assert measurement.explain(entry, {}, "sample", {}) == ("failed", CHANGED, None)
