import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from gil_scaling.launch import lock

from tests.support import ROOT, run_python

HOLD = """
from gil_scaling.launch import lock
lock.PATH = {path!r}
with lock.MachineLock():
    print('held', flush=True)
    input()
"""


@pytest.fixture
def path(monkeypatch, tmp_path):
    """A lock for the test."""
    monkeypatch.setattr(lock, "PATH", str(tmp_path / "lock"))
    return tmp_path / "lock"


def hold(path):
    """A process that takes the lock, reports it, and keeps it until its input ends."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    env = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    return subprocess.Popen([sys.executable, "-S", "-c", HOLD.format(path=str(path))], env=env, text=True, **pipes)


def test_lock_can_be_read_by_the_next_user_despite_umask(path):
    before = os.umask(0o077)
    with lock.MachineLock():
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.umask(before) == 0o077


def test_lock_of_a_killed_process_is_free(path, capfd):
    with hold(path) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    with lock.MachineLock():
        assert capfd.readouterr().err == ""


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_folder_or_pipe_in_place_of_the_lock_locks_too(make, path):
    make(path)
    with hold(path) as holder:
        assert holder.stdout.readline() == "held\n"
        with hold(path) as waiting:
            assert waiting.stderr.readline() == "waiting: another sweep is measuring on this machine\n"
            holder.communicate("\n")
            assert waiting.communicate("\n")[0] == "held\n"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
        (lambda path: path.touch(0o000), "Permission denied"),
    ],
)
def test_unusable_lock_is_reported(make, problem):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "lock")
        make(path)
        as_another = "import os\nos.getuid() or os.setuid(65534)\n"  # root may read everything
        done = run_python("-c", f"from gil_scaling.launch import lock\n{as_another}" + HOLD.format(path=str(path)))
    needed = "It must be a file that everyone may read, in a folder that everyone may write to."
    message = f"{path}: cannot lock the machine for measuring: {problem}. {needed}\n"
    assert (done.returncode, done.stderr) == (1, message)
