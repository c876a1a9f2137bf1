import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from gil_scaling import record
from gil_scaling.launch import __main__ as launch
from gil_scaling.launch import environment, progress
from gil_scaling.plan import sweep

from tests.support import ROOT, make_record, make_sample, make_spec


@pytest.fixture
def start(tmp_path, this_build):
    """Launches a workload written in the test; returns its record."""

    def launcher(
        source=None,
        *,
        build=this_build,
        timeout_s=60,
        on_noise="flag",
        wait=True,
        environment=None,
        own_backend=None,
        program=("-m", "gil_scaling.launch"),
        arguments=(),
        **spec,
    ):
        path = tmp_path / "work.py"
        if source is not None:
            path.write_text(f"import os, signal, sys, time\ndef tasks(count=2): return [0] * count\n{source}")
        named = {"workload": "work", "params": {}} if source else {"workload": "noop", "params": {"count": 4}}
        rejected = spec.pop("rejected", None)
        full = make_spec(**{"python": build.name, "backend": "sequential", "workers": 1, **named, **spec})
        if own_backend is not None:
            full["backend"] = str(tmp_path / "back.py")
            (tmp_path / "back.py").write_text(own_backend)
        entry = {
            "run": "a-run",
            "spec": full,
            "command": list(build.command),
            "env": full["env"],
            "rejected": rejected,
            "reference": str(path) if source else "noop",
            "backend_reference": full["backend"],
            "timeout_s": timeout_s,
            "on_noise": on_noise,
            "expected": sweep.digest([full["workload"], full["params"]]),
        }
        plan = tmp_path / "plan.jsonl"
        call = {"id": "c", "time": "t", "pid": os.getpid(), "host": os.uname().nodename, "runs": 1, "plan": str(plan)}
        (tmp_path / "c.progress").unlink(missing_ok=True)
        plan.write_text("{}\n" + json.dumps(entry) + "\n")
        out, log = tmp_path / "set" / "runs" / "a-run.json", tmp_path / "a-run.log"
        out.parent.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-S", *program, "a-run", out, log, *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "scripts"),
                progress.VARIABLE: json.dumps(call),
                **(environment or {}),
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        if not wait:
            return SimpleNamespace(process=process, out=out)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return SimpleNamespace(**record.read(out), said=said, log=log.read_text() if log.is_file() else None, out=out)

    return launcher


def is_running(pid):
    """Whether a process of this id is there and no zombie that waits for its parent."""
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_run_that_works_leaves_a_record_that_is_ok(start):
    found = start()
    assert (found.status, found.reason, found.exit_code) == ("ok", None, 0)
    assert [sample["warmup"] for sample in found.measured["samples"]] == [True, False]
    assert found.wall_s > 0
    assert found.said.startswith("[1/1] 3.")
    assert " noop sequential w1 round 1: " in found.said


def test_an_exception_is_a_failed_run_with_its_reason_and_the_end_of_stderr(start):
    found = start("def task(a): raise KeyError('lost')")
    assert (found.status, found.reason, found.measured) == ("failed", "KeyError: 'lost'", None)
    assert "KeyError: 'lost'" in found.stderr_tail
    assert found.log == found.stderr_tail
    assert "failed: KeyError: 'lost'" in found.said


def test_a_hang_ends_at_the_time_limit(start):
    found = start("def task(a): time.sleep(60)", timeout_s=0.5)
    assert (found.status, found.reason) == ("timeout", "took longer than the limit of 0.5 s")
    assert 0.5 <= found.wall_s < 30


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM"])
def test_a_death_by_signal_is_a_crash_that_names_it(name, start):
    found = start(f"def task(a): os.kill(os.getpid(), signal.{name})")
    assert (found.status, found.reason) == ("crashed", f"ended by signal {name}")
    assert found.exit_code == -getattr(signal, name)


