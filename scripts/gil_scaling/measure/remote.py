"""Reads the stacks and the states of another process's threads: with `_remote_debugging` (3.14+) and /proc."""

import errno
import os

from gil_scaling.measure.remote_pauses import RemotePauses
from gil_scaling.measure.stacks import LOCK, RUNNING, UNKNOWN, queued_ns, state_of_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gil_scaling.measure.interfaces import Record
    from gil_scaling.measure.stacks import Frame

ERRORS = (RuntimeError, OSError, UnicodeDecodeError, MemoryError, ValueError)  # of reading what changes meanwhile
_HAS_GIL, _GIL_REQUESTED = 1 << 0, 1 << 3  # thread status flags of 3.15
_ALL = 3  # its mode in which threads have both
_NEW_WORKERS_TICKS = 10
_PAUSES_TICKS = 5
_MAX_READ = 1024  # bytes
REFUSED = "the system does not permit one process to read another (ptrace): in a container, allow SYS_PTRACE"


class Unreadable(Exception):
    """No stack of the process can be read; the message says why."""


class Thread:
    """A thread as it was seen: its process and id, its frames with the innermost first, and whether it has the GIL.

    wants_gil: whether it waits for it, where the build shows that.
    """

    __slots__ = ("frames", "has_gil", "pid", "tid", "wants_gil")

    def __init__(self, pid: int, tid: int, frames: "list[Frame]", has_gil: bool, wants_gil: bool) -> None:
        self.pid, self.tid, self.frames = pid, tid, frames
        self.has_gil, self.wants_gil = has_gil, wants_gil


class Reader:
    """Reads the threads of a process and, for workers that are processes, of its descendants.

    knows_holder: whether the threads say which of them holds the GIL.
    """

    def __init__(self, pid: int, backend_kind: str) -> None:
        import _remote_debugging

        self._module = _remote_debugging
        self._pid, self._backend_kind = pid, backend_kind
        self._unwinders: dict[int, Any] = {}
        self._queued: dict[int, int] = {}  # by thread: ns that it had waited for a CPU
        self._files: dict[int, list[int]] = {}  # by thread
        self._ticks = 0
        self._has_flags = hasattr(_remote_debugging, "THREAD_STATUS_HAS_GIL")
        if backend_kind == "interpreters" and not self._has_flags:
            raise Unreadable(
                "Python 3.14 shows the threads of one interpreter only; from 3.15 on, those of all are read"
            )
        self._unwinders[pid] = self._open(pid)
        self._holder = self._open_holder(pid)
        monitor = getattr(_remote_debugging, "GCMonitor", None)
        is_apart = backend_kind in ("processes", "interpreters")  # gc.callbacks of the run do not see their pauses
        self._pauses = RemotePauses(monitor, pid) if monitor and is_apart else None
        self.knows_holder = self._holder is not None or (self._has_flags and _has_gil())

    def _open(self, pid: int) -> "Any":
        if self._has_flags:  # all threads, whatever they do, with their status
            return self._module.RemoteUnwinder(
                pid, all_threads=True, mode=_ALL, skip_non_matching_threads=False, cache_frames=True
            )
        return self._module.RemoteUnwinder(pid, all_threads=True)

    def _open_holder(self, pid: int) -> "Any":
        """What reads the thread that holds the GIL, where the status of a thread does not show it."""
        if self._has_flags or not _has_gil():
            return None
        try:
            return self._module.RemoteUnwinder(pid, only_active_thread=True)
        except ERRORS:  # a free-threaded build whose GIL is on
            return None

    def begin(self) -> None:
        """Forgets how long threads had waited for a CPU, and what was collected: nobody has looked since."""
        self._queued.clear()
        if self._pauses:
            self._pauses.begin()
        for tid in list(self._files):  # threads of the samples before
            self._close_files(tid)

    def read(self) -> "list[Thread]":
        """All threads; raises one of ERRORS where the process changed too much meanwhile."""
        if self._ticks % _NEW_WORKERS_TICKS == 0:
            self._find_workers()
        if self._pauses and self._ticks % _PAUSES_TICKS == 0:
            self._pauses.read(self._unwinders)
        self._ticks += 1
        threads: list[Thread] = []
        for pid, unwinder in list(self._unwinders.items()):
            try:
                threads += self._read_process(pid, unwinder)
            except ERRORS:
                if len(self._unwinders) == 1:
                    raise
                if not os.path.exists(f"/proc/{pid}/task"):
                    del self._unwinders[pid]
        return threads

    def _read_process(self, pid: int, unwinder: "Any") -> "Iterator[Thread]":
        holder = _first_id(self._holder) if self._holder is not None and pid == self._pid else None
        for thread in _threads(unwinder.get_stack_trace()):
            status = getattr(thread, "status", 0) or 0
            frames = [(frame.filename, _line(frame), frame.funcname) for frame in thread.frame_info]
            has_gil = thread.thread_id == holder or (self.knows_holder and bool(status & _HAS_GIL))
            yield Thread(pid, thread.thread_id, frames, has_gil, bool(status & _GIL_REQUESTED))

    def _find_workers(self) -> None:
        """Finds workers that are new, where they are not all seen at once."""
        if self._backend_kind == "processes":
            self._find_descendants()
        elif self._backend_kind == "interpreters":  # 3.15.2 reads those only that were there when it was opened
            self._unwinders[self._pid] = self._open(self._pid)

    def _find_descendants(self) -> None:
        members = [self._pid]
        for member in members:
            try:
                with open(f"/proc/{member}/task/{member}/children") as file:
                    members += map(int, file.read().split())
            except OSError:
                continue
            if member not in self._unwinders:
                try:
                    self._unwinders[member] = self._open(member)
                except ERRORS:  # not Python, or not yet
                    continue

    def describe_pauses(self) -> "Record | None":
        """The pauses of the garbage collector in workers that are no threads of the run, where the build shows them."""
        return self._pauses.describe() if self._pauses else None

    def read_state(self, thread: Thread) -> "tuple[str | None, float]":
        """(state, seconds that it waited for a CPU since the time before); the state is None for a thread that has ended."""
        files = self._files.get(thread.tid) or self._open_files(thread)
        try:
            letter = os.pread(files[0], _MAX_READ, 0).rpartition(b") ")[2][:1]
        except OSError:
            self._close_files(thread.tid)
            return None, 0.0
        state = LOCK if thread.wants_gil else RUNNING if letter == b"R" else self._read_wait(files[1])
        return state, self._read_queued(files[2], thread.tid)

    def _open_files(self, thread: Thread) -> "list[int]":
        """Descriptors of what the system shows of a thread, -1 for what cannot be read; kept open, as opening takes longest."""
        descriptors = []
        for name in ("stat", "syscall", "schedstat"):
            try:
                descriptors.append(os.open(f"/proc/{thread.pid}/task/{thread.tid}/{name}", os.O_RDONLY))
            except OSError:
                descriptors.append(-1)
        self._files[thread.tid] = descriptors
        return descriptors

    def _close_files(self, tid: int) -> None:
        for descriptor in self._files.pop(tid, ()):
            if descriptor >= 0:
                os.close(descriptor)

    def _read_wait(self, descriptor: int) -> str:
        """What a thread that does not run waits for, by its system call."""
        try:
            return state_of_call(os.pread(descriptor, _MAX_READ, 0)) or RUNNING  # it has begun to run since
        except OSError:
            return UNKNOWN

    def _read_queued(self, descriptor: int, tid: int) -> float:
        try:
            now_ns = queued_ns(os.pread(descriptor, _MAX_READ, 0))
        except OSError:
            return 0.0
        before_ns = self._queued.get(tid, now_ns)
        self._queued[tid] = now_ns
        return max(0, now_ns - before_ns) / 1e9


