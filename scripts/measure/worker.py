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
        return self.key, self.tasks, self.gil, self.switch_interval_s, self.cpu_s

    def __setstate__(self, state):
        self.key, self.tasks, self.gil, self.switch_interval_s, self.cpu_s = state


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


def task_in_thread(setting, index, argument, shared):
    """One task in a thread of a pool; returns the worker's report on it and the result."""
    report = Report(threading.get_ident())
    ((_, result),) = work_through(setting, ((index, argument),), shared, report)
    return report, result


def task_in_process(setting, index, argument):
    """One task in a process of a pool, on shared state made once for this process."""
    report = Report(os.getpid())
    pairs = ((index, argument),)
    ((_, result),) = work_through(setting, pairs, _own_shared(setting), report, process_time)
    return report, result


def task_in_interpreter(setting, index, argument):
    """One task in an interpreter of a pool, on shared state made once for this interpreter."""
    report = Report(threading.get_ident())
    ((_, result),) = work_through(setting, ((index, argument),), _own_shared(setting), report)
    return report, result


_own = {}


def _own_shared(setting):
    pid = os.getpid()  # a forked child must not take over its parent's
    if pid not in _own:
        _own[pid] = Shared(setting.workload)
    return _own[pid]
