"""What a worker does on every backend: prologue, timed tasks, report.

Every worker imports this module, and importing is part of what a process costs: it stays light.
All times are seconds on the clock `time.perf_counter`, which the processes of a machine share.
"""

import os
import sys
import threading
from time import perf_counter, process_time, thread_time

from scripts.measure import workload as workloads


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


class Report:
    """What one worker says of itself: whose it is, what it read back, its CPU time, its tasks.

    `tasks` holds (index, start, end, cpu) in seconds; cpu is None where a task has none of its own.
    """

    __slots__ = ("cpu_s", "gil", "key", "switch_interval_s", "tasks")

    def __init__(self, key):
        self.key = key
        self.tasks = []
        self.gil = self.switch_interval_s = self.cpu_s = None

    def read_back(self):
        """Notes the GIL state and the interval in force; a GIL once seen on stays noted."""
        self.gil = bool(self.gil) or gil_enabled()
        self.switch_interval_s = sys.getswitchinterval()

    def __getstate__(self):
        return self.key, tuple(self.tasks), self.gil, self.switch_interval_s, self.cpu_s

    def __setstate__(self, state):
        self.key, self.tasks, self.gil, self.switch_interval_s, self.cpu_s = state

    @classmethod
    def of(cls, state):
        """The report that another interpreter gave as plain values."""
        report = cls(None)
        report.__setstate__(state)
        return report


def work_through(setting, pairs, shared, report, cpu_clock=thread_time, cpu_began=0.0):
    """One worker's life: runs each (index, argument) of pairs; returns [(index, result)].

    cpu_clock counts from the worker's beginning, or from cpu_began for one that lived before.
    """
    task = setting.workload.task
    extra = shared.arguments()
    results = []
    note = report.tasks.append
    report.read_back()
    for index, argument in pairs:
        start = perf_counter()
        cpu_start = thread_time()
        result = task(argument, *extra)
        cpu = thread_time() - cpu_start
        note((index, start, perf_counter(), cpu))
        results.append((index, result))
    report.read_back()
    report.cpu_s = cpu_clock() - cpu_began
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
        clock = thread_time if pid == self.home else process_time
        return report, work_through(self.setting, self.pairs, shared, report, clock)


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
