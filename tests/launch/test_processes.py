import os
import subprocess
import sys

import pytest
from gil_scaling.launch import processes

BURN = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\nprint(flush=True)\ntime.sleep(60)"


def test_cpu_s_of_another_process_is_read():
    with subprocess.Popen([sys.executable, "-S", "-c", BURN], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        found = processes.cpu_s(process.pid)
        process.kill()
    assert 0.2 <= found < 5


def test_cpu_s_of_no_process_is_unknown():
    assert processes.cpu_s(2**22 + 1) is None


def test_memory_includes_descendants():
    child = "held = b'x' * 50_000_000\nprint(flush=True)\nimport time\ntime.sleep(60)"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-S', '-c', {child!r}])"
    with subprocess.Popen(
        [sys.executable, "-S", "-c", parent], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        process.stdout.readline()
        assert len(processes.tree(process.pid)) == 2
        found, kind = processes.memory(process.pid)
        os.killpg(process.pid, 9)
    assert (50e6 / 2**20 < found < 500, kind) == (True, "pss")


def test_memory_of_no_process_is_unknown():
    assert processes.memory(2**22 + 1) == (None, None)


@pytest.mark.parametrize("how", ["cwd", "argument", "variable"])
def test_processes_of_a_run_are_found(how, tmp_path):
    folder = str(tmp_path / "run")
    os.mkdir(folder)
    command = ["sleep", "60"] if how != "argument" else ["sh", "-c", "sleep 60; :", folder]
    variables = {**os.environ, **({processes.FOLDER_VARIABLE: folder} if how == "variable" else {})}
    other = {**os.environ, processes.FOLDER_VARIABLE: f"{folder}2"}
    started = subprocess.Popen(command, cwd=folder if how == "cwd" else "/", env=variables, start_new_session=True)
    unrelated = subprocess.Popen(["sleep", "60"], cwd="/", env=other)
    try:
        found = processes.inside(folder)
        assert started.pid in found
        assert unrelated.pid not in found
    finally:
        os.killpg(started.pid, 9)
        unrelated.kill()
        started.wait(), unrelated.wait()
