"""Runs a build as a child until its end or its time limit, reads its memory, and leaves no process behind.

Standard library only, and little of it: each run pays for it.
"""

from __future__ import annotations

import os
import select
import sys
import time

from gil_scaling.launch import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping
else:
    import _signal as signal  # without enum, which signal imports for names that are not needed here

_MEMORY_INTERVAL_S = 0.002
_MAX_EXIT_S = 2.0  # of a child that has measured: threads or atexit functions of a workload may keep it
_STACKS_S = 0.2  # for a child that hangs to write the stacks of its threads
_MAX_OUTPUT = 20_000  # bytes
_MAX_READ = 2**20  # bytes
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2), Linux


class Ended:
    """How a child ended. exit_code is None where none was started; problem says why, if it could not be.

    output: the end of its stdout and stderr, as bytes. lingered: it had measured but did not exit, and was killed. cpu_s:
    CPU time of the child and of everything that it started, whether it waited for it or not; None where unknown.
    """

    def __init__(self, problem: str | None = None) -> None:
        self.problem = problem
        self.exit_code: int | None = None
        self.peak_memory_mb: float | None = None
        self.memory_kind: str | None = None
        self.cpu_s: float | None = None
        self.wall_s = 0.0
        self.output = b""
        self.timed_out = self.lingered = False


def run(command: list[str], environment: Mapping[str, str], folder: str, timeout_s: float) -> Ended:
    """Starts a command in a folder, with the number of a pipe for its events as last argument; returns how it ended.

    Its stdout and stderr are read through a pipe, which costs nothing if nothing is written and fills no disk.
    """
    adopts = _adopt_orphans()
    here = os.getcwd()
    used_s: list[float] = []
    began = time.monotonic()
    with signals_blocked(), _Pipes() as pipes:
        try:
            os.chdir(folder)
            pid = _start([*command, str(pipes.events_end)], environment, pipes.output_end)
        except OSError as error:
            return Ended(problem=error.strerror)
        finally:
            os.chdir(here)
            pipes.close_ends_of_child()
        child = _Child(pid, pipes, began + timeout_s)
        try:
            with _SignalMask(signal.SIG_UNBLOCK):
                used_s.append(child.wait(began))
        finally:
            _kill_descendants(pid, used_s)
        child.read(0)
    child.ended.cpu_s = sum(used_s) if adopts else None
    return child.ended


class _SignalMask:
    """Blocks or unblocks SIGINT and SIGTERM inside a with statement."""

    def __init__(self, how: int) -> None:
        self._how = how

    def __enter__(self) -> None:
        self._before = signal.pthread_sigmask(self._how, {signal.SIGTERM, signal.SIGINT})

    def __exit__(self, *_: object) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


