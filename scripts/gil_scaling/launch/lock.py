"""The lock of the machine: only one run is measured at a time, whoever measures."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager

from gil_scaling.launch.progress import write_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/tmp/gil-scaling.lock"


@contextmanager
def machine_lock() -> Iterator[None]:
    """Holds the lock of the machine inside the context; waits for it first."""
    try:
        lock = _open()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            write_line("waiting: another sweep is measuring on this machine")
            fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        needed = "It must be a file that everyone may read, in a folder that everyone may write to."
        raise SystemExit(f"{PATH}: cannot lock the machine for measuring: {error.strerror}. {needed}") from None
    try:
        yield
    finally:
        os.close(lock)


def _open() -> int:
    """A descriptor of the lock; a new file may be read by other users, whatever the umask of this one."""
    umask = os.umask(0)
    try:
        return os.open(PATH, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0o644)
    except FileExistsError:
        return os.open(PATH, os.O_RDONLY | os.O_NONBLOCK)
    finally:
        os.umask(umask)
