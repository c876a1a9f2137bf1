import dataclasses
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from gil_scaling.launch import measurement, processes

from tests.support import find_build, make_record, workload_text

UNPRINTABLE = "class Error(Exception):\n    def __str__(self): raise ValueError\n"
NOT_PICKLABLE = "class Thing:\n    def __reduce__(self): raise TypeError('not picklable')\ndef task(a): return Thing()"
NO_RESULT = "exited with code 0 without a result"
RETURNS = "def task(a):\n    with open(os.environ['GIL_SCALING_RUN'] + '/result.json', 'w') as file: file.write({!r})\n    os._exit(0)"
OUT_OF_MEMORY = """
import resource
def task(a):
    resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))
    held = []
    while True: held.append(str(len(held)) * 20)
"""
LARGE_FILE = """
import resource
def task(a):
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    open("file", "w").write("x" * 1000)
"""


def test_second_run_takes_the_reference_loop_of_the_first(start):
    patient = "from gil_scaling.launch import disturbance\ndisturbance._MAX_LOOP_AGE_S = 1e3"
    first, second = start().state, start(round=2, before=patient).state
    assert second["before"]["reference_loop_s"] == first["after"]["reference_loop_s"]
    assert second["after"]["reference_loop_s"] != second["before"]["reference_loop_s"]


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        ("def task(a): raise KeyError('lost')", "failed", "KeyError: 'lost' (work.py:3)"),
        ("def task(a): sys.exit(0)", "failed", "SystemExit: 0 (work.py:3)"),
        ("def task(a): raise KeyboardInterrupt", "failed", "KeyboardInterrupt (work.py:3)"),
        ("def task(a): raise BaseException('base')", "failed", "BaseException: base (work.py:3)"),
        (f"{UNPRINTABLE}def task(a): raise Error", "failed", "work.Error: <exception str() failed> (work.py:5)"),
        (
            f"{UNPRINTABLE}def task(a): pass\ndef check(*_): raise Error",
            "wrong_result",
            "work.Error: <exception str() failed> (work.py:6)",
        ),
        (
            "def task(a): raise ValueError('\\ud800 \\0 \\x1b[31m')",
            "failed",
            r"ValueError: \ud800 \x00 \x1b[31m (work.py:3)",
        ),
        ("def task(a): raise ValueError('x' * 10**7)", "failed", f"ValueError: {'x' * 988} … {'x' * 988} (work.py:3)"),
        (OUT_OF_MEMORY, "failed", "MemoryError"),
        (LARGE_FILE, "crashed", "exited with code 1 without a result: OSError: [Errno 27] File too large"),
        ("def task(a): os.kill(os.getpid(), signal.SIGKILL)", "crashed", "killed by SIGKILL"),
        ("def task(a): os.kill(os.getpid(), signal.SIGTERM)", "crashed", "killed by SIGTERM"),
        ("def task(a): os.kill(os.getpid(), signal.SIGBUS)", "crashed", "killed by SIGBUS"),
        ("def task(a): os.kill(os.getpid(), 40)", "crashed", "killed by signal 40"),
        ("def task(a): os._exit(3)", "crashed", "exited with code 3 without a result"),
        ("def task(a): os.closerange(0, 100)", "failed", "OSError: [Errno 9] Bad file descriptor"),
        ("def task(a): os.closerange(0, 100); raise ValueError('after')", "failed", "ValueError: after (work.py:3)"),
        ("def task(a): os.execv('/bin/true', ['true'])", "crashed", NO_RESULT),
        (
            "def task(a):\n    os.mkfifo(os.environ['GIL_SCALING_RUN'] + '/result.json')\n    os._exit(0)",
            "crashed",
            NO_RESULT,
        ),
        (
            "import shutil\ndef task(a): shutil.rmtree(os.environ['GIL_SCALING_RUN'], ignore_errors=True)",
            "crashed",
            "exited with code 1 without a result: FileNotFoundError: [Errno 2] No such file or directory: 'result.json'",
        ),
        (
            RETURNS.format('{"status": "ok", "reason": null, "measured": {}}'),
            "failed",
            "the build returned an invalid result: measured.gil_before: is missing",
        ),
        (
            RETURNS.format('{"status": "ok", "reason": null}'),
            "failed",
            "the build returned an invalid result: measured: is null, but the status is ok",
        ),
    ],
)
def test_workload_that_fails_is_a_record_with_its_reason(source, status, reason, start):
    result = start(source)
    assert (result.status, result.reason, result.measured) == (status, reason, None)
    assert result.stderr == ""
    assert result.log == result.stderr_tail