def exit_on_interruption() -> None:
    """From now on SIGTERM and SIGINT end this process by SystemExit, so that its finally clauses run."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_interrupted)


def _exit_interrupted(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def signals_blocked() -> _SignalMask:
    """Blocks SIGINT and SIGTERM inside a with statement."""
    return _SignalMask(signal.SIG_BLOCK)


class _Pipes:
    """Three pipes: for events and output of a child, and one that wakes this process when a child ends.

    The two ends that the child writes to are closed in this process as soon as the child has them.
    """

    def __enter__(self) -> _Pipes:
        self.events, self.events_end = os.pipe()
        os.set_inheritable(self.events_end, True)
        self.output, self.output_end = os.pipe()
        self.wake, self._wake_end = os.pipe()
        os.set_blocking(self._wake_end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_end)
        return self

    def close_ends_of_child(self) -> None:
        """Closes what the child writes to."""
        os.close(self.events_end)
        os.close(self.output_end)

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for descriptor in (self.events, self.output, self.wake, self._wake_end):
            os.close(descriptor)


def _start(command: list[str], environment: Mapping[str, str], output: int) -> int:
    """Starts the child in its own session, with no signal blocked; returns its id."""
    return os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=(
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, output, 1),
            (os.POSIX_SPAWN_DUP2, output, 2),
        ),
        setsid=True,
        setsigmask=(),
    )


def _adopt_orphans() -> bool:
    """Makes this process the parent of orphans of the child, such as multiprocessing's forkserver.

    So they can be killed and their CPU time is known. Returns whether the system supports it.
    """
    if sys.platform != "linux":
        return False
    arguments = (_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        from _ctypes import call_cdeclfunction, dlopen, dlsym  # of which ctypes is made; its import costs each run 5 ms
    except ImportError:  # these are not public
        return _adopt_orphans_by_ctypes(arguments)
    prctl = dlsym(dlopen(None, 0), "prctl")  # type: ignore[arg-type]
    return bool(call_cdeclfunction(prctl, arguments) == 0)


def _adopt_orphans_by_ctypes(arguments: tuple[int, ...]) -> bool:
    try:
        import ctypes
    except ImportError:  # a Python that was built without libffi
        return False
    return bool(ctypes.CDLL(None).prctl(*arguments) == 0)


class _Child:
    """A running child: reads its pipes, and knows its deadline."""

    def __init__(self, pid: int, pipes: _Pipes, deadline: float) -> None:
        self.ended = Ended()
        self._pid, self._deadline = pid, deadline
        self._readers: dict[int, Callable[[bytes], None]] = {
            pipes.events: self._read_events,
            pipes.output: self._read_output,
            pipes.wake: lambda _: None,
        }
        self._reads_memory = self._has_measured = False

    def wait(self, began: float) -> float:
        """Waits for its end, or kills it at the deadline; returns the CPU time that it used."""
        while True:
            left_s = self._deadline - time.monotonic()
            if left_s > 0:
                self.read(min(left_s, _MEMORY_INTERVAL_S) if self._reads_memory else left_s)
            else:
                self.ended.lingered, self.ended.timed_out = self._has_measured, not self._has_measured
                if self.ended.timed_out:
                    self._read_stacks()
                _kill_group(self._pid)
            pid, status, usage = os.wait4(self._pid, os.WNOHANG if left_s > 0 else 0)
            if pid:
                self.ended.exit_code = os.waitstatus_to_exitcode(status)
                self.ended.wall_s = time.monotonic() - began
                return usage.ru_utime + usage.ru_stime

    def read(self, seconds: float) -> None:
        """Reads the pipes; waits at most so many seconds for something to read."""
        for descriptor in select.select(list(self._readers), [], [], seconds)[0]:
            data = os.read(descriptor, _MAX_READ)
            if data:
                self._readers[descriptor](data)
            else:
                del self._readers[descriptor]
        if self._reads_memory:
            self._read_memory()

    def _read_stacks(self) -> None:
        """Reads the stacks of the child's threads, which measure/__main__.py has faulthandler write on this signal."""
        kill(self._pid, lambda pid, _: os.kill(pid, signal.SIGUSR2))
        end = time.monotonic() + _STACKS_S
        while time.monotonic() < end:
            self.read(_STACKS_S)

    def _read_events(self, data: bytes) -> None:
        self._reads_memory = data.endswith(b"memory_begin\n")
        if b"memory_begin" in data and not self._reads_memory:  # the sample is over already
            self._read_memory()
        if data.endswith(b"measured\n"):
            self._has_measured = True
            self._deadline = min(self._deadline, time.monotonic() + _MAX_EXIT_S)

    def _read_output(self, data: bytes) -> None:
        self.ended.output = (self.ended.output + data)[-_MAX_OUTPUT:]

    def _read_memory(self) -> None:
        size_mb, kind = processes.memory(self._pid)
        if size_mb is not None and size_mb > (self.ended.peak_memory_mb or 0):
            self.ended.peak_memory_mb, self.ended.memory_kind = size_mb, kind


def _kill_descendants(pid: int, used_s: list[float]) -> None:
    """Kills what is left of the child's group and all orphans, and appends the CPU time of each."""
    _kill_group(pid)
    while True:
        unkillable = [orphan for orphan in processes.tree(os.getpid())[1:] if not kill(orphan)]
        try:
            ended, _, usage = os.wait4(-1, os.WNOHANG if unkillable else 0)
        except ChildProcessError:
            return
        if not ended:
            return
        used_s.append(usage.ru_utime + usage.ru_stime)


def _kill_group(pid: int) -> None:
    kill(pid, os.killpg)


def kill(pid: int, send: Callable[[int, int], None] | None = None) -> bool:
    """Kills a process (or group); returns False where not permitted: a workload may start one as another user."""
    try:
        (send or os.kill)(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError:
        return False
    return True
