"""Counts what threads do with locks, per line of code that created them; all times are seconds.

A line is the innermost one outside the standard library: where a logger's handler is created, not where `logging` creates its lock.
"""

import os
import sys
import threading
from _thread import get_ident
from time import perf_counter

from gil_scaling.measure.user_code import is_library, is_measuring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from gil_scaling.measure.interfaces import Record

    Place = tuple[str, int, str]  # file, line, function

_METERS = tuple(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), name) for name in ("lock_counts.py", "locks.py")
)
_SUMS = ("tries", "contended", "failed", "waited_s", "held_s", "slept_s")


class Counts:
    """What one thread did with the locks of one line.

    tries: to acquire one; contended: those that found it taken; failed: those that did not get it; slept_s: waited for
    a notification (of a Condition, an Event, an item of a Queue); holders: {line: what others waited while it held one}.
    """

    __slots__ = (*_SUMS, "holders")

    def __init__(self) -> None:
        self.tries = self.contended = self.failed = 0
        self.waited_s = self.held_s = self.slept_s = 0.0
        self.holders: dict[Place, float] = {}

    def add(self, other: "Counts") -> None:
        """Adds the counts of another thread."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for place, waited_s in other.holders.items():
            self.holders[place] = self.holders.get(place, 0.0) + waited_s


class Site:
    """A line that creates locks; kind: what it creates; by_thread: {thread: its counts}, so that counting needs no lock."""

    __slots__ = ("by_thread", "kind", "place")

    def __init__(self, place: "Place", kind: str) -> None:
        self.place = place
        self.kind = kind
        self.by_thread: dict[int, Counts] = {}


class Meter:
    """What happens to one lock: who waits for it, and how long it is held."""

    __slots__ = ("__weakref__", "_by_thread", "_waiting")

    def __init__(self, site: Site) -> None:
        self._by_thread = site.by_thread
        self._waiting: dict[int, float] = {}  # {thread: since when}

    def counts(self) -> Counts:
        """The counts of the thread that calls."""
        return self._by_thread.get(get_ident()) or self._by_thread.setdefault(get_ident(), Counts())

    def wait(self, acquire: "Callable[..., bool]", blocking: bool, timeout: "float | None") -> bool:
        """Acquires a lock that is taken, and counts it; a try that fails is counted as a whole."""
        counts = self.counts()
        counts.contended += 1
        acquired = blocking and self._wait(counts, acquire, timeout)
        if not acquired:
            counts.tries += 1
            counts.failed += 1
        return acquired

    def _wait(self, counts: Counts, acquire: "Callable[..., bool]", timeout: "float | None") -> bool:
        began = self._waiting[get_ident()] = perf_counter()
        try:
            return acquire(True, timeout)
        finally:
            self._waiting.pop(get_ident(), None)
            counts.waited_s += perf_counter() - began

    def blame(self, since: float, place: "Place | None" = None, holders: int = 1) -> None:
        """Counts what others wait while the lock is held, from `since` until now.

        place: the line that holds it, if it is not the one that releases it; holders: how many hold it, of a semaphore.
        """
        now, waited_s = perf_counter(), 0.0
        for began in list(self._waiting.values()):
            waited_s += now - (since if since > began else began)
        lines, place = self.counts().holders, place or user_place()
        lines[place] = lines.get(place, 0.0) + waited_s / holders


_sites: "dict[tuple[Place, str], Site]" = {}


def site_of_new_lock(kind: str) -> "Site | None":
    """The line that creates a lock now; None for one of this package, and for that with which a thread begins.

    kind: of the lock, unless it is part of another object.
    """
    frame: Any = sys._getframe(1)
    while _of_library(frame):
        if frame.f_code.co_name == "__init__" and "self" in frame.f_locals:
            whole = type(frame.f_locals["self"])  # the last one is the outermost: Queue, StreamHandler, …
            if issubclass(whole, threading.Thread):
                return None
            kind = whole.__name__
        frame = frame.f_back
    place = _place(frame)
    if is_measuring(place[0]):
        return None
    return _sites.setdefault((place, kind), Site(place, kind))


def user_place() -> "Place":
    """The innermost line that runs outside the standard library."""
    frame: Any = sys._getframe(1)
    while _of_library(frame):
        frame = frame.f_back
    return _place(frame)


def _place(frame: "FrameType") -> "Place":
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


_skipped: "dict[str, bool]" = dict.fromkeys(_METERS, True)


def _of_library(frame: "FrameType") -> bool:
    """Whether a frame is of the standard library, of code without a file, or of the meters; there is always one below."""
    path = frame.f_code.co_filename
    try:
        return _skipped[path] and frame.f_back is not None
    except KeyError:
        _skipped[path] = is_library(path)
        return _of_library(frame)


class Totals:
    """The counts of all threads in some stretches of a run, per line that creates locks."""

    def __init__(self) -> None:
        self._by_site: dict[tuple[Place, str], Counts] = {}

    def skip(self) -> None:
        """Begins a stretch: what happened before does not count."""
        for site in list(_sites.values()):
            site.by_thread.clear()

    def add(self) -> None:
        """Adds what happened since the stretch began; to be called while no thread uses the locks."""
        for key, site in list(_sites.items()):
            total = self._by_site.setdefault(key, Counts())
            for counts in list(site.by_thread.values()):
                total.add(counts)
        self.skip()

    def describe(self) -> "list[Record]":
        """The counts of the lines whose locks were used, as JSON; holders: the lines, the longest first."""
        return [_describe(_sites[key], total) for key, total in self._by_site.items() if total.tries or total.slept_s]


def _describe(site: Site, total: Counts) -> "Record":
    sums = {name: getattr(total, name) for name in _SUMS}
    longest_first = sorted(total.holders.items(), key=lambda item: -item[1])
    holders = [{**_named(place), "waited_s": waited_s} for place, waited_s in longest_first]
    return {**_named(site.place), "kind": site.kind, **sums, "holders": holders}


def _named(place: "Place") -> "Record":
    return dict(zip(("file", "line", "function"), place))
