"""Runs that are sampled in real builds: structure always, the named line with generous bounds."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from gil_scaling.launch import environment
from gil_scaling.measure import remote, sampler
from gil_scaling.measure.remote import Thread
from gil_scaling.measure.stacks import Places
from gil_scaling.plan import catalog

from tests import without_ptrace
from tests.support import NEWEST, find_build
from tests.without_ptrace import SYSTEM_CALLS

MINE = """\
def tasks(n=20_000, count=2): return [n] * count
def task(n):
    total = 0
    for i in range(n):
        total += sum(range(20))
    return total
"""


@pytest.fixture
def sample(tmp_path):
    """Samples a workload in a build: of this name, or of a source; returns the result, and {line: (running, waiting, held)}."""

    def run(build, workload=None, source=MINE, backend="thread", workers=2, env=None, **changes):
        path = tmp_path / "mine.py" if workload is None else catalog.WORKLOADS / f"{workload}.py"
        if workload is None:
            path.write_text(source)
        spec = {
            "workload": workload or "mine",
            "reference": workload or str(path),
            "backend": backend,
            "backend_reference": backend,
            "workers": workers,
            "params": {},
            "backend_params": {},
            "switch_interval_s": None,
            "start": "natural",
            "scaling": "strong",
            "warmups": 1,
            "repeats": 1,
            "directory": str(tmp_path),
            "thread_limits": [],
            "limit_s": 60,
            "files": [str(path)],
            "command": list(build.command),
            "backend_kind": "threads",
            **changes,
        }
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        (folder / "spec.json").write_text(json.dumps(spec))
        command = [*build.command, "-m", "gil_scaling.measure", "sample", str(folder), "2"]
        variables = {**environment.environment(build.env), **(env or {})}
        with open(
            tmp_path / "stderr.txt", "w+"
        ) as said:  # a pipe would stay open as long as helpers of a killed process
            options = {"cwd": folder, "env": variables, "stdout": said, "stderr": said, "start_new_session": True}
            with subprocess.Popen(command, **options) as process:
                code = process.wait(120)
        with contextlib.suppress(ProcessLookupError):  # the launcher ends what is left, too
            os.killpg(process.pid, signal.SIGKILL)
        path = folder / "result.json"
        result = json.loads(path.read_text()) if path.exists() else {}
        lines = {}
        for _, line, _, _, *seconds in ((result.get("measured") or {}).get("seen") or {"lines": []})["lines"]:
            lines[line] = [sum(pair) for pair in zip(lines.get(line, [0, 0, 0]), seconds, strict=True)]
        return SimpleNamespace(code=code, stderr=(tmp_path / "stderr.txt").read_text(), lines=lines, **result)

    return run


@pytest.fixture(scope="module")
def with_gil(tmp_path_factory):
    return find_build(NEWEST, tmp_path_factory)


def check_seen(result, method):
    """What holds of every sampled run of MINE."""
    assert result.status == "ok", result.reason
    seen = result.measured["seen"]
    assert (seen["method"], set(seen["states"])) == (method, {"running", "lock", "sleep", "unknown"})
    assert {place[0] for place in seen["lines"]} == {"mine.py"}
    assert set(result.lines) <= {3, 4, 5, 6} and result.lines[5][0] > 0
    assert seen["texts"]["mine.py"]["5"] == "        total += sum(range(20))"
    flags = [each["is_sampled"] for each in result.measured["samples"]]
    assert flags[:3] == [False, True, False]


def test_every_build_shows_the_lines_of_its_threads(any_build, sample):
    result = sample(any_build)
    check_seen(result, "outside" if any_build.name.startswith(("3.14", "3.15")) else "inside")
    assert result.measured["reference_s"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [NEWEST, "3.14t", "3.15"])
def test_where_the_kernel_refuses_threads_read_themselves(name, sample, tmp_path_factory):
    build = find_build(name, tmp_path_factory)
    if os.uname().machine not in SYSTEM_CALLS:
        pytest.skip(f"the system calls of {os.uname().machine} have other numbers")
    refused = SimpleNamespace(command=(sys.executable, without_ptrace.__file__, *build.command), env=build.env)
    result = sample(refused, params={"n": 100_000})  # a thread of the run may come late
    assert (result.status, result.reason, 5 in result.lines) == ("ok", None, True)
    assert (result.measured["seen"]["method"], result.measured["seen"]["unreadable"]) == ("inside", remote.REFUSED)
    result = sample(refused, backend="process", backend_kind="processes")
    assert (result.status, result.reason) == ("unsupported", remote.REFUSED)


@pytest.mark.slow
def test_workers_that_are_processes_are_seen(with_gil, sample):
    result = sample(with_gil, backend="process", backend_kind="processes")
    check_seen(result, "outside")
    assert result.measured["reference_s"] is None  # it is of threads
    assert result.measured["pauses"] is None


@pytest.mark.slow
def test_processes_cannot_be_seen_from_inside(sample, tmp_path_factory):
    result = sample(find_build("3.9", tmp_path_factory), backend="process", backend_kind="processes")
    assert (result.status, result.reason) == (
        "unsupported",
        "this build has no module _remote_debugging, which is there from Python 3.14 on",
    )


@pytest.mark.slow
def test_the_gil_is_held_by_the_line_that_runs(with_gil, sample):
    result = sample(with_gil, params={"n": 100_000})  # long enough for many samples
    assert result.lines[5][2] > 0.5 * result.measured["seen"]["states"]["lock"] > 0


def test_a_call_out_of_the_files_is_named(free_threaded, sample):
    result = sample(free_threaded, "queue_handoff")
    callees = {place[3] for place in result.measured["seen"]["lines"]}
    assert {"Queue.get (queue.py)", "Queue.put (queue.py)"} & callees


def test_sleep_is_no_lock(free_threaded, sample):
    source = "import time\ndef tasks(): return [0.2, 0.2]\ndef task(s):\n    time.sleep(s)\n    return s\n"
    states = sample(free_threaded, source=source).measured["seen"]["states"]
    assert states["sleep"] > 0.9 * sum(states.values())


def test_the_loop_of_a_ready_made_workload_is_named(free_threaded, sample):
    result = sample(free_threaded, "shared_read")
    assert all(result.lines[line][0] > 0 for line in (25, 26))
    assert {place[0] for place in result.measured["seen"]["lines"]} == {"gil_scaling/measure/workloads/shared_read.py"}


def test_collections_are_counted(free_threaded, sample):
    source = "import gc\ndef tasks(): return [0, 0]\ndef task(a):\n    gc.collect()\n    return sum(range(3_000_000))\n"
    pauses = sample(free_threaded, source=source).measured["pauses"]
    assert pauses["count"] >= 2 and pauses["seconds"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "kind"), [("process", "processes"), ("interpreter", "interpreters")])
def test_3_15_shows_collections_of_workers_apart(backend, kind, sample, tmp_path_factory):
    build = find_build("3.15", tmp_path_factory)
    source = (
        "import gc\ndef tasks(): return [300] * 2\ndef task(n):\n    for _ in range(n): gc.collect()\n    return n\n"
    )
    result = sample(build, source=source, backend=backend, backend_kind=kind)
    assert result.status == "ok", result.reason
    pauses = result.measured["pauses"]
    span_s = sum(each["span_s"] for each in result.measured["samples"] if each["is_sampled"])
    assert not pauses["stops_others"] and 0.5 * span_s < pauses["seconds"] < 1.1 * span_s, (pauses, span_s)


@pytest.mark.parametrize("frames", [[("a\0b.py", 1, "task")], [(None, 1, "task")], [("a.py", 1, None)], None])
def test_a_stack_that_changed_while_it_was_read_is_an_error(frames, monkeypatch):
    class Reader:
        knows_holder = True

        def read(self):
            return [Thread(1, 1, frames, has_gil=False, wants_gil=False)]

    watch = sampler.Watch(Places(["mine.py"]), "threads")
    monkeypatch.setattr(watch, "_reader", Reader())
    watch._tick(0.002)
    assert (watch.seen.errors, watch.seen.ticks) == (1, 0)


def test_a_sampler_that_fails_leaves_no_result(tmp_path):
    class Failing:
        def run(self, pid, pipe):
            raise KeyError("lines")

    result = tmp_path / "result.json"
    slow = f"import pathlib, time; time.sleep(5); pathlib.Path({str(result)!r}).touch()"
    with pytest.raises(KeyError):
        sampler._run(str(tmp_path), {"command": [sys.executable, "-c", slow]}, Failing())
    assert not result.exists()


def test_a_crash_while_threads_read_themselves_is_no_refusal(tmp_path, monkeypatch):
    def refuse(self, pid, pipe):
        raise remote.Unreadable("refused")

    monkeypatch.setattr(sampler.Watch, "run", refuse)
    spec = {"command": ["sh", "-c", "exit 3"], "files": [], "backend_kind": "threads", "directory": str(tmp_path)}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    with pytest.raises(SystemExit, match="3"):
        sampler.main(str(tmp_path), "2")
    assert not (tmp_path / "result.json").exists()


@pytest.mark.slow
def test_stacks_too_deep_are_a_reason(with_gil, sample):
    source = (
        "import sys, time\nsys.setrecursionlimit(20_000)\ndef tasks(): return [10_000] * 2\n"
        "def task(n):\n    return task(n - 1) if n else time.sleep(0.3)\n"
    )
    result = sample(with_gil, source=source, workers=1)
    if result.status == "ok":  # it saw a stack while that grew
        assert result.measured["seen"]["errors"] > 10
        return
    assert result.status == "unsupported"
    assert "stacks could be read: deeper than the sampler follows them" in result.reason


def test_a_workload_that_forks_or_execs_is_sampled(free_threaded, sample):
    source = (
        "import subprocess\ndef tasks(): return [1, 2]\n"
        "def task(a):\n    subprocess.run(['true'])\n    return sum(range(2_000_000))\n"
    )
    assert sample(free_threaded, source=source).status == "ok"


def test_a_process_that_is_left_behind_keeps_no_sampler(free_threaded, sample, tmp_path):
    note = tmp_path / "pid"
    source = (
        f"import os, time\ndef tasks(): return [1]\ndef task(a):\n    if not os.path.exists({str(note)!r}):\n"
        f"        pid = os.fork()\n        if not pid:\n            os.closerange(1, 3)\n            time.sleep(600)\n            os._exit(0)\n"
        f"        open({str(note)!r}, 'w').write(str(pid))\n    return sum(range(2_000_000))\n"
    )
    try:
        assert sample(free_threaded, source=source, workers=1).status == "ok"
    finally:
        os.kill(int(note.read_text()), signal.SIGKILL)


def test_a_task_that_fails_is_a_reason(free_threaded, sample):
    result = sample(free_threaded, source="def tasks(): return [1, 2]\ndef task(a): raise ValueError(a)\n")
    assert (result.status, result.reason[:12], result.code) == ("failed", "ValueError: ", 0)


def test_a_run_that_is_killed_ends_the_sampler_alike(free_threaded, sample):
    result = sample(free_threaded, source="import os\ndef tasks(): return [1]\ndef task(a): os.kill(os.getpid(), 9)\n")
    assert result.code == -9
