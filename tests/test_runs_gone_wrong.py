"""Whatever a workload or backend does: one record with status and reason, nothing left behind, and the sweep goes on."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import yaml
from gil_scaling.launch import __main__ as launch
from gil_scaling.launch import supervisor

from tests import test_workflow
from tests.launch import test_launch
from tests.support import ROOT, run_python

start, started = test_launch.start, test_launch.started
snakemake = test_workflow.snakemake

UNSPEAKABLE = "class Error(Exception):\n    def __str__(self): raise ValueError\n"
UNTRAVELLED = "class Thing:\n    def __reduce__(self): raise TypeError('cannot travel')\ndef task(a): return Thing()"
NO_RESULT = "ended with exit code 0 and no result"
LEAVES = "def task(a):\n    with open('result.json', 'w') as file: file.write({!r})\n    os._exit(0)"
EATS = """
import resource
def task(a):
    resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))
    held = []
    while True: held.append(str(len(held)) * 20)
"""
FILLS = """
import resource
def task(a):
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    open("file", "w").write("x" * 1000)
"""


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        ("def task(a): sys.exit(0)", "failed", "SystemExit: 0"),
        ("def task(a): raise KeyboardInterrupt", "failed", "KeyboardInterrupt"),
        ("def task(a): raise BaseException('base')", "failed", "BaseException: base"),
        (f"{UNSPEAKABLE}def task(a): raise Error", "failed", "work.Error: <exception str() failed>"),
        (
            f"{UNSPEAKABLE}def task(a): pass\ndef check(*_): raise Error",
            "wrong_result",
            "work.Error: <exception str() failed>",
        ),
        ("def task(a): raise ValueError('\\ud800 \\0 \\x1b[31m')", "failed", r"ValueError: \ud800 \x00 \x1b[31m"),
        ("def task(a): raise ValueError('x' * 10**7)", "failed", f"ValueError: {'x' * 988} … {'x' * 1000}"),
        (
            "class Thing:\n    def __repr__(self): 1 / 0\ndef task(a): return Thing()",
            "failed",
            "ZeroDivisionError: division by zero",
        ),
        (EATS, "failed", "MemoryError"),
        (FILLS, "crashed", "ended with exit code 1 and no result: OSError: [Errno 27] File too large"),
        ("def task(a): os.kill(os.getpid(), signal.SIGBUS)", "crashed", "ended by signal SIGBUS"),
        ("def task(a): os.kill(os.getpid(), 40)", "crashed", "ended by signal 40"),
        ("def task(a): os.closerange(0, 100)", "failed", "OSError: [Errno 9] Bad file descriptor"),
        ("def task(a): os.closerange(0, 100); raise ValueError('after')", "failed", "ValueError: after"),
        ("def task(a): os.execv('/bin/true', ['true'])", "crashed", NO_RESULT),
        (
            "import shutil\ndef task(a): shutil.rmtree(os.getcwd(), ignore_errors=True)",
            "crashed",
            "ended with exit code 1 and no result: FileNotFoundError: [Errno 2] No such file or directory: 'result.json'",
        ),
        *(
            (LEAVES.format(text), "crashed", NO_RESULT)
            for text in ("[[", "[]", '{"status": "odd", "reason": ""}', "[" * 10**6)
        ),
        (LEAVES.format('{"status": "failed", "reason": [1]}'), "crashed", NO_RESULT),
        (
            LEAVES.format('{"status": "ok", "reason": null, "measured": {}}'),
            "failed",
            "measured what no record may hold: measured: the field 'gil_before' is missing",
        ),
    ],
)
def test_a_workload_that_goes_wrong_is_a_record_with_its_reason(source, status, reason, start):
    found = start(source)
    assert (found.status, found.reason, found.measured) == (status, reason, None)
    assert told(found.said).count("\n") == 1


@pytest.mark.parametrize("end", ["", "; os.kill(os.getpid(), signal.SIGSTOP)", "; ctypes.PyDLL(None).sleep(60)"])
def test_a_hang_of_every_kind_ends_at_the_time_limit(end, start):
    found = start(f"import ctypes\ndef task(a): signal.signal(15, signal.SIG_IGN){end}; time.sleep(60)", timeout_s=0.7)
    assert (found.status, found.reason) == ("timeout", "took longer than the limit of 0.7 s")


@pytest.mark.parametrize("backend", ["process", "process_pool", "process_spawn"])
def test_a_result_that_cannot_travel_is_a_failed_run(backend, start):
    found = start(UNTRAVELLED, backend=backend, workers=2)
    assert found.status == "failed"
    assert "TypeError: cannot travel" in found.reason


@pytest.mark.parametrize(
    ("backend", "status", "reason"),
    [
        ("def run(job): raise KeyboardInterrupt", "failed", "KeyboardInterrupt"),
        ("def run(job): return None", "failed", "TypeError: 'NoneType' object is not iterable"),
        ("import os\ndef run(job): os._exit(0)", "crashed", NO_RESULT),
        (
            "def run(job): return [next(job.calls())() for _ in range(2)]",
            "wrong_result",
            "a task was run more than once",
        ),
        ("def run(job): return [next(job.calls())()]", "wrong_result", "expected 2 results, one per task; got 1"),
    ],
)
def test_a_backend_that_goes_wrong_is_a_record_with_its_reason(backend, status, reason, start):
    found = start("def task(a): pass", own_backend=backend)
    assert (found.status, found.reason, found.measured) == (status, reason, None)


def test_a_backend_that_reports_what_is_no_time_fails(start):
    changes = "one.tasks = [(i, s, float('nan'), c) for i, s, _, c in one.tasks]"
    backend = f"def run(job):\n    done = [call() for call in job.calls()]\n    for one, _ in done: {changes}\n    return done"
    found = start("def task(a): pass", own_backend=backend)
    assert found.status == "failed"
    assert found.reason.startswith("ValueError: Out of range float values are not JSON compliant")


@pytest.mark.parametrize(
    "source",
    [
        "def task(a): os.chdir('/')",
        "def task(a): sys.setrecursionlimit(60)",
        "def task(a): sys.stdout.close(); sys.stderr.close()",
        "def task(a): time.perf_counter = time.thread_time = lambda: 5.0",
        "def task(a):\n    import json\n    json.dump = None",
        "import threading\ndef task(a): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "def task(a):\n    if not a: os.fork()\n",
        "def task(a):\n    for end in range(3, 9):\n        try: os.write(end, b'memory_begin\\n' * 9)\n        except OSError: pass",
        "def task(a):\n    if os.fork() == 0:\n        while not os.fork(): pass\n        os._exit(0)",
    ],
)
def test_what_a_workload_does_to_its_own_process_alone_spoils_no_record(source, start):
    found = start(source, warmups=0)
    assert (found.status, found.reason) == ("ok", None)
    assert 0 < found.measured["samples"][0]["total_s"] < 60


def test_a_thread_that_never_ends_does_not_keep_a_run_that_has_measured(start):
    source = "import threading\ndef task(a): threading.Thread(target=time.sleep, args=(60,)).start()"
    found = start(source)
    assert (found.status, found.exit_code) == ("ok", -signal.SIGKILL)
    assert found.wall_s < 50


def test_a_flood_of_output_fills_no_disk_and_its_end_is_kept(start):
    source = """
