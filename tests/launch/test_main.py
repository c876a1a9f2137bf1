import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from gil_scaling.launch import __main__ as launcher
from gil_scaling.launch import progress

from tests.launch.processes_seen import is_running
from tests.support import ROOT

KILLED = "the launcher was killed by SIGKILL (by the workload, or the out-of-memory killer)"
KILLS_LAUNCHER = """
def task(a):
    os.chdir("/")
    with open({note!r}, "w") as file: file.write(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
"""


def test_run_that_works_leaves_an_ok_record(start):
    result = start()
    assert (result.status, result.reason, result.exit_code) == ("ok", None, 0)
    assert [sample["warmup"] for sample in result.measured["samples"]] == [True, False]
    assert (result.waited_s, result.attempts) == (0.0, 1)
    assert result.wall_s > 0
    assert result.stderr == ""


def test_main_is_the_module_that_snakemake_calls(tmp_path):
    (tmp_path / "plan.jsonl").write_text("{}\n")
    call = json.dumps({"plan": str(tmp_path / "plan.jsonl")})
    done = subprocess.run(
        [sys.executable, "-S", "-m", "gil_scaling.launch", "a-run", "out", "log"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts"), progress.VARIABLE: call},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, f"{tmp_path}/plan.jsonl: has no run 'a-run'\n")


def test_no_folder_of_the_machine_gets_into_a_record(start, tmp_path):
    result = start("def task(a): open('/no such/secret/place.txt')")
    text = result.out.read_text() + result.log
    assert "place.txt" in text
    for folder in (str(tmp_path), str(ROOT), os.path.dirname(sys.executable), "/secret/"):
        assert folder not in text


def test_stderr_of_an_ok_run_is_kept_without_folders(start):
    result = start("def task(a): print('seen in /some/where/deep.py', file=sys.stderr)")
    assert (result.status, result.log) == ("ok", "seen in deep.py\n" * result.log.count("\n"))
    assert result.log


def test_run_is_bound_to_the_chosen_cpus(start):
    cpu = min(os.sched_getaffinity(0))
    source = (
        f"def task(a): return list(os.sched_getaffinity(0))\ndef check(results, _): assert results == [[{cpu}]] * 2"
    )
    result = start(source, cpus=[cpu])
    assert (result.status, result.state["meanwhile"]["cpus"]) == ("ok", 1)
    assert start().state["meanwhile"]["cpus"] == len(os.sched_getaffinity(0))


def test_expected_digest_of_the_first_run_is_used_by_the_next(start):
    source = "def task(a): return os.environ['PYTHONHASHSEED']"
    first = start(source, round=1)
    assert first.status == start(source, round=1).status == "ok"
    assert len(list((first.out.parent.parent / "expected").iterdir())) == 1
    assert start(source, round=2).status == "wrong_result"


def test_run_waits_while_another_one_measures(start, started):
    running = start(wait=False)
    assert running.process.stderr.readline() == "waiting: another sweep is measuring on this machine\n"
    assert not running.out.exists()
    started.launcher.send_signal(signal.SIGTERM)
    running.process.communicate(timeout=60)
    assert (running.process.returncode, running.out.exists()) == (0, True)


def test_interrupted_run_leaves_no_record_and_no_process(started):
    started.launcher.send_signal(signal.SIGTERM)
    started.launcher.communicate(timeout=30)
    assert started.launcher.returncode == 128 + signal.SIGTERM
    assert not started.out.exists()
    assert not is_running(started.measured)


def test_next_run_ends_what_a_killed_launcher_left(started, start):
    started.launcher.kill()
    started.launcher.communicate(timeout=30)
    assert is_running(started.measured)
    result = start()
    assert result.status == "ok"
    assert not is_running(started.measured)
    assert not list(result.runs.iterdir())


def test_finished_run_is_not_repeated(start):
    first = start()
    assert start().started == first.started
    assert start(status=128 + signal.SIGKILL).started == first.started
    for old, new in (('"round": 1', '"round": 2'), ('"id": "c"', '"id": "b"')):  # of another run, of another call
        first = start()
        assert old in first.out.read_text()
        first.out.write_text(first.out.read_text().replace(old, new))
        assert start().started != first.started


def test_run_whose_launcher_was_killed_has_a_record(start, tmp_path):
    source = KILLS_LAUNCHER.format(note=str(tmp_path / "pid"))
    killed = start(source, wait=False)
    killed.process.communicate(timeout=60)
    assert (killed.process.returncode, killed.out.exists()) == (-signal.SIGKILL, False)
    assert is_running((tmp_path / "pid").read_text())
    result = start(source, status=128 + signal.SIGKILL)
    assert (result.status, result.reason, result.exit_code) == ("crashed", KILLED, None)
    assert not is_running((tmp_path / "pid").read_text())
    assert start().status == "ok"


@pytest.mark.parametrize("status", [1, 127, 128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP])
def test_launcher_that_was_not_killed_leaves_no_record(status, monkeypatch):
    with pytest.raises(SystemExit) as raised:
        launcher.main("a-run", "out.json", "log", str(status))
    assert raised.value.code == status


def test_nothing_after_writing_costs_the_record(start, tmp_path):
    (tmp_path / "a-run.log").mkdir()
    running = start(wait=False)
    running.process.stderr.close()
    assert running.process.wait(60) == 0
    assert json.loads(running.out.read_text())["status"] == "ok"


def test_signal_during_writing_does_not_cost_the_record(start):
    before = """
from gil_scaling import record
write = record.write
record.write = lambda *all: (os.kill(os.getpid(), signal.SIGTERM), write(*all))
"""
    assert start(before=before).status == "ok"


def test_record_that_cannot_be_written_is_reported(start, tmp_path):
    out = tmp_path / "set/runs/a-run.json"
    (out / "in the way").mkdir(parents=True)
    failing = start(wait=False)
    _, stderr = failing.process.communicate(timeout=60)
    assert (failing.process.returncode, stderr) == (1, f"{out}: cannot write the record: Is a directory\n")
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("content", ["{", '{"digest": 1}', "[1]", "{}"])
def test_damaged_expected_digest_is_ignored(content, tmp_path):
    path = tmp_path / "expected/1f.json"
    path.parent.mkdir()
    path.write_text(content)
    assert launcher._Expected(str(tmp_path / "runs/a.json"), "1f").digest is None


def test_read_entry_finds_the_line_of_the_run(tmp_path):
    path = Path(tmp_path, "plan.jsonl")
    path.write_text("".join(json.dumps({"run": name, "n": n}) + "\n" for n, name in enumerate(["a-r10", "a-r1", "b"])))
    assert launcher.read_entry(str(path), "a-r1") == {"run": "a-r1", "n": 1}


def test_run_that_hangs_leaves_the_stacks_of_its_threads(start):
    source = (
        "import threading\ndef wait_for_ever(): threading.Event().wait()\n"
        "def task(a):\n    threading.Thread(target=wait_for_ever, daemon=True).start()\n    wait_for_ever()\n"
    )
    hung = start(source, timeout_s=2)
    assert (hung.status, hung.log.count("in wait_for_ever")) == ("timeout", 2)
    assert "work.py" in hung.log
