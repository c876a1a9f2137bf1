"""What a worker does on every backend: prologue, timed tasks, report.

Every worker imports this module, and importing is part of what a process costs: it stays light.
All times are seconds on the clock `time.perf_counter`, which the processes of a machine share.
"""

import os
import resource
import sys
import threading
from time import perf_counter, process_time, thread_time

from gil_scaling.measure import workload as workloads


class Setting:
    """What each worker of a sample must know: the workload and the switch interval, in seconds or None."""

    __slots__ = ("switch_interval_s", "workload")

    def __init__(self, workload, switch_interval_s):
        self.workload = workload
        self.switch_interval_s = switch_interval_s

    def __reduce__(self):
        # The workload goes first: loading it makes the classes known that later arguments are made of.
        return _setting, (self.workload.reference, self.switch_interval_s)

    def apply(self):
        """Sets the switch interval: forkserver, spawn and interpreters do not inherit it."""
        if self.switch_interval_s is not None:
            sys.setswitchinterval(self.switch_interval_s)


def _setting(reference, switch_interval_s):
    return Setting(workloads.load(reference), switch_interval_s)


def gil_enabled():
    """Whether this interpreter runs with the GIL now."""
    return getattr(sys, "_is_gil_enabled", _true)()


def _true():
    return True


class Shared:
    """The state that the tasks of one sample share in one address space; `value` is unset without one."""

    __slots__ = ("value",)

    def __init__(self, workload):
        if workload.has_shared:
            self.value = workload.module.shared()

    def arguments(self):
        """What a task takes after its argument: the shared state, or nothing."""
        return (self.value,) if hasattr(self, "value") else ()


_MAXRSS_MB = 1 / 2**20 if sys.platform == "darwin" else 1 / 2**10  # bytes there, KiB elsewhere


def used_by_thread():
    """(CPU seconds, voluntary switches, involuntary switches, peak MiB) of this thread; the memory is its process's."""
    whose = getattr(resource, "RUSAGE_THREAD", None)  # Linux
    usage = resource.getrusage(resource.RUSAGE_SELF if whose is None else whose)
    switches = (None, None) if whose is None else (usage.ru_nvcsw, usage.ru_nivcsw)
    return (thread_time(), *switches, usage.ru_maxrss * _MAXRSS_MB)


def used_by_process():
    """(CPU seconds, voluntary switches, involuntary switches, peak MiB) of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return process_time(), usage.ru_nvcsw, usage.ru_nivcsw, usage.ru_maxrss * _MAXRSS_MB


def used_by_new_process():
    """The same of a process that has just been made: of a spawned one, Linux counts its parent's peak as its own."""
    try:
        with open("/proc/self/status") as status:
            peak_mb = next(int(line.split()[1]) / 2**10 for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return used_by_process()
    return (*used_by_process()[:3], peak_mb)


def used_since(began, now):
    """What was used between two readings; the peak of the memory is the later one's."""
    return (*(None if later is None else later - earlier for earlier, later in zip(began[:3], now)), now[3])


class Report:
    """What one worker says of itself: whose it is, what it read back, what it used, its tasks.

    `tasks` holds (index, start, end, cpu) in seconds; cpu is None where a task has none of its own.
    `home` is the process it lived in, None for another interpreter; `used` is as used_by_thread gives it.
    """

    __slots__ = ("gil_after", "gil_before", "home", "key", "switch_interval_s", "tasks", "used")

    def __init__(self, key):
        self.key = key
        self.home = os.getpid()
        self.tasks = []
        self.gil_before = self.gil_after = self.switch_interval_s = self.used = None

    def read_before(self):
        """Notes the GIL's state before the first task."""
        self.gil_before = gil_enabled()

    def read_after(self, used=None):
        """Notes the GIL's state and the interval in force after the last task, and what the worker used."""
        self.gil_after = gil_enabled()
        self.switch_interval_s = sys.getswitchinterval()
        self.used = used

    def __getstate__(self):
        readings = (self.gil_before, self.gil_after, self.switch_interval_s, self.used)
        return self.key, self.home, tuple(self.tasks), readings

    def __setstate__(self, state):
        self.key, self.home, self.tasks, readings = state
        self.gil_before, self.gil_after, self.switch_interval_s, self.used = readings

    @classmethod
    def of(cls, state):
        """The report that another interpreter gave as plain values."""
        report = cls(None)
        report.__setstate__(state)
        report.home = None
        return report


def work_through(setting, pairs, shared, report, used=used_by_thread, began=None):
    """One worker's life: runs each (index, argument) of pairs; returns [(index, result)].

    used reads what the worker has used since its beginning, or since the reading `began` for one that lived before.
    """
    task = setting.workload.task
    extra = shared.arguments()
    results = []
    note = report.tasks.append
    report.read_before()
    for index, argument in pairs:
        start = perf_counter()
        cpu_start = thread_time()
        result = task(argument, *extra)
        cpu = thread_time() - cpu_start
        note((index, start, perf_counter(), cpu))
        results.append((index, result))
    report.read_after(used() if began is None else used_since(began, used()))
    return results


def untimed_task(setting, argument):
    """Runs one task for warmth alone, on shared state that is thrown away."""
    setting.workload.task(argument, *Shared(setting.workload).arguments())


class Call:
    """A few tasks in a row as a pool runs them: called in a worker, it gives the worker's report and [(index, result)].

    It can be pickled; where it arrives, the tasks find shared state that is made once for that address space.
    """

    __slots__ = ("home", "pairs", "setting", "shared")

    def __init__(self, setting, pairs, home, shared=None):
        self.setting = setting
        self.pairs = pairs
        self.home = home
        self.shared = shared

    def __reduce__(self):
        return Call, (self.setting, self.pairs, self.home)

    def __call__(self):
        pid = os.getpid()
        shared = self.shared
        if shared is None or pid != self.home:
            self.setting.apply()
            shared = _own_shared(self.setting, pid)
        report = Report((pid, threading.get_ident()))
        used = used_by_thread if pid == self.home else used_by_process
        return report, work_through(self.setting, self.pairs, shared, report, used)


def perform(call):
    """Runs a call: for pools that map a function over arguments."""
    return call()


def know(reference):
    """Loads a workload in a worker that gets plain values: its classes must be known before arguments made of them come."""
    workloads.load(reference)


def perform_plainly(reference, switch_interval_s, pairs, home):
    """A call given and answered as plain values: (the report's state, results).

    Interpreters share tuples, texts, numbers and bytes as they are; one thing more among them, and all would be pickled,
    the arguments of the tasks too.
    """
    report, results = Call(_setting(reference, switch_interval_s), pairs, home)()
    return report.__getstate__(), tuple(results)


_own = {}


def _own_shared(setting, pid):
    if pid not in _own:  # by the process, for a forked child must not take over its parent's
        _own[pid] = Shared(setting.workload)
    return _own[pid]