@pytest.mark.parametrize("end", ["", "; os.kill(os.getpid(), signal.SIGSTOP)", "; ctypes.PyDLL(None).sleep(60)"])
def test_hang_ends_at_the_time_limit(end, start):
    result = start(f"import ctypes\ndef task(a): signal.signal(15, signal.SIG_IGN){end}; time.sleep(60)", timeout_s=0.7)
    assert (result.status, result.reason) == ("timeout", "exceeded the time limit of 0.7 s")
    assert 0.7 <= result.wall_s < 30


@pytest.mark.parametrize("backend", ["process", "process_pool", "process_spawn"])
def test_result_that_cannot_be_pickled_is_unsupported(backend, start):
    result = start(NOT_PICKLABLE, backend=backend, workers=2)
    assert result.status == "unsupported"
    assert "TypeError: not picklable" in result.reason


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        ("def run(job): raise KeyboardInterrupt", "failed", "KeyboardInterrupt (back.py:1)"),
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
def test_backend_that_fails_is_a_record_with_its_reason(source, status, reason, start):
    result = start("def task(a): pass", backend_source=source)
    assert (result.status, result.reason, result.measured) == (status, reason, None)


def test_backend_that_reports_no_time_fails(start):
    changes = "report.tasks = [(i, s, float('nan'), c) for i, s, _, c in report.tasks]"
    source = f"def run(job):\n    done = [call() for call in job.calls()]\n    for report, _ in done: {changes}\n    return done"
    result = start("def task(a): pass", backend_source=source)
    assert result.status == "failed"
    assert result.reason.startswith("ValueError: Out of range float values are not JSON compliant")


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
def test_changes_to_its_own_process_spoil_no_record(source, start):
    result = start(source, warmups=0)
    assert (result.status, result.reason) == ("ok", None)
    assert 0 < result.measured["samples"][0]["total_s"] < 60


def test_wrong_results_are_not_a_fast_run(start):
    result = start("def task(a): return time.perf_counter_ns()")
    assert (result.status, result.measured) == ("wrong_result", None)


def test_rejected_run_is_unsupported_and_starts_nothing(start):
    result = start("def task(a): raise SystemExit", rejected="no such option")
    assert (result.status, result.reason, result.exit_code) == ("unsupported", "no such option", None)


def test_backend_that_the_build_lacks_is_unsupported(start, tmp_path_factory):
    result = start(build=find_build("3.12", tmp_path_factory), backend="interpreter_pool")
    assert result.status == "unsupported"
    assert result.reason == "concurrent.futures has no InterpreterPoolExecutor before Python 3.14"


def test_build_that_is_gone_has_a_record(start, this_build):
    result = start(build=dataclasses.replace(this_build, command=("/no/such/python",)))
    assert (result.status, result.reason) == ("crashed", "cannot be started: No such file or directory")


def test_machine_is_read_around_the_run(start):
    result = start()
    for reading in ("before", "after"):
        assert 0 < result.state[reading]["reference_loop_s"] < 5
        assert result.state[reading]["busy_s"] > 0
    assert result.state["meanwhile"]["seconds"] >= result.wall_s
    assert result.call["host"] == os.uname().nodename


NOISE = [{"flag": "noisy", "reading": "other_share", "value": 0.2, "limit": 0.05}]


@pytest.mark.parametrize(
    ("status", "noisy_runs", "attempts"), [("ok", 0, 1), ("ok", 2, 3), ("ok", 99, 4), ("failed", 1, 1)]
)
def test_noisy_run_is_repeated_up_to_a_limit(status, noisy_runs, attempts, monkeypatch):
    noises = [NOISE] * noisy_runs + [[]]
    monkeypatch.setattr(measurement, "measure", lambda *_: make_record(status=status, noise=noises.pop(0)))
    assert measurement.measure_when_quiet({"on_noise": "repeat"}, {}, None)["attempts"] == attempts


SHORT_WAIT = """
from functools import partial
from gil_scaling.launch import disturbance
disturbance.wait_for_quiet = partial(disturbance.wait_for_quiet, limit_s=2)
"""


def test_run_waits_for_quiet(start):
    program = "import time\nend = time.time() + 1\nwhile time.time() < end: pass"
    with subprocess.Popen([sys.executable, "-S", "-c", program]):
        result = start(on_noise="wait", before=SHORT_WAIT)
    assert (result.status, result.attempts) == ("ok", 1)
    assert result.waited_s > 0.3


@pytest.mark.parametrize(("host", "is_known"), [(os.uname().nodename, True), ("another", False)])
def test_cpu_time_of_snakemake_is_read_on_its_machine(host, is_known):
    call = {"pid": os.getpid(), "host": host}
    assert (processes.snakemake_cpu_s(call) is not None) == is_known
    assert processes.own_cpu_s(call) > 0