@pytest.mark.parametrize("code", [0, 3])
def test_an_exit_without_a_result_is_a_crash(code, start):
    found = start(f"def task(a): os._exit({code})")
    assert (found.status, found.reason) == ("crashed", f"ended with exit code {code} and no result")


def test_wrong_results_are_no_fast_run(start):
    found = start("def task(a): return time.perf_counter_ns()")
    assert (found.status, found.measured) == ("wrong_result", None)


def test_what_a_build_rejects_is_unsupported_and_starts_nothing(start):
    found = start("def task(a): raise SystemExit", rejected="no such option")
    assert (found.status, found.reason, found.exit_code) == ("unsupported", "no such option", None)


def test_a_backend_that_the_build_lacks_is_unsupported(start, tmp_path_factory):
    from tests.support import find_build

    found = start(build=find_build("3.12", tmp_path_factory), backend="interpreter_pool")
    assert found.status == "unsupported"
    assert found.reason == "concurrent.futures has no InterpreterPoolExecutor before Python 3.14"


def test_no_process_outlives_its_run(start, tmp_path):
    note = tmp_path / "pid"
    source = f"""
import subprocess
def task(a):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with open({str(note)!r}, "w") as file: file.write(str(environment.pid))
"""
    start(source)
    assert not is_running(note.read_text())


def test_not_even_a_process_that_left_its_session_outlives_its_run(start, tmp_path):
    note = tmp_path / "pid"
    source = f"""
def task(a):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open({str(note)!r}, "w") as file: file.write(str(os.getpid()))
            time.sleep(60)
        os._exit(0)
    os.wait()
    while not os.path.exists({str(note)!r}): time.sleep(0.01)
"""
    assert start(source).status == "ok"
    assert not is_running(note.read_text())


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_fork", "process_forkserver", "process_spawn"])
def test_the_cpu_time_of_every_kind_of_worker_is_our_own(backend, start):
    source = """
def task(a):
    for _ in range(5): time.sleep(0.001)
    end = time.process_time() + 0.1
    while time.process_time() < end: pass
"""
    found = start(source, backend=backend, workers=1)
    samples = found.measured["samples"]
    assert found.state["meanwhile"]["own_cpu_s"] > 0.9 * sum(sample["cpu_s"] for sample in samples) > 0.1
    assert all(sample["voluntary_switches"] >= 10 for sample in samples)  # two tasks that sleep five times each
    assert all(8 < peak < 1000 for sample in samples for peak in sample["worker_peak_mb"])


def test_the_state_of_the_machine_is_read_around_the_run(start):
    found = start()
    for reading in ("before", "after"):
        assert 0 < found.state[reading]["reference_loop_s"] < 5
        assert found.state[reading]["busy_s"] > 0
    assert found.state["meanwhile"]["seconds"] >= found.wall_s
    assert (found.waited_s, found.attempts) == (0.0, 1)


def noisy(times):
    """A machine that is noisy for so many runs."""
    left = iter([[{"flag": "noisy"}]] * times)
    return lambda *_: next(left, [])


@pytest.mark.parametrize(("times", "attempts"), [(0, 1), (2, 3), (99, 4)])
def test_a_disturbed_run_is_repeated_up_to_a_limit(times, attempts, monkeypatch):
    disturbed = noisy(times)
    monkeypatch.setattr(launch, "measure", lambda *_: {"status": "ok", "noise": disturbed()})
    assert launch._measure_in_quiet({"on_noise": "repeat"}, {}, None)["attempts"] == attempts


def test_a_disturbed_run_that_failed_is_not_repeated(monkeypatch):
    monkeypatch.setattr(launch, "measure", lambda *_: {"status": "failed", "noise": [{"flag": "noisy"}]})
    assert launch._measure_in_quiet({"on_noise": "repeat"}, {}, None)["attempts"] == 1


