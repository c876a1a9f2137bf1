"""Reads from outside how long the garbage collectors of workers took that are processes or interpreters (Python 3.15+)."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from gil_scaling.measure.interfaces import Record

ERRORS = (RuntimeError, OSError)  # of reading what has ended, or changes meanwhile


class RemotePauses:
    """The pauses since `begin` that `read` has seen; what a worker collects after it was read last is lost.

    monitor: `_remote_debugging.GCMonitor`; pid: the process of which no pause counts but those of its further interpreters,
    as its first one runs no task.
    """

    def __init__(self, monitor: "Any", pid: int) -> None:
        self._monitor, self._pid = monitor, pid
        self._monitors: dict[int, Any] = {}
        self._before: dict[tuple[int, int, int], tuple[int, float]] = {}
        self._count, self._seconds = 0, 0.0

    def begin(self) -> None:
        """Forgets the workers of the time before."""
        self._monitors.clear()
        self._before.clear()

    def read(self, pids: "Iterable[int]") -> None:
        """Adds what the interpreters of these processes have collected since the time before."""
        for pid in pids:
            try:
                monitor = self._monitors.get(pid) or self._monitors.setdefault(pid, self._monitor(pid))
                found = monitor.get_gc_stats(all_interpreters=True)
            except ERRORS:
                continue
            for key, now in _latest(found).items():
                if (pid, key[0]) != (self._pid, 0):
                    self._add((pid, *key), now)

    def _add(self, key: "tuple[int, int, int]", now: "tuple[int, float]") -> None:
        count, seconds = self._before.get(key, now)  # a forked process begins with the statistics of its parent
        self._count += max(0, now[0] - count)
        self._seconds += max(0.0, now[1] - seconds)
        self._before[key] = now

    def describe(self) -> "Record":
        """How many there were, and their length in seconds; each stopped one worker only."""
        return {"count": self._count, "seconds": self._seconds, "stops_others": False}


def _latest(found: "Iterable[Any]") -> "dict[tuple[int, int], tuple[int, float]]":
    """{(interpreter, generation): (collections, their seconds)} of statistics, which hold those of earlier ones as well."""
    latest: dict[tuple[int, int], tuple[int, float]] = {}
    for each in found:
        key = each.iid, each.gen
        latest[key] = max(latest.get(key, (0, 0.0)), (each.collections, each.duration))
    return latest
