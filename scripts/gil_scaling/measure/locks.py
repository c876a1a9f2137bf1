"""Locks that count how long threads wait for them and which lines hold them meanwhile, for an extra run.

`install` replaces Lock and RLock of the module threading by metered ones, before the workload is imported. The standard library
makes Condition, Event, Barrier, queue.Queue and others out of these, so that they are metered, too; the locks of this package
itself stay as they are. Not metered: locks in C code (of io, queue.SimpleQueue, extension modules, and those that each object
of a free-threaded build has), of `_thread` and multiprocessing, and those created before `install`.
"""

import _thread
import threading
from _thread import get_ident
from functools import partial
from time import perf_counter

from gil_scaling.measure.lock_counts import Meter, Site, site_of_new_lock, user_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gil_scaling.measure.lock_counts import Counts, Place


def install() -> None:
    """Meters the locks that are created from now on."""
    threading.Lock, threading.RLock = _Lock, _RLock  # type: ignore[assignment]
    _meter_conditions()
    _meter_semaphores()


class _Lock(Meter):
    """threading.Lock, metered.

    The thread that holds it owns _counts (its own), _since and _place: where it acquired it, None under `with`, whose end is in
    the same line. What happens each time stands in few functions, as calls take longer than the lock itself.
    """

    __slots__ = ("_acquire", "_counts", "_lock", "_place", "_release", "_since")
    _make: "Callable[[], Any]" = staticmethod(_thread.allocate_lock)
    _kind = "Lock"

    def __new__(cls) -> "Any":
        """A metered lock, or a plain one where this package itself creates it."""
        site = site_of_new_lock(cls._kind)
        if site is None:
            return cls._make()
        lock = object.__new__(cls)
        lock._begin(site)
        return lock

    def __init__(self) -> None:
        """Leaves all to __new__."""

    def _begin(self, site: Site) -> None:
        Meter.__init__(self, site)
        self._lock = self._make()
        self._acquire: Callable[..., bool] = self._lock.acquire
        self._release: Callable[[], None] = self._lock.release
        self._reset()

    def _reset(self) -> None:
        """Forgets who holds it."""
        self._counts: Counts | None = None
        self._since = 0.0
        self._place: Place | None = None

    @property  # type: ignore[misc]
    def __class__(self) -> "Any":
        """The type of a plain lock, for isinstance."""
        return type(self._lock)

    def __reduce__(self) -> "Any":
        return self._lock.__reduce_ex__(4)  # raises TypeError

    def __repr__(self) -> str:
        return repr(self._lock)

    def locked(self) -> bool:
        """Whether it is held."""
        held: bool = self._lock.locked()
        return held

    _is_owned = locked  # for Condition, which would try to acquire it

    def __enter__(self) -> bool:
        if not self._acquire(False):
            self.wait(self._acquire, True, -1)
        self._counts = counts = self._by_thread.get(get_ident()) or self.counts()
        counts.tries += 1
        self._since = perf_counter()
        return True

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Acquires it, as a plain lock is acquired."""
        if timeout != -1 and (not blocking or timeout < 0):
            return self._acquire(blocking, timeout)  # raises ValueError
        if not self._acquire(False) and not self.wait(self._acquire, blocking, timeout):
            return False
        self._counts = counts = self.counts()
        counts.tries += 1
        self._place = user_place()
        self._since = perf_counter()
        return True

    def release(self) -> None:
        """Releases it."""
        counts = self._counts
        if counts is not None:
            if self._waiting:
                self.blame(self._since, self._place)
            counts.held_s += perf_counter() - self._since
            self._counts = self._place = None
        self._release()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._lock._at_fork_reinit()
        self._waiting.clear()
        self._reset()


class _RLock(_Lock):
    """threading.RLock, metered: held from its first acquisition to its last release."""

    __slots__ = ("_depth", "_owner")
    _make = staticmethod(threading.RLock)
    _kind = "RLock"

    def _reset(self) -> None:
        super()._reset()
        self._owner: int | None = None
        self._depth = 0

    def locked(self) -> bool:
        """Whether any thread holds it."""
        return self._owner is not None

    def _is_owned(self) -> bool:
        return self._owner == get_ident()

    def __enter__(self) -> bool:
        if self._owner != get_ident():
            super().__enter__()
            self._owner = get_ident()
        self._depth += 1
        return True

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Acquires it, once more where the thread holds it."""
        if self._owner != get_ident():
            if not super().acquire(blocking, timeout):
                return False
            self._owner = get_ident()
        self._depth += 1
        return True

    def release(self) -> None:
        """Releases it once."""
        if self._owner != get_ident():
            self._release()  # raises RuntimeError
        self._depth -= 1
        if not self._depth:
            self._owner = None
            super().release()

    def _release_save(self) -> int:
        depth, self._depth = self._depth, 1
        self.release()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        self.acquire()
        self._depth = depth

    def _recursion_count(self) -> int:
        return self._depth if self._is_owned() else 0


for _type in (_Lock, _RLock):
    _type.__name__ = _type.__qualname__ = _type._kind


def _meter_conditions() -> None:
    """Has Condition.wait time the wait for a notification, in which its lock is not held."""
    condition: Any = threading.Condition
    plain_wait: Callable[..., bool] = condition.wait

    def wait(self: "Any", timeout: "float | None" = None) -> bool:
        if not isinstance(self._lock, Meter):
            return plain_wait(self, timeout)
        counts = self._lock.counts()
        began_s = perf_counter() - counts.waited_s
        try:
            return plain_wait(self, timeout)
        finally:  # the time to acquire the lock again is in waited_s
            counts.slept_s += perf_counter() - counts.waited_s - began_s

    condition.wait = wait


_semaphore_init, _semaphore_acquire = threading.Semaphore.__init__, threading.Semaphore.acquire


def _meter_semaphores() -> None:
    """Has semaphores count how they themselves are acquired, in place of the lock inside them."""
    semaphore: Any = threading.Semaphore
    semaphore.__init__ = _begin_semaphore
    semaphore.acquire = semaphore.__enter__ = _acquire_semaphore
    for each in (semaphore, threading.BoundedSemaphore):
        each.release = _release_metered(each.release)  # type: ignore[method-assign]


def _begin_semaphore(self: "Any", value: int = 1) -> None:
    _semaphore_init(self, value)
    self._meter = None
    self._holds = {}  # {thread: since when it holds each}; one that only signals holds none
    if isinstance(self._cond._lock, Meter):
        self._meter = self._cond._lock
        self._cond = threading.Condition(self._meter._lock)


def _acquire_semaphore(self: "Any", blocking: bool = True, timeout: "float | None" = None) -> bool:
    meter = self._meter
    if meter is None or (timeout is not None and not blocking):
        return _semaphore_acquire(self, blocking, timeout)
    again = partial(_semaphore_acquire, self)
    if not again(False) and not meter.wait(again, blocking, timeout):
        return False
    meter.counts().tries += 1
    self._holds.setdefault(get_ident(), []).append(perf_counter())
    return True


def _release_metered(plain_release: "Callable[[Any, int], None]") -> "Any":
    def release(self: "Any", n: int = 1) -> None:
        own = self._holds.get(get_ident(), [])
        for _ in range(min(n, len(own))):
            meter, since = self._meter, own.pop()
            if meter._waiting:
                meter.blame(since, holders=1 + sum(map(len, list(self._holds.values()))))
            meter.counts().held_s += perf_counter() - since
        plain_release(self, n)

    return release