def test_a_run_waits_for_quiet_before_it_begins(start):
    hog = subprocess.Popen(
        [sys.executable, "-S", "-c", "import time\nend = time.time() + 3\nwhile time.time() < end: pass"]
    )
    found = start(on_noise="wait")
    assert (found.status, found.attempts) == ("ok", 1)
    hog.wait()
    assert 0.3 < found.waited_s <= 61


def test_nothing_of_the_machine_s_folders_gets_into_a_record(start, tmp_path):
    found = start("def task(a): open('/no such/secret/place.txt')")
    text = found.out.read_text() + found.log
    assert "place.txt" in text
    for folder in (str(tmp_path), str(ROOT), os.path.dirname(sys.executable), "/secret/"):
        assert folder not in text


def test_what_a_run_that_works_says_on_stderr_is_kept_without_folders(start):
    found = start("def task(a): print('seen in /some/where/deep.py', file=sys.stderr)")
    assert (found.status, found.log) == ("ok", "seen in deep.py\n" * found.log.count("\n"))
    assert found.log


def test_the_user_s_python_variables_do_not_reach_the_build(start):
    source = """
def task(a):
    return sorted((name, value) for name, value in os.environ.items() if name.startswith(("PYTHON", "OMP")))
def check(results, arguments):
    names = dict(results[0])
    assert names.pop("PYTHONPATH")
    assert names == {"PYTHONHASHSEED": "1", "PYTHON_JIT": "0", "OMP_NUM_THREADS": "1"}, names
"""
    polluted = {"PYTHON_GIL": "1", "PYTHONSTARTUP": "x.py", "PYTHONOPTIMIZE": "2", "OMP_NUM_THREADS": "7"}
    assert start(source, environment=polluted).status == "ok"


def test_a_build_that_is_gone_is_a_record_too(start, this_build):
    gone = dataclasses.replace(this_build, command=("/no/such/python",))
    found = start(build=gone)
    assert (found.status, found.reason) == ("crashed", "cannot be started: No such file or directory")


def test_a_run_is_watched_on_the_cpus_that_it_may_use(start):
    cpu = min(os.sched_getaffinity(0))
    assert start(cpus=[cpu]).state["meanwhile"]["cpus"] == 1
    assert start().state["meanwhile"]["cpus"] == len(os.sched_getaffinity(0))


def test_what_the_build_s_entry_sets_reaches_every_worker(start, free_threaded):
    source = "def task(a): return (sys._is_gil_enabled(), os.environ['MY_OWN'])\n"
    own = {"PYTHON_GIL": "1", "MY_OWN": "yes"}
    for backend in ("thread", "process", "process_spawn", "interpreter_pool"):
        found = start(source, build=free_threaded, env=own, backend=backend, workers=2)
        assert found.status == "ok", found.stderr_tail
        assert {gil for sample in found.measured["samples"] for gil in sample["gil"]} == {True}


def test_the_hash_seed_is_that_of_the_round(start):
    assert start(round=5).measured["flags"]["hash_seed"] == "5"


def test_a_run_is_bound_to_the_cpus_that_were_chosen(start):
    cpu = min(os.sched_getaffinity(0))
    source = (
        f"def task(a): return sorted(os.sched_getaffinity(0))\ndef check(results, _): assert results == [[{cpu}]] * 2"
    )
    assert start(source, cpus=[cpu]).status == "ok"


def test_memory_of_the_whole_tree_is_read(start):
    source = "def task(a):\n    held = b'x' * 40_000_000\n    time.sleep(0.2)\n    return len(held)"
    found = start(source, backend="process", workers=2)
    assert found.memory_kind == "pss"
    assert 2 * 40e6 / 2**20 < found.peak_memory_mb < 1000


def test_the_digest_of_the_right_results_is_kept_by_the_first_run_and_used_by_the_next(start):
    source = "def task(a): return os.environ['PYTHONHASHSEED']"
    assert start(source, round=1).status == "ok"
    assert len(list((start(source, round=1).out.parent.parent / "expected").iterdir())) == 1
    assert start(source, round=2).status == "wrong_result"


