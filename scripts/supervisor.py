"""Starts a build as a child, waits for its end or its time limit, reads its memory, and leaves nothing of it running.

Standard library only, and little of it: each run pays for it.
"""

import os
import select
import signal
import sys
import time
from contextlib import contextmanager

from scripts import process_tree

_POLL_MEMORY_S = 0.002
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2), Linux


class Ended:
    """How a child ended; without an exit code where none was started, with the problem where it could not be.

    cpu_s is that of the child and of all that it started, also of what it did not wait for; None where not known.
    """

    def __init__(self, problem=None):
        self.problem = problem
        self.exit_code = self.peak_memory_mb = self.memory_kind = self.cpu_s = None
        self.wall_s = 0.0
        self.timed_out = False


def run(command, environment, folder, timeout_s):
    """Runs a command, to which the number of a pipe for its events is added, in a folder; returns how it Ended.

    What it writes to stdout and stderr is in the folder's file `log`.
    """
    adopts = _adopt_orphans()
    os.chdir(folder)
    used, began = [], time.monotonic()
    with undisturbed(), _pipes() as (events, tell, wake):
        try:
            pid = _start([*command, str(tell)], environment)
        except OSError as error:
            return Ended(problem=error.strerror)
        finally:
            os.close(tell)
        try:
            with undisturbed(off=True):
                ended = _wait(pid, events, wake, began, timeout_s, used)
        finally:
            _end_all(pid, used)
    ended.cpu_s = sum(used) if adopts else None
    return ended


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
    """The ends that are needed of two pipes: read and write the child's events, read that a child ended.

    The second is closed as soon as the child has it, not here.
    """
    events, tell = os.pipe()
    os.set_inheritable(tell, True)
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    try:
        yield events, tell, wake
    finally:
        signal.set_wakeup_fd(-1)
        for descriptor in (events, wake, waker):
            os.close(descriptor)


def _start(command, environment):
    """Starts the child in a session of its own, with no signal blocked; returns its id."""
    return os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=(
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
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


def _wait(pid, events, wake, began, timeout_s, used):
    ended = Ended()
    watched = [events, wake]
    reading_memory = False
    while True:
        left = began + timeout_s - time.monotonic()
        ended.timed_out = left <= 0
        if ended.timed_out:
            _kill_group(pid)
        else:
            pause = min(left, _POLL_MEMORY_S) if reading_memory else left
            ready, _, _ = select.select(watched, [], [], pause)
            if wake in ready:
                os.read(wake, 4096)
            if events in ready:
                said = os.read(events, 4096)
                reading_memory = said.endswith(b"memory_begin\n")
                if b"memory_begin" in said:  # also of a sample that is over by now
                    _note_memory(ended, pid)
                elif not said:
                    watched.remove(events)
            elif reading_memory:
                _note_memory(ended, pid)
        found, status, usage = os.wait4(pid, 0 if ended.timed_out else os.WNOHANG)
        if found:
            ended.exit_code = os.waitstatus_to_exitcode(status)
            ended.wall_s = time.monotonic() - began
            used.append(usage.ru_utime + usage.ru_stime)
            return ended


def _note_memory(ended, pid):
    found, kind = process_tree.memory(pid)
    if found is not None and found > (ended.peak_memory_mb or 0):
        ended.peak_memory_mb, ended.memory_kind = found, kind


def _end_all(pid, used):
    """Ends what is left of the child's group and of whatever it left behind, and notes the CPU time of each."""
    _kill_group(pid)
    while True:
        for orphan in process_tree.tree(os.getpid())[1:]:
            _kill(os.kill, orphan)
        try:
            found, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return
        if found:
            used.append(usage.ru_utime + usage.ru_stime)


def _kill_group(pid):
    _kill(os.killpg, pid)


def _kill(how, pid):
    try:
        how(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
