"""What calls that ended early left behind: the lock, the outputs that they did not finish, the round that they split."""

import atexit
import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gil_scaling.plan.request import FOLDER
from gil_scaling.result_set import INDEX, write_text

UNFINISHED = FOLDER / "unfinished.json"  # the outputs of calls that were killed, until they are made again
_LAST_CALLS = FOLDER / "last_calls.json"  # {machine/sweep: [id, runs]}

_locks: dict[str, int] = {}  # {folder: descriptor}, open for as long as this process lives


def lock_folder() -> bool:
    """Whether this process holds the lock on the working directory; however it ends, the lock is free then."""
    if os.getcwd() in _locks:
        return True
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = os.open(FOLDER / "call.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _locks[os.getcwd()] = lock
    return True


def read_unfinished() -> set[str]:
    """The paths of the outputs that calls began and did not finish."""
    return set(_read(UNFINISHED, []))


def note_unfinished(outputs: Iterable[str]) -> None:
    """Notes what a call is going to make, until it ends by itself; what an earlier call left and this one does not make stays."""
    made, earlier = set(outputs), read_unfinished()
    write_text(UNFINISHED, json.dumps(sorted(made | earlier)))
    at_exit(_end, earlier - made)


def at_exit(function: Callable[..., None], *arguments: Any) -> None:
    """Has a function called when this process, but no fork of it, ends by itself, in the working directory that is now.

    Snakemake leaves that of `--directory` before it ends.
    """
    folder, pid = os.getcwd(), os.getpid()

    def call() -> None:
        if os.getpid() == pid:
            with contextlib.chdir(folder):
                function(*arguments)

    atexit.register(call)


def _end(left: set[str]) -> None:
    os.sync()  # a power failure must not cut off what is no longer noted
    if left:
        write_text(UNFINISHED, json.dumps(sorted(left)))
    else:
        UNFINISHED.unlink(missing_ok=True)


@dataclass(frozen=True)
class LastCall:
    """The last call that measured a sweep and did not end by itself: its id, and the names of all runs that it had to measure."""

    id: str | None = None
    runs: frozenset[str] = frozenset()


def read_last_call(sweep: str) -> LastCall:
    """The last call of a sweep (machine/name); one without runs if it ended by itself."""
    call, runs = _read(_LAST_CALLS, {}).get(sweep, (None, ()))
    return LastCall(call, frozenset(runs))


def note_last_call(sweep: str, call: str, names: Iterable[str]) -> None:
    """Notes the runs that a call of a sweep is going to measure; none when it has ended by itself."""
    write_text(_LAST_CALLS, json.dumps({**_read(_LAST_CALLS, {}), sweep: [call, sorted(names)]}))


def lacks_figures(folder: str | Path) -> bool:
    """Whether a folder of figures does not hold all that its index names."""
    entries = _read(Path(folder, INDEX), None)
    try:
        names = [f"{entry['name']}{end}" for entry in entries if not entry["missing"] for end in (".svg", ".csv")]
    except (LookupError, TypeError):
        return True
    return not all(Path(folder, name).exists() for name in names)


def _read(path: Path, default: Any) -> Any:
    """The content of a JSON file; the default where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default
