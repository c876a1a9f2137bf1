"""The lock of the machine, so that only one run is measured at a time, whoever measures; and which call a sweep belongs to."""

from __future__ import annotations

import fcntl
import os

from gil_scaling.launch.progress import write_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.launch.interfaces import CallInfo

PATH = "/tmp/gil-scaling.lock"
CALL_LOCK = "call.lock"  # in the folder that the calls of a machine share: which of them is at work


def holder(host: str, pid: int) -> str:
    """How a call is named in its lock: by a whole line."""
    return f"{host} {pid}\n"


def read_holder(folder: str | os.PathLike[str]) -> str:
    """The call that holds the lock in a folder; empty if there is none, or if a power failure cut its name off."""
    try:
        with open(os.path.join(folder, CALL_LOCK), encoding="utf-8") as file:
            found = file.read()
    except OSError:
        return ""
    return found if found.endswith("\n") else ""


def check_call(call: CallInfo) -> None:
    """Raises SystemExit if another call has taken over the machine of this one, as it does where a node was lost."""
    found = read_holder(os.path.dirname(call["plan"]))
    if found not in ("", holder(call["host"], call["pid"])):
        raise SystemExit(f"another call, on {found.partition(' ')[0]}, has taken over this sweep")


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
