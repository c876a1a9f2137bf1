import ctypes
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from gil_scaling.launch import supervisor

from tests.launch.processes_seen import is_running

SET_CHILD_SUBREAPER, GET_CHILD_SUBREAPER = 36, 37  # of prctl(2)


def test_no_child_of_a_worker_outlives_its_run(start, tmp_path):
    note = tmp_path / "pid"
    source = f"""
import subprocess
def task(a):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with open({str(note)!r}, "w") as file: file.write(str(child.pid))
"""
    assert start(source).status == "ok"
    assert not is_running(note.read_text())


def test_no_process_in_another_session_outlives_its_run(start, tmp_path):
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


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.parametrize("has_parts", [True, False])
def test_orphans_are_adopted_without_parts_of_ctypes_too(has_parts, monkeypatch):
    if not has_parts:
        monkeypatch.setitem(sys.modules, "_ctypes", SimpleNamespace())
    is_adopter = ctypes.c_int()
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    try:
        assert supervisor._adopt_orphans()
        ctypes.CDLL(None).prctl(GET_CHILD_SUBREAPER, ctypes.byref(is_adopter), 0, 0, 0)
        assert is_adopter.value == 1
    finally:
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def test_process_that_cannot_be_killed_does_not_block(monkeypatch):
    with subprocess.Popen(["sleep", "60"]) as staying:
        with monkeypatch.context() as patch:
            patch.setattr(os, "kill", lambda *_: exec("raise PermissionError"))
            supervisor._kill_descendants(2**22 + 1, [])
        assert staying.poll() is None
        staying.kill()


def test_thread_that_never_ends_does_not_block_a_measured_run(start):
    result = start("import threading\ndef task(a): threading.Thread(target=time.sleep, args=(60,)).start()")
    assert (result.status, result.exit_code) == ("ok", -signal.SIGKILL)
    assert result.wall_s < 50


def test_flood_of_output_fills_no_disk_and_its_end_is_kept(start):
    source = """
def task(a):
    for _ in range(1000): os.write(1, b"x" * 65536)
    os.write(2, b"the end")
def check(*_):
    with os.scandir(os.environ["GIL_SCALING_RUN"]) as entries:
        assert sum(entry.stat().st_size for entry in entries) < 100_000
"""
    result = start(source)
    assert (result.status, result.reason) == ("ok", None)
    assert result.log.endswith("x" * 1900 + "the end")
    assert len(result.log) == 2000


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_fork", "process_forkserver", "process_spawn"])
def test_cpu_time_of_every_kind_of_worker_is_our_own(backend, start):
    source = """
def task(a):
    for _ in range(5): time.sleep(0.001)
    end = time.process_time() + 0.1
    while time.process_time() < end: pass
"""
    result = start(source, backend=backend, workers=1)
    samples = result.measured["samples"]
    assert result.state["meanwhile"]["own_cpu_s"] > 0.9 * sum(sample["cpu_s"] for sample in samples) > 0.1
    assert all(sample["voluntary_switches"] >= 10 for sample in samples)  # two tasks that sleep five times each
    assert all(8 < peak < 1000 for sample in samples for peak in sample["worker_peak_mb"])


def test_memory_of_the_whole_tree_is_read(start):
    source = "def task(a):\n    held = b'x' * 40_000_000\n    time.sleep(0.2)\n    return len(held)"
    result = start(source, backend="process", workers=2)
    assert result.memory_kind == "pss"
    assert 2 * 40e6 / 2**20 < result.peak_memory_mb < 1000
