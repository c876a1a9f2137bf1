import json

import pytest
from gil_scaling.plan import task_prober
from gil_scaling.plan.builds import Build

SOURCE = """
import time
def tasks(n=2, docs=1, seconds=0.0):
    time.sleep(seconds)
    with open({log!r}, "a") as file: file.write(f"{{n}}\\n")
    if n == "file": open("none")
    return [{{1: "a"}}[docs]] * n
def task(a): return a
"""


@pytest.fixture
def probe(tmp_path, monkeypatch, this_build):
    """Probes entries of `workloads`; returns mistakes, notes, and what the calls of `tasks` were given for n."""
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log"
    (tmp_path / "mine.py").write_text(SOURCE.format(log=str(log)))

    def probed(*items, build=this_build, limit_s=30.0):
        log.write_text("")
        experiment = {"name": "e", "reference": build.name, "workloads": list(items)}
        prober = task_prober.TaskProber(tmp_path / "tasks.json", limit_s)
        mistakes, notes = prober([experiment], {"e": [build]})
        return mistakes, notes, log.read_text().split()

    return probed


def mine(**params):
    return {"mine.py": params}


def test_parameters_that_tasks_rejects_are_mistakes(probe):
    mistakes, notes, _ = probe("mine.py", mine(docs="many"), mine(n={"sweep": [3, None, 0]}))
    where = [["experiments", 0, "workloads", place] for place in (1, 2, 2)]
    assert mistakes == [
        (where[0], "workload 'mine': tasks(docs='many') raises KeyError: 'many'."),
        (
            where[1],
            "workload 'mine': tasks(n=None) raises TypeError: can't multiply sequence by non-int of type 'NoneType'.",
        ),
        (where[2], "workload 'mine': tasks(n=0) returns no tasks."),
    ]
    assert notes == []


def test_each_choice_is_called_once_until_it_changes(probe, tmp_path):
    items = [mine(n={"sweep": [3, 4]}), mine(n=3), "mine.py"]
    assert probe(*items)[2] == ["3", "4"]
    assert probe(*items)[2] == []
    assert probe(*items, mine(n=5))[2] == ["5"]
    (tmp_path / "mine.py").write_text((tmp_path / "mine.py").read_text() + "\n")
    assert probe(*items)[2] == ["3", "4"]


def test_a_rejection_is_not_kept(probe):
    for _ in range(2):
        mistakes, _, called = probe(mine(n=0))
        assert (len(mistakes), called) == (1, ["0"])


def test_what_only_a_run_can_tell_is_no_mistake(probe, tmp_path):
    assert probe(mine(n="file"))[:2] == ([], [])  # FileNotFoundError
    for head in (
        "def context(): pass\n",
        "def available(): return 'why'\n",
        "import none_such\n",
        "raise SystemExit\n",
    ):
        (tmp_path / "mine.py").write_text(f"{head}def tasks(n=1): return 1 / 0\ndef task(a): return a\n")
        assert probe(mine(n=3)) == ([], [], [])


def test_a_call_that_does_not_end_is_noted(probe):
    note = (
        "workload 'mine': tasks(n=3, seconds=60): its parameters are not checked: its process ended without an answer, or the calls "
        "on this build took longer than 4 s."
    )
    mistakes, notes, _ = probe(mine(n=0), mine(n=3, seconds=60), mine(n=4), limit_s=4)
    assert (len(mistakes), notes[0]) == (1, note)
    assert probe(mine(n=3, seconds=60), mine(n=4)) == ([], [note.replace("4 s", "30 s")], ["4"])


def test_auto_sizes_and_other_builds_are_not_called(probe, this_build):
    assert probe(mine(n="auto")) == ([], [], [])
    assert probe(mine(n="auto", docs=1))[2] == ["2"]
    rejected = Build(this_build.name, this_build.command, {}, this_build.facts, rejected="why")
    assert probe(mine(n=3), build=rejected) == ([], [], [])


def test_many_choices_need_one_process(probe, tmp_path, monkeypatch):
    started = []
    run = task_prober._run
    monkeypatch.setattr(task_prober, "_run", lambda *arguments: (started.append(1), run(*arguments)))
    assert len(probe(mine(n={"sweep": list(range(1, 2001))}))[2]) == 2000
    assert len(started) == 1
    assert len(json.loads((tmp_path / "tasks.json").read_text())) == 2000
