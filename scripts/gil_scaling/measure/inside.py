"""Samples the threads of this process by one more thread: for builds whose stacks cannot be read from outside.

With the GIL each sample takes it from a worker, and without it each sample stops all of them, so it is done less often. As no
worker runs in Python while a sample is taken, what it did comes from the clock of its CPU time, and is charged to the line at
which it stopped.
"""

import os
import sys
import threading
from time import clock_gettime, perf_counter, thread_time

from gil_scaling.measure.stacks import LOCK, UNKNOWN, Places, Seen, queued_ns, state_of_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from gil_scaling.measure.interfaces import Record
    from gil_scaling.measure.stacks import Frame, Place

INTERVAL_S = 0.01


class Inside:
    """Samples the other threads inside with statements."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen = Seen()
        self._window_s = self._cpu_s = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _sample(self) -> None:
        began = last = perf_counter()
        used: dict[int, float] = {}
        while not self._stop.wait(INTERVAL_S):
            now = perf_counter()
            self._tick(now - last, used)
            last = now
        self._window_s += perf_counter() - began
        self._cpu_s += thread_time()

    def _tick(self, seconds: float, used: "dict[int, float]") -> None:
        """Reads all threads; seconds: since the time before; used: what each had run, or waited for a CPU, until then."""
        ids = {thread.ident: thread.native_id for thread in threading.enumerate()}
        threads: list[tuple[Place, float, str, float]] = []
        for ident, frame in sys._current_frames().items():
            tid = ids.get(ident)
            place = None if tid is None or ident == threading.get_ident() else self._places.find(_frames(frame))
            if place is None or tid is None:
                continue
            try:
                cpu_s = clock_gettime(((~tid) << 3) | 6)  # of one thread, as in pthread_getcpuclockid(3) on Linux
            except OSError:
                continue
            active_s = cpu_s + _read_queued(tid)
            running_s = min(seconds, active_s - used.get(tid, max(0.0, active_s - seconds)))
            used[tid] = active_s
            threads.append((place, running_s, _read_wait(tid), seconds - running_s))
        if threads:
            self._seen.add_used(threads)

    def describe(self) -> "Record":
        """As sampler.Watch describes what was seen from outside."""
        times = {"window_s": self._window_s, "cpu_s": self._cpu_s}
        return {**self._seen.describe(), **times, "method": "inside", "interval_s": INTERVAL_S}


def _frames(frame: "FrameType | None") -> "Iterator[Frame]":
    while frame is not None:
        code = frame.f_code
        yield code.co_filename, frame.f_lineno, getattr(code, "co_qualname", code.co_name)
        frame = frame.f_back


def _read_queued(tid: int) -> float:
    """The seconds that a thread has waited for a CPU, 0 where the system does not show it."""
    try:
        with open(f"/proc/self/task/{tid}/schedstat", "rb") as file:
            return queued_ns(file.read()) / 1e9
    except OSError:
        return 0.0


def _read_wait(tid: int) -> str:
    """What a thread waits for; one that wants to run waits for the GIL, or has stopped for the sample."""
    try:
        with open(f"/proc/self/task/{tid}/syscall", "rb") as file:
            state = state_of_call(file.read())
    except OSError:
        return LOCK if os.path.exists(f"/proc/self/task/{tid}") else UNKNOWN
    return state or LOCK