def open_reader(pid: int, backend_kind: str) -> Reader:
    """A reader of the threads of a process; raises Unreadable."""
    try:
        return Reader(pid, backend_kind)
    except ImportError:
        raise Unreadable("this build has no module _remote_debugging, which is there from Python 3.14 on") from None
    except (*ERRORS, TypeError) as error:
        if isinstance(error, PermissionError) or _is_refused(pid):
            raise Unreadable(REFUSED) from None
        raise Unreadable(f"the process cannot be read: {type(error).__name__}: {error}") from error


def _is_refused(pid: int) -> bool:
    """Whether the system does not permit to read that process: 3.14 says then that it is none of Python."""
    try:
        import ctypes  # here, as few runs need it

        read = ctypes.CDLL(None, use_errno=True).process_vm_readv
    except (ImportError, AttributeError, OSError):  # there is none but on Linux
        return False
    byte = ctypes.create_string_buffer(1)
    place = (ctypes.c_size_t * 2)(ctypes.addressof(byte), 1)  # a struct iovec; of another process, it need not be there
    return bool(read(pid, place, ctypes.c_ulong(1), place, ctypes.c_ulong(1), ctypes.c_ulong(0)) == -1) and (
        ctypes.get_errno() == errno.EPERM
    )


def _threads(found: "Any") -> "Iterator[Any]":
    """The threads of a stack trace: from 3.15 on they are grouped by interpreter."""
    for item in found:
        yield from item.threads if hasattr(item, "threads") else [item]


def _first_id(unwinder: "Any") -> "int | None":
    try:
        return next((thread.thread_id for thread in _threads(unwinder.get_stack_trace())), None)
    except ERRORS:
        return None


def _line(frame: "Any") -> int:
    """The line of a frame, 0 for none; from 3.15 on it is the first of its location."""
    if hasattr(frame, "lineno"):
        return frame.lineno or 0
    location = frame.location
    return (location if isinstance(location, int) else location[0]) if location else 0


def _has_gil() -> bool:
    import sys

    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())
