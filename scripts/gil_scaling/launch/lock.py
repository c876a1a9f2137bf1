"""The lock of the machine: only one run is measured at a time, whoever measures."""

from __future__ import annotations

import fcntl
import os

from gil_scaling.launch.progress import write_line

PATH = "/tmp/gil-scaling.lock"


class MachineLock:
    """Holds the lock of the machine inside a with statement; waits for it first."""

    def __enter__(self) -> None:
        try:
            self._descriptor = _open()
            _lock(self._descriptor)
        except OSError as error:
            needed = "It must be a file that everyone may read, in a folder that everyone may write to."
            raise SystemExit(f"{PATH}: cannot lock the machine for measuring: {error.strerror}. {needed}") from None

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        write_line("waiting: another sweep is measuring on this machine")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _open() -> int:
    """A descriptor of the lock; a new file may be read by other users, whatever the umask of this one."""
    umask = os.umask(0)
    try:
        return os.open(PATH, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0o644)
    except FileExistsError:
        return os.open(PATH, os.O_RDONLY | os.O_NONBLOCK)
    finally:
        os.umask(umask)