@pytest.fixture
def join_group():
    """A program with which a launcher joins a cgroup with limits; the test is skipped if none can be made."""
    made = []

    def program(controller, limits_v1, limits_v2):
        is_v1 = Path("/sys/fs/cgroup", controller).is_dir()
        folder = Path("/sys/fs/cgroup", controller if is_v1 else "", f"gil-scaling-test-{os.getpid()}")
        try:
            folder.mkdir()
            made.append(folder)
            for name, value in (limits_v1 if is_v1 else limits_v2).items():
                (folder / name).write_text(value)
        except OSError as error:
            pytest.skip(f"no control group can be made here ({error.strerror})")
        return f"open({str(folder / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))"

    yield program
    for folder in made:
        folder.rmdir()


def test_run_killed_when_out_of_memory_has_a_record(start, join_group):
    limit = str(200 << 20)
    before = join_group("memory", {"memory.limit_in_bytes": limit}, {"memory.max": limit, "memory.swap.max": "0"})
    result = start("def task(a): return len(b'x' * (1 << 30))", before=before)
    assert (result.status, result.reason, result.exit_code) == ("crashed", "killed by SIGKILL", -signal.SIGKILL)
    assert start("def task(a): return len(b'x' * (10 << 20))", before=before).status == "ok"


def test_run_within_a_cpu_quota_is_flagged(start, join_group):
    limits = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "10000"}
    usable = "from gil_scaling.plan import machine; sys.stderr.write(f'usable: {machine.usable(None)}\\n')"
    before = f"{join_group('cpu', limits, {'cpu.max': '10000 100000'})}\n{usable}"
    result = start("def task(a): sum(range(5_000_000))", before=before)
    assert "usable: 1\n" in result.stderr
    assert "throttled" in {noise["flag"] for noise in result.noise}
    assert result.state["meanwhile"]["throttled_s"] > 0.1


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 1 MiB; the test is skipped if none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_run_that_fills_the_disk_leaves_room_for_the_next(start, small_disk):
    before = f"run_folder.PARENT = {str(small_disk)!r}"
    source = "def task(a):\n    import tempfile\n    with open(tempfile.mkstemp()[0], 'wb') as file: file.write(b'x' * (2 << 20))"
    result = start(source, before=before, environment={"TMPDIR": ""})
    assert (result.status, result.measured) == ("crashed", None)
    assert "OSError: [Errno 28] No space left on device" in result.reason
    assert list(small_disk.iterdir()) == []
    assert start("def task(a): return 1", before=before).status == "ok"


@pytest.mark.parametrize(
    ("source", "known"),
    [("def task(a): return a", "def task(a): return 0"), ("def task(a): open(__file__, 'a').write('#')", None)],
    ids=["before", "meanwhile"],
)
def test_source_that_changed_since_the_plan_is_no_result(source, known, start, tmp_path):
    text = workload_text(known or source)
    result = start(source, sources={str(tmp_path / "work.py"): hashlib.sha256(text.encode()).hexdigest()})
    assert (result.status, result.measured) == ("failed", None)
    assert result.reason.startswith("work.py changed since the plan was made")
    assert result.wall_s == 0 if known else result.wall_s > 0
    assert not (tmp_path / "set/expected").exists()


def test_source_of_the_plan_is_measured(start, tmp_path):
    source = "def task(a): return a"
    digest = hashlib.sha256(workload_text(source).encode()).hexdigest()
    assert start(source, sources={str(tmp_path / "work.py"): digest}).status == "ok"


@pytest.mark.parametrize(
    "backend", ["sequential", "process_fork", "process_spawn", "process_forkserver", "interpreter_pool"]
)
def test_a_run_works_where_its_launcher_does(backend, start, tmp_path):
    (tmp_path / "directory").mkdir(exist_ok=True)
    for name in ("json", "random", "selectors", "socket"):  # which hide no module
        (tmp_path / f"directory/{name}.py").write_text("raise SystemExit('the file of the user')")
    (tmp_path / "directory/words.txt").write_text("alpha")
    source = "def task(a):\n    import json, random, selectors, socket\n    with open('words.txt') as file: return file.read()\n"
    source += "def check(results, arguments): assert results == ['alpha'] * 2"
    result = start(source, backend=backend, workers=2, environment={"PYTHONSAFEPATH": "1"})  # as jobs have it
    assert (result.status, result.reason) == ("ok", None)


@pytest.mark.parametrize("of_user", [None, "own"])
def test_temporary_files_go_with_the_run(of_user, start, tmp_path, monkeypatch):
    monkeypatch.delenv("TMPDIR", raising=False)
    (tmp_path / "own").mkdir()
    environment = {"TMPDIR": str(tmp_path / of_user)} if of_user else {}
    source = "import tempfile\ndef task(a):\n    return tempfile.mkstemp()[1]\ndef check(results, arguments): pass\n"
    result = start(source, environment=environment, warmups=0)
    assert result.status == "ok"
    assert list(result.runs.iterdir()) == []
    assert bool(list((tmp_path / "own").iterdir())) == bool(of_user)