def task(a):
    for _ in range(1000): os.write(1, b"x" * 65536)
    os.write(2, b"the end")
def check(*_):
    assert sum(os.path.getsize(name) for name in os.listdir()) < 100_000
"""
    found = start(source)
    assert (found.status, found.reason) == ("ok", None)
    assert found.log.endswith("x" * 1900 + "the end")
    assert len(found.log) == 2000


def test_folders_within_folders_are_removed_however_deep(start, tmp_path):
    note = tmp_path / "place"
    source = f"""
def task(a):
    if os.path.exists({str(note)!r}): return
    with open({str(note)!r}, "w") as file: file.write(os.getcwd())
    for _ in range(1100):
        os.mkdir("deeper")
        os.chdir("deeper")
"""
    assert start(source).status == "ok"
    assert not Path(note.read_text()).exists()


def test_what_left_its_folder_is_ended_too_after_its_launcher_was_killed(start, tmp_path):
    note = tmp_path / "pid"
    source = f"""
def task(a):
    os.chdir("/")
    with open({str(note)!r}, "w") as file: file.write(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
"""
    killed = start(source, wait=False)
    killed.process.communicate(timeout=60)
    assert (killed.process.returncode, killed.out.exists()) == (-signal.SIGKILL, False)
    assert start().status == "ok"
    assert not test_launch.is_running(note.read_text())


def test_a_process_that_may_not_be_ended_keeps_no_run(monkeypatch):
    with subprocess.Popen(["sleep", "60"]) as staying:
        with monkeypatch.context() as patch:
            patch.setattr(os, "kill", lambda *_: exec("raise PermissionError"))
            supervisor._end_all(2**22 + 1, [])
        assert staying.poll() is None
        staying.kill()


def test_nothing_after_its_writing_costs_a_record(start, tmp_path):
    (tmp_path / "a-run.log").mkdir()
    counter = str(tmp_path / "c.progress")
    found = start(f"def task(a): os.path.exists({counter!r}) or os.symlink('/dev/full', {counter!r})", wait=False)
    found.process.stderr.close()
    assert found.process.wait(60) == 0
    assert json.loads(found.out.read_text())["status"] == "ok"


def test_a_pipe_in_place_of_the_result_keeps_no_run(start):
    found = start("def task(a):\n    os.mkfifo('result.json')\n    os._exit(0)")
    assert (found.status, found.reason) == ("crashed", NO_RESULT)


def test_a_signal_while_a_record_is_written_does_not_cost_it(start):
    program = """
import os, signal, sys
from gil_scaling.launch import __main__ as launch
from gil_scaling import record
write = record.write
record.write = lambda *all: (os.kill(os.getpid(), signal.SIGTERM), write(*all))
launch.main(*sys.argv[1:])
"""
    assert start("def task(a): pass", program=("-c", program)).status == "ok"


def told(said):
    """What a launcher said after it had the machine to itself."""
    return said.removeprefix("waiting: another sweep measures on this machine\n")


def test_a_record_that_cannot_be_written_is_told_and_leaves_nothing_half_written(start, tmp_path):
    out = tmp_path / "set/runs/a-run.json"
    (out / "in the way").mkdir(parents=True)
    failing = start("def task(a): pass", wait=False)
    _, said = failing.process.communicate(timeout=60)
    assert (failing.process.returncode, told(said)) == (1, f"{out}: the record cannot be written: Is a directory\n")
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_full_folder_for_runs_is_told(start):
    program = "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (9, 9))\nfrom gil_scaling.launch import __main__ as launch\nlaunch.main(*sys.argv[1:])"
    failing = start(wait=False, program=("-c", program))
    _, said = failing.process.communicate(timeout=60)
    assert told(said) == "/tmp: cannot hold the folder of a run: File too large. It must be writable and have room.\n"
    assert (failing.process.returncode, failing.out.exists()) == (1, False)


def test_the_next_user_can_read_a_lock_that_was_made_under_a_strict_umask(monkeypatch, tmp_path):
    monkeypatch.setattr(launch, "LOCK", str(tmp_path / "lock"))
    before = os.umask(0o077)
    with launch.machine_to_itself():
        assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o644
    assert os.umask(before) == 0o077


def hold(lock):
    """A process that takes the lock and says so, and keeps it until its input ends."""
    program = "from gil_scaling.launch import __main__ as launch\nlaunch.LOCK = {!r}\nwith launch.machine_to_itself(): print('held', flush=True); input()"
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-S", "-c", program.format(str(lock))], cwd=ROOT, text=True, **pipes)


def test_the_lock_of_a_process_that_was_killed_is_free(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(launch, "LOCK", str(tmp_path / "lock"))
    with hold(launch.LOCK) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    with launch.machine_to_itself():
        assert capfd.readouterr().err == ""


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_in_place_of_the_lock_is_a_lock_too(make, monkeypatch, tmp_path):
    monkeypatch.setattr(launch, "LOCK", str(tmp_path / "lock"))
    make(tmp_path / "lock")
    with hold(launch.LOCK) as holder:
        assert holder.stdout.readline() == "held\n"
        with hold(launch.LOCK) as waiting:
            assert waiting.stderr.readline() == "waiting: another sweep measures on this machine\n"
            holder.communicate("\n")
            assert waiting.communicate("\n")[0] == "held\n"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda lock: lock.symlink_to("nowhere"), "No such file or directory"),
        (lambda lock: lock.touch(0o000), "Permission denied"),
    ],
)
def test_a_lock_that_cannot_be_used_is_told_with_what_it_must_be(make, problem):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        lock = Path(folder, "lock")
        make(lock)
        as_another = "os.getuid() or os.setuid(65534)"  # root may read everything
        program = (
            f"import os\nfrom gil_scaling.launch import __main__ as launch\n{as_another}\nlaunch.LOCK = {str(lock)!r}\n"
        )
        done = run_python("-c", f"{program}with launch.machine_to_itself(): pass")
    needed = "It must be a file that everyone may read, in a folder that everyone may write to."
    said = f"{lock}: cannot keep two sweeps from measuring at once: {problem}. {needed}\n"
    assert (done.returncode, done.stderr) == (1, said)


LOST = "what watches the run was ended by signal SIGKILL: by the workload, or for want of memory"


def test_a_run_whose_launcher_is_killed_has_a_record_too(start, tmp_path):
    note = tmp_path / "pid"
    source = f"""
def task(a):
    with open({str(note)!r}, "w") as file: file.write(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
"""
    killed = start(source, wait=False)
    killed.process.communicate(timeout=60)
    found = start(source, arguments=[str(128 + signal.SIGKILL)])
    assert (found.status, found.reason, found.exit_code) == ("crashed", LOST, None)
    assert not test_launch.is_running(note.read_text())
    assert start().status == "ok"


def test_a_record_that_was_written_before_its_launcher_was_killed_is_kept(start):
    first = start()
    assert start(arguments=[str(128 + signal.SIGKILL)]).started == first.started


@pytest.mark.parametrize("status", [1, 127, 128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP])
def test_a_launcher_that_ended_by_itself_or_was_interrupted_leaves_no_record(status, start):
    ended = start(arguments=[str(status)], wait=False)
    assert ended.process.wait(60) == status
    assert not ended.out.exists()


@pytest.fixture
def in_group():
    """Gives the program of a launcher that first joins a control group with this limit; skipped where none can be made."""
    made = []

    def program(controller, first_version, second_version):
        is_first = Path("/sys/fs/cgroup", controller).is_dir()
        folder = Path("/sys/fs/cgroup", controller if is_first else "", f"gil-scaling-test-{os.getpid()}")
        try:
            folder.mkdir()
            made.append(folder)
            for name, value in (first_version if is_first else second_version).items():
                (folder / name).write_text(value)
        except OSError as error:
            pytest.skip(f"no control group can be made here ({error.strerror})")
        join = f"open({str(folder / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))"
        return (
            "-c",
            f"import os, sys\n{join}\nfrom gil_scaling.launch import __main__ as launch\nlaunch.main(*sys.argv[1:])",
        )

    yield program
    for folder in made:
        folder.rmdir()


def test_a_run_that_the_system_ends_for_want_of_memory_has_a_record(start, in_group):
    limit = str(200 << 20)
    program = in_group("memory", {"memory.limit_in_bytes": limit}, {"memory.max": limit, "memory.swap.max": "0"})
    found = start("def task(a): return len(b'x' * (1 << 30))", program=program)
    assert (found.status, found.reason) == ("crashed", "ended by signal SIGKILL")
    assert start("def task(a): return len(b'x' * (10 << 20))", program=program).status == "ok"


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 1 MiB; skipped where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_run_that_fills_the_disk_has_a_record_and_the_next_one_has_room(start, small_disk):
    program = f"import sys\nfrom gil_scaling.launch import __main__ as launch\nlaunch._FOLDERS = {str(small_disk)!r}\nlaunch.main(*sys.argv[1:])"
    source = "def task(a):\n    with open('file', 'wb') as file: file.write(b'x' * (2 << 20))"
    found = start(source, program=("-c", program))
    assert (found.status, found.measured) == ("crashed", None)
    assert "OSError: [Errno 28] No space left on device" in found.reason
    assert list(small_disk.iterdir()) == []
    assert start("def task(a): return 1", program=("-c", program)).status == "ok"


def test_a_run_within_a_quota_of_cpu_time_is_flagged_and_its_usable_cpus_are_known(start, in_group):
    first = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "30000"}
    program = in_group("cpu", first, {"cpu.max": "30000 100000"})
    known = "from gil_scaling.plan import machine as machine; sys.stderr.write(f'usable: {machine.usable(None)}\\n'); launch.main"
    found = start("def task(a): sum(range(20_000_000))", program=(program[0], program[1].replace("launch.main", known)))
    assert "usable: 1\n" in found.said
    assert "throttled" in {one["flag"] for one in found.noise}
    assert found.state["meanwhile"]["throttled_s"] > 0.1


WORKLOADS = {
    "raises": ("raise ValueError('\\ud800\\0' + 'x' * 10**6)", "failed"),
    "leaves": ("sys.exit(0)", "failed"),
    "wrong": ("return time.perf_counter_ns()", "wrong_result"),
    "untold": ("return object()", "failed"),
    "hangs": ("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "timeout"),
    "dies": ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
    "closes": ("os.closerange(0, 100)", "failed"),
    "goes": ("os._exit(0)", "crashed"),
    "eats": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 28,) * 2); return b'x' * (1 << 30)",
        "failed",
    ),
    "floods": ("[os.write(1, b'x' * 65536) for _ in range(999)]", "ok"),
    "forks": ("os.fork() or (os.setsid(), time.sleep(60))", "ok"),
    "kills": ("os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)", "crashed"),
    "works": ("return 1", "ok"),
}


def test_a_sweep_of_all_that_goes_wrong_comes_to_its_end_and_repeats_that_alone(snakemake, clone):
    for name, (body, _) in WORKLOADS.items():
        (clone / f"{name}.py").write_text(
            f"import os, signal, sys, time\ndef tasks(): return [1]\ndef task(a): {body}\n"
        )
    files = [f"./{name}.py" for name in WORKLOADS]
    sweep = test_workflow.experiment(workloads=files, backends=["sequential"], ceiling=False)
    done = snakemake(rounds=1, timeout=1.5, experiments=sweep)
    assert (done.returncode, test_workflow.measured(done)) == (1, len(WORKLOADS))
    found = {one["spec"]["workload"]: one["status"] for one in test_workflow.records(clone).values()}
    assert found == {name: status for name, (_, status) in WORKLOADS.items()}
    folder = clone / "results/test-machine/tiny"
    failures = pd.read_csv(folder / "tables/failures.csv").set_index("workload")["status"].to_dict()
    assert failures == {name: status for name, status in found.items() if status != "ok"}
    assert all(name in (folder / "report.html").read_text() for name in failures)
    assert f"{len(failures)} of the runs failed" in done.stderr

    planned = snakemake("-n", rounds=1, timeout=1.5, experiments=sweep)
    assert f"{len(failures)} of {len(WORKLOADS)} runs to measure" in planned.stderr


def test_two_sweeps_of_two_clones_take_turns(clone, tmp_path):
    other = tmp_path / "another"
    shutil.copytree(clone, other)
    running = []
    for folder in (clone, other):
        (folder / "tiny.yaml").write_text(yaml.safe_dump(test_workflow.TINY))
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "tables", "--configfile", "tiny.yaml"]
        running.append(subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True))
    said = [one.communicate(timeout=300)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0], said
    assert any("waiting: another sweep measures on this machine" in text for text in said)
    times = [spans(folder) for folder in (clone, other)]
    assert max(own[0] for own in times) < min(own[-1] for own in times)  # they were at work at the same time
    for (_, end), (start, _) in pairwise(sorted(times[0] + times[1])):
        assert end <= start


def spans(folder):
    """When each run of a clone began and ended, in their order."""
    found = []
    for one in test_workflow.records(folder).values():
        began = datetime.fromisoformat(one["started"])
        found.append((began, began + timedelta(seconds=one["wall_s"])))
    return sorted(found)
