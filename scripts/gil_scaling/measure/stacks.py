"""Which line of the user's files a stack is in, and what the workers do there: the part of sampling that reads no process."""

import os
import platform
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Optional

    from gil_scaling.measure.interfaces import Record

    Frame = tuple[str, int, str]  # (path, line, function)
    Place = tuple[str, int, str, Optional[str]]  # the same of the user's frame, and what it had called

RUNNING, LOCK, SLEEP, UNKNOWN = "running", "lock", "sleep", "unknown"  # states of a thread

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_BACKENDS = os.path.join(_PACKAGE, "backends")
_CALLERS = {  # {file: functions that call tasks, as the end of their qualified names}
    os.path.join(_PACKAGE, "worker.py"): ("run_tasks",),
    os.path.join(_BACKENDS, "asyncio.py"): ("work",),
    os.path.join(_BACKENDS, "asyncio_threads.py"): ("run_task",),
}


_FUTEX = {"x86_64": (b"202", b"449", b"455"), "aarch64": (b"98", b"449", b"455")}.get(platform.machine())


def state_of_call(text: bytes) -> "str | None":
    """What a thread waits for, from the file `syscall` of /proc; None where it runs again.

    Locks of Python and the GIL wait in futex, futex_waitv or futex_wait.
    """
    call = text.partition(b" ")[0].strip()
    if call == b"running":
        return None
    if _FUTEX is None or not call.isdigit():
        return UNKNOWN
    return LOCK if call in _FUTEX else SLEEP


def queued_ns(text: bytes) -> int:
    """How long a thread has waited for a CPU, from the file `schedstat` of /proc; 0 where the system does not count it."""
    parts = text.split()
    return int(parts[1]) if len(parts) > 1 else 0


class Places:
    """Finds the line of a stack that is to be named. files: the paths of the workload and its modules."""

    def __init__(self, files: "Iterable[str]") -> None:
        self._files = frozenset(map(os.path.realpath, files))
        self._resolve = cache(os.path.realpath)

    def find(self, frames: "Iterable[Frame]") -> "Place | None":
        """The innermost line of the user's files in a stack of a task, None outside of tasks.

        frames: the innermost first. What the line called in other files is named with it: `put (queue.py)`.
        """
        place: Place | None = None
        callee = None
        for path, line, function in frames:
            if function.rpartition(".")[2] in _CALLERS.get(path, ()):
                return place
            if place is not None:
                continue
            if self._resolve(path) in self._files:
                place = (path, line, function, callee)
            else:
                callee = f"{function} ({os.path.basename(path)})"
        return None


class Seen:
    """What was seen of the workers, in seconds summed over them.

    running_s, lock_s, sleep_s and unknown_s are in `states`; lines: {place: [running, waiting, held]}, where held is the time
    that others waited for a lock or the GIL while this line ran; run_queue_s: waited for a CPU, part of running.
    """

    def __init__(self) -> None:
        self.lines: dict[Place, list[float]] = {}
        self.states = dict.fromkeys((RUNNING, LOCK, SLEEP, UNKNOWN), 0.0)
        self.run_queue_s = 0.0
        self.ticks = self.errors = 0

    def add(self, threads: "list[tuple[Place, str]]", seconds: float, holders: "list[Place] | None" = None) -> None:
        """Adds what the threads that run tasks did for some seconds, each as (place, state).

        holders: the places of those that hold the GIL, None where it is off or not known: then all that run may hold what
        others wait for.
        """
        self.ticks += 1
        for place, state in threads:
            self.states[state] += seconds
            self._line(place)[0 if state == RUNNING else 1] += seconds
        if holders is None:
            holders = [place for place, state in threads if state == RUNNING]
        waiting = sum(state == LOCK for _, state in threads)
        for place in holders:
            self._line(place)[2] += seconds * waiting / len(holders)

    def add_used(self, threads: "list[tuple[Place, float, str, float]]") -> None:
        """Adds what the threads did, each as (place, seconds that it ran, state otherwise, seconds in it)."""
        self.ticks += 1
        all_running_s = sum(running_s for _, running_s, _, _ in threads)
        locked_s = sum(waiting_s for _, _, state, waiting_s in threads if state == LOCK)
        for place, running_s, state, waiting_s in threads:
            self.states[RUNNING] += running_s
            self.states[state] += waiting_s
            line = self._line(place)
            line[0] += running_s
            line[1] += waiting_s
            line[2] += locked_s * running_s / all_running_s if all_running_s else 0.0

    def _line(self, place: "Place") -> "list[float]":
        return self.lines.setdefault(place, [0.0, 0.0, 0.0])

    def describe(self) -> "Record":
        """All of it as JSON; the lines as lists of path, line, function, callee, running, waiting and held."""
        lines: list[list[Any]] = [[*place, *seconds] for place, seconds in self.lines.items()]
        return {
            "lines": lines,
            "states": self.states,
            "run_queue_s": self.run_queue_s,
            "ticks": self.ticks,
            "errors": self.errors,
        }