def test_a_run_waits_while_another_one_measures(start):
    with launch.machine_to_itself():
        running = start(wait=False)
        assert running.process.stderr.readline() == "waiting: another sweep measures on this machine\n"
        assert not running.out.exists()
    running.process.communicate(timeout=60)
    assert running.process.returncode == 0
    assert running.out.exists()


@pytest.fixture
def started(start, tmp_path):
    """A launcher whose task sleeps by now, and the process that it measures."""
    note = tmp_path / "pid"
    source = f"def task(a):\n    open({str(note)!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)"
    running = start(source, wait=False)
    while not note.exists() or not note.read_text():
        assert running.process.poll() is None, running.process.stderr.read()
        time.sleep(0.01)
    return SimpleNamespace(launcher=running.process, out=running.out, measured=note.read_text())


def test_an_interrupted_run_leaves_no_record_and_no_process(started):
    started.launcher.send_signal(signal.SIGTERM)
    started.launcher.communicate(timeout=30)
    assert started.launcher.returncode == 128 + signal.SIGTERM
    assert not started.out.exists()
    assert not is_running(started.measured)


def test_what_a_killed_launcher_left_running_is_ended_by_the_next_run(started, start):
    started.launcher.kill()
    started.launcher.communicate(timeout=30)
    assert is_running(started.measured)
    folder = os.readlink(f"/proc/{started.measured}/cwd")
    assert start().status == "ok"
    assert not is_running(started.measured)
    assert not Path(folder).exists()


def test_a_run_that_a_launcher_finished_after_its_call_was_killed_is_not_repeated(start):
    first = start()
    assert start().started == first.started
    first.out.write_text(first.out.read_text().replace('"round": 1', '"round": 2'))
    assert start().started != first.started


@pytest.mark.parametrize(("host", "known"), [(os.uname().nodename, True), ("another", False)])
def test_snakemake_s_cpu_time_is_read_on_its_own_machine_alone(host, known):
    assert (launch._snakemake_cpu_s({"pid": os.getpid(), "host": host}) is not None) == known


def test_the_environment_keeps_what_is_not_python_s():
    inherited = {"PATH": "/bin", "PYTHONPATH": "/x", "PYTHON_GIL": "0", "GIL_SCALING_CALL": "{}", "HOME": "/h"}
    own = environment.environment({"PYTHONPATH": "/mine"}, 3, inherited)
    assert own["PYTHONPATH"] == f"{environment.SCRIPTS}:/mine"
    assert (own["PATH"], own["HOME"], own["PYTHONHASHSEED"], own["PYTHON_JIT"]) == ("/bin", "/h", "3", "0")
    assert not {"PYTHON_GIL", "GIL_SCALING_CALL"} & own.keys()


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
def test_durations_are_written_as_one_reads_them(seconds, text):
    assert progress.duration(seconds) == text


def test_the_progress_line_is_this_one():
    spec = make_spec(python="3.14t", workers=4, round=2)
    found = progress.line(37, 480, spec, 4, "0.53 s", 181)
    assert found == "[ 37/480] 3.14t py_loop thread w4 round 2: 0.53 s, about 3 min left"


def test_the_time_left_is_that_of_the_runs_before(tmp_path):
    call = {"id": "c", "plan": str(tmp_path / "plan.jsonl"), "runs": 4}
    assert progress.advance(call, 100.0, lambda: 110.0) == (1, 30.0)
    assert progress.advance(call, 110.0, lambda: 140.0) == (2, 40.0)
    assert progress.advance(call, 140.0, lambda: 150.0)[0] == 3


def test_the_line_shows_the_number_of_workers_that_the_backend_took():
    made = make_record(spec={"workers": "default"}, samples=[make_sample(workers=6)])
    assert launch.outcome(made) == (6, "1 s")
