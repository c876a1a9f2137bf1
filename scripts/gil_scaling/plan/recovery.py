"""What calls that ended early left behind: the lock, the outputs that they did not finish, the round that they split."""

import atexit
import calendar
import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gil_scaling.launch.lock import CALL_LOCK, holder, read_holder
from gil_scaling.result_set import INDEX, write_text

STATE = Path(".snakemake/gil-scaling")  # in it a folder per machine: what its calls and jobs pass to each other
UNFINISHED = "unfinished.json"  # in such a folder: the outputs of calls that were killed, until they are made again
_LAST_CALLS = "last_calls.json"  # {sweep: [id, runs]}

_locks: dict[Path, int] = {}  # {folder: descriptor}, open for as long as this process lives


class LockedError(Exception):
    """Another call works with this folder; the message says which."""


def lock(state: Path, *, take_over: bool = False) -> None:
    """Holds the lock of a machine until this process ends, however it does. Raises LockedError while another call holds it.

    state: the folder of the machine, which hosts may share; take_over: the call that holds it has lost its node, or ends before
    its next run because of that, and is waited for. On one host flock decides, between hosts the name in the file: not every
    network file system has locks.
    """
    if state.absolute() in _locks:
        return
    state.mkdir(parents=True, exist_ok=True)
    path, mine = state / CALL_LOCK, holder(os.uname().nodename, os.getpid())
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    if take_over:
        path.write_text(mine)
    other = read_holder(state)
    host = other.partition(" ")[0]
    if not flock(descriptor, wait=take_over):
        os.close(descriptor)
        raise LockedError(
            f"another call of Snakemake ({other.strip() or 'unknown'}) is at work in {state}; wait for its end"
        )
    if other and host != os.uname().nodename:
        os.close(descriptor)
        raise LockedError(
            f"a call on the host {host} is at work here, or was killed there; if it no longer runs, remove {path}"
        )
    if read_holder(state) != mine:  # where it is, others may read it now
        path.write_text(mine)
    _locks[state.absolute()] = descriptor
    at_exit(_release, path)


def flock(descriptor: int, *, wait: bool) -> bool:
    """Locks an open file until it is closed; returns whether it is locked. A file system without locks counts as one that locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def _release(path: Path) -> None:
    if _is_held(path.parent):
        path.write_text("")


def _is_held(state: Path) -> bool:
    """Whether no other call has taken over."""
    return read_holder(state) == holder(os.uname().nodename, os.getpid())


def read_unfinished(state: Path) -> set[str]:
    """The paths of the outputs that calls began and did not finish."""
    return set(read_json(state / UNFINISHED, []))


def note_unfinished(state: Path, outputs: Iterable[str]) -> None:
    """Notes what a call is going to make, until it ends by itself; what an earlier call left and this one does not make stays."""
    made, earlier = set(outputs), read_unfinished(state)
    write_text(state / UNFINISHED, json.dumps(sorted(made | earlier)))
    _sync_names(state)
    at_exit(_end, state, earlier - made)


def _sync_names(folder: Path) -> None:
    """Has the names of the files in a folder outlast a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    with contextlib.suppress(OSError):  # a file system that syncs no folders
        os.fsync(descriptor)
    os.close(descriptor)


def at_exit(function: Callable[..., None], *arguments: Any) -> None:
    """Has a function called when this process, but no fork of it, ends by itself, in the working directory that is now.

    Snakemake leaves that of `--directory` before it ends. An interruption no longer counts then: on Ctrl-C, `uv run` sends a
    second one, which would cut this off.
    """
    folder, pid = os.getcwd(), os.getpid()

    def call() -> None:
        if os.getpid() == pid:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            with contextlib.chdir(folder):
                function(*arguments)

    atexit.register(call)


def _end(state: Path, left: set[str]) -> None:
    os.sync()  # a power failure must not cut off what is no longer noted
    if not _is_held(state):
        return
    if left:
        write_text(state / UNFINISHED, json.dumps(sorted(left)))
    else:
        (state / UNFINISHED).unlink(missing_ok=True)


@dataclass(frozen=True)
class LastCall:
    """The last call that measured a sweep and did not end by itself: its id, and the names of all runs that it had to measure."""

    id: str | None = None
    runs: frozenset[str] = frozenset()


def read_last_call(state: Path, sweep: str) -> LastCall:
    """The last call of a sweep; one without runs if it ended by itself."""
    call, runs = read_json(state / _LAST_CALLS, {}).get(sweep, (None, ()))
    return LastCall(call, frozenset(runs))


def note_last_call(state: Path, sweep: str, call: str, names: Iterable[str]) -> None:
    """Notes the runs that a call of a sweep is going to measure; none when it has ended by itself."""
    path = state / _LAST_CALLS
    write_text(path, json.dumps({**read_json(path, {}), sweep: [call, sorted(names)]}))


def later_than(call: str | None, clock: Callable[[], float] = time.time) -> float:
    """The time in seconds since the epoch, but after a call began, whose host may have had another clock: ids are in order."""
    if not call:
        return clock()
    return max(clock(), calendar.timegm(time.strptime(call[:15], "%Y%m%dT%H%M%S")) + 1)


def lacks_figures(folder: str | Path) -> bool:
    """Whether a folder of figures does not hold all that its index names."""
    entries = read_json(Path(folder, INDEX), None)
    try:
        names = [f"{entry['name']}{end}" for entry in entries if not entry["missing"] for end in (".svg", ".csv")]
    except (LookupError, TypeError):
        return True
    return not all(Path(folder, name).exists() for name in names)


def read_json(path: Path, default: Any) -> Any:
    """The content of a JSON file; the default where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default
