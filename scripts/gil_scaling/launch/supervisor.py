"""Starts a build as a child, waits for its end or its time limit, reads its memory, and leaves nothing of it running.

Standard library only, and little of it: each run pays for it.
"""

import os
import select
import signal
import sys
import time
from contextlib import contextmanager

from gil_scaling.launch import processes

_POLL_MEMORY_S = 0.002
_LEAVE_S = 2.0  # for the end of a child that has measured: threads or atexit functions of a workload may keep it
_KEPT_OUTPUT = 20_000
_MOST_IN_PIPE = 2**20
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2), Linux


class Ended:
    """How a child ended; without an exit code where none was started, with the problem where it could not be.

    output: the end of what it wrote to stdout and stderr, as bytes. lingered: it had measured, and was ended because it
    did not end. cpu_s is that of the child and of all that it started, also of what it did not wait for; None where not known.
    """

    def __init__(self, problem=None):
        self.problem = problem
        self.exit_code = self.peak_memory_mb = self.memory_kind = self.cpu_s = None
        self.wall_s = 0.0
        self.output = b""
        self.timed_out = self.lingered = False


def run(command, environment, folder, timeout_s):
    """Runs a command, to which the number of a pipe for its events is added, in a folder; returns how it Ended.

    What it writes to stdout and stderr comes by a pipe: it costs nothing where nothing is written, and fills no disk.
    """
    adopts = _adopt_orphans()
    os.chdir(folder)
    used, began = [], time.monotonic()
    with undisturbed(), _pipes() as (events, tell, output, write, wake):
        try:
            pid = _start([*command, str(tell)], environment, write)
        except OSError as error:
            return Ended(problem=error.strerror)
        finally:
            os.close(tell)
            os.close(write)
        child = _Child(pid, events, output, wake)
        try:
            with undisturbed(off=True):
                used.append(child.wait(began, timeout_s))
        finally:
            _end_all(pid, used)
        child.hear(0)
    child.ended.cpu_s = sum(used) if adopts else None
    return child.ended


@contextmanager
def undisturbed(off=False):
    """Lets the signals that interrupt a run wait for the end of the context; off: within it they come again."""
    how = signal.SIG_UNBLOCK if off else signal.SIG_BLOCK
    before = signal.pthread_sigmask(how, {signal.SIGTERM, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _pipes():
    """The ends that are needed of three pipes: read and write the child's events, its output, read that a child ended.

    The two to write to are closed as soon as the child has them, not here.
    """
    events, tell = os.pipe()
    os.set_inheritable(tell, True)
    output, write = os.pipe()
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    try:
        yield events, tell, output, write, wake
    finally:
        signal.set_wakeup_fd(-1)
        for descriptor in (events, output, wake, waker):
            os.close(descriptor)


def _start(command, environment, output):
    """Starts the child in a session of its own, with no signal blocked; returns its id."""
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


def _adopt_orphans():
    """Makes this process the parent of what the child's processes leave behind, such as multiprocessing's forkserver.

    So they can be ended and their CPU time is known. Returns whether the system does that.
    """
    if sys.platform != "linux":
        return False
    try:
        import ctypes  # here, for what it costs: 5 ms
    except ImportError:  # a Python that was built without libffi
        return False
    return ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


class _Child:
    """A child that runs: hears what it says by its pipes, and knows until when it may run."""

    def __init__(self, pid, events, output, wake):
        self.ended = Ended()
        self._pid = pid
        self._hearers = {events: self._hear_event, output: self._hear_output, wake: lambda _: None}
        self._deadline = None
        self._reads_memory = self._has_measured = False

    def wait(self, began, timeout_s):
        """Waits for its end, and ends it when its time is up; returns the CPU time that it used."""
        self._deadline = began + timeout_s
        while True:
            left = self._deadline - time.monotonic()
            if left > 0:
                self.hear(min(left, _POLL_MEMORY_S) if self._reads_memory else left)
            else:
                self.ended.lingered, self.ended.timed_out = self._has_measured, not self._has_measured
                _kill_group(self._pid)
            found, status, usage = os.wait4(self._pid, os.WNOHANG if left > 0 else 0)
            if found:
                self.ended.exit_code = os.waitstatus_to_exitcode(status)
                self.ended.wall_s = time.monotonic() - began
                return usage.ru_utime + usage.ru_stime

    def hear(self, seconds):
        """Takes what it says now or, where it says nothing, within so many seconds."""
        for end in select.select(list(self._hearers), [], [], seconds)[0]:
            said = os.read(end, _MOST_IN_PIPE)
            if said:
                self._hearers[end](said)
            else:
                del self._hearers[end]
        if self._reads_memory:
            self._note_memory()

    def _hear_event(self, said):
        self._reads_memory = said.endswith(b"memory_begin\n")
        if b"memory_begin" in said and not self._reads_memory:  # of a sample that is over by now
            self._note_memory()
        if said.endswith(b"measured\n"):
            self._has_measured = True
            self._deadline = min(self._deadline, time.monotonic() + _LEAVE_S)

    def _hear_output(self, said):
        self.ended.output = (self.ended.output + said)[-_KEPT_OUTPUT:]

    def _note_memory(self):
        found, kind = processes.memory(self._pid)
        if found is not None and found > (self.ended.peak_memory_mb or 0):
            self.ended.peak_memory_mb, self.ended.memory_kind = found, kind


def _end_all(pid, used):
    """Ends what is left of the child's group and of whatever it left behind, and notes the CPU time of each."""
    _kill_group(pid)
    while True:
        stay = [orphan for orphan in processes.tree(os.getpid())[1:] if not _kill(os.kill, orphan)]
        try:
            found, _, usage = os.wait4(-1, os.WNOHANG if stay else 0)
        except ChildProcessError:
            return
        if not found:
            return
        used.append(usage.ru_utime + usage.ru_stime)


def _kill_group(pid):
    _kill(os.killpg, pid)


def _kill(how, pid):
    """Ends a process or group; returns whether we may: what a workload started as another user, by sudo say, we may not."""
    try:
        how(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError:
        return False
    return True
