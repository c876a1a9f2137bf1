"""What a worker does on every backend: prepare, run timed tasks, report.

Every worker imports this module, and importing is part of what a process or interpreter costs: it stays light.
All times are seconds on the clock `time.perf_counter`, which the processes of a machine share.
"""

import os
import sys
from _thread import get_ident
from time import perf_counter, process_time, thread_time

from gil_scaling.measure import workload as workloads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from gil_scaling.measure.interfaces import (
        HasTask,
        HookTime,
        PlainSettings,
        ReportState,
        Result,
        Task,
        TaskTime,
        Usage,
    )


class Settings:
    """What each worker of a sample needs: the workload, the switch interval in seconds (None: the default), its number.

    keeps_workers: whether its workers have run earlier samples, too; threads cannot see that themselves.
    """

    __slots__ = ("keeps_workers", "sample", "switch_interval_s", "workload")

    def __init__(
        self, workload: "HasTask", switch_interval_s: "float | None", sample: int = 0, keeps_workers: bool = False
    ) -> None:
        self.workload = workload
        self.switch_interval_s = switch_interval_s
        self.sample = sample
        self.keeps_workers = keeps_workers

    def __reduce__(self) -> "tuple[Any, ...]":
        # The workload is unpickled first: loading it defines the classes of the arguments that follow.
        return load_settings, self.plain()

    def plain(self) -> "PlainSettings":
        """The arguments of load_settings: what interpreters share without pickling."""
        workload: Any = self.workload
        return workload.reference, self.switch_interval_s, self.sample

    def apply(self) -> None:
        """Sets the switch interval, which forkserver, spawn and interpreters do not inherit."""
        if self.switch_interval_s is not None:
            sys.setswitchinterval(self.switch_interval_s)


def load_settings(reference: str, switch_interval_s: "float | None", sample: int) -> Settings:
    """The settings in a worker that received plain values."""
    return Settings(workloads.load(reference), switch_interval_s, sample)


def gil_enabled() -> bool:
    """Whether this interpreter runs with the GIL now."""
    enabled: bool = getattr(sys, "_is_gil_enabled", _true)()
    return enabled


def _true() -> bool:
    return True


class Shared:
    """The state that the tasks of one sample share in one address space; `value` is unset without one."""

    __slots__ = ("value",)

    def __init__(self, workload: "HasTask") -> None:
        if workload.has_shared:
            self.value = workload.module.shared()

    def arguments(self) -> "tuple[Any, ...]":
        """What a task takes after its argument: the shared state, or nothing."""
        return (self.value,) if hasattr(self, "value") else ()


def call_before_sample(workload: "HasTask") -> "HookTime":
    """Calls the workload's hook before_sample, if there is one; returns the wall-clock and CPU seconds that it took.

    One that takes the context is for the process alone that opened it.
    """
    hook = getattr(workload.module, "before_sample", None)
    if hook is None:
        return 0.0, 0.0
    opener, context = workload.opened
    arguments = workloads.select_parameters(hook, {"context": context})
    if arguments and opener != os.getpid():
        return 0.0, 0.0
    started, cpu_started = perf_counter(), thread_time()
    hook(**arguments)
    return perf_counter() - started, thread_time() - cpu_started


_MAXRSS_MB = 1 / 2**20 if sys.platform == "darwin" else 1 / 2**10  # bytes there, KiB elsewhere


def thread_usage() -> "Usage":
    """(CPU seconds, voluntary switches, involuntary switches, peak MiB) of this thread; memory is of its process."""
    import resource  # in the functions that use it, for workers that do not

    who = getattr(resource, "RUSAGE_THREAD", None)  # Linux
    usage = resource.getrusage(resource.RUSAGE_SELF if who is None else who)
    peak_mb = usage.ru_maxrss * _MAXRSS_MB
    if who is None:
        return thread_time(), None, None, peak_mb
    return thread_time(), usage.ru_nvcsw, usage.ru_nivcsw, peak_mb


def process_usage() -> "Usage":
    """(CPU seconds, voluntary switches, involuntary switches, peak MiB) of this process."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return process_time(), usage.ru_nvcsw, usage.ru_nivcsw, usage.ru_maxrss * _MAXRSS_MB


def new_process_usage() -> "Usage":
    """The usage of a new process; its ru_maxrss is useless: on Linux a spawned process inherits its parent's peak."""
    try:
        with open("/proc/self/status") as status:
            peak_mb = next(int(line.split()[1]) / 2**10 for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return process_usage()
    return (*process_usage()[:3], peak_mb)


def usage_since(start: "Usage", end: "Usage") -> "Usage":
    """What was used between two readings; peak memory is that of the later one."""
    return end[0] - start[0], _difference(start[1], end[1]), _difference(start[2], end[2]), end[3]


def _difference(before: "int | None", after: "int | None") -> "int | None":
    return None if before is None or after is None else after - before


class Report:
    """What one worker reports: its identity, its tasks, what it used, the GIL and switch interval that it read back.

    `tasks` holds (index, start, end, CPU time) in seconds; the CPU time is None for coroutines.
    `pid` is the process that it ran in, None for another interpreter. `hook` is what before_sample took inside the sample.
    """

    __slots__ = ("gil_after", "gil_before", "hook", "key", "pid", "switch_interval_s", "tasks", "usage")

    def __init__(self, key: "Any") -> None:
        self.key = key
        self.pid: int | None = os.getpid()
        self.tasks: list[TaskTime] = []
        self.hook: HookTime = (0.0, 0.0)
        self.gil_before: bool | None = None
        self.gil_after: bool | None = None
        self.switch_interval_s: float | None = None
        self.usage: Usage | None = None

    def read_before(self) -> None:
        """Reads the state of the GIL before the first task."""
        self.gil_before = gil_enabled()

    def read_after(self, usage: "Usage | None" = None) -> None:
        """Reads the state of the GIL and the switch interval after the last task, and keeps the worker's usage."""
        self.gil_after = gil_enabled()
        self.switch_interval_s = sys.getswitchinterval()
        self.usage = usage

    def __getstate__(self) -> "ReportState":
        readings = (self.gil_before, self.gil_after, self.switch_interval_s, self.usage, self.hook)
        return self.key, self.pid, tuple(self.tasks), readings

    def __setstate__(self, state: "ReportState") -> None:
        self.key, self.pid, tasks, readings = state
        self.tasks = list(tasks)
        self.gil_before, self.gil_after, self.switch_interval_s, self.usage, self.hook = readings

    @classmethod
    def from_interpreter(cls, state: "ReportState") -> "Report":
        """The report that another interpreter returned as plain values."""
        report = cls(None)
        report.__setstate__(state)
        report.pid = None
        return report


def run_tasks(
    settings: Settings,
    tasks: "Iterable[Task]",
    shared: Shared,
    report: Report,
    read_usage: "Callable[[], Usage | None]" = thread_usage,
    start: "Usage | None" = None,
) -> "list[Result]":
    """Runs one worker's tasks, timed, and completes its report; returns [(index, result)].

    read_usage: reads what the worker used; start: the reading before, for a worker that is not new.
    """
    task = settings.workload.task
    extra = shared.arguments()
    results = []
    add_time = report.tasks.append
    report.read_before()
    for index, argument in tasks:
        started = perf_counter()
        cpu_started = thread_time()
        result = task(argument, *extra)
        cpu_s = thread_time() - cpu_started
        add_time((index, started, perf_counter(), cpu_s))
        results.append((index, result))
    usage = read_usage()
    report.read_after(usage if usage is None or start is None else usage_since(start, usage))
    return results


def run_untimed_task(settings: Settings, argument: "Any") -> None:
    """Runs one task as a warm-up, on shared state that nothing else uses."""
    settings.workload.task(argument, *Shared(settings.workload).arguments())


_shared_of_sample: "dict[tuple[int, int], Shared]" = {}


def enter_sample(settings: Settings, report: "Report | None" = None) -> Shared:
    """Prepares a process or interpreter of its own for a sample, the first time; returns the state that its tasks share.

    report: gets the time of the hook before_sample, where that is part of the sample.
    """
    key = (os.getpid(), settings.sample)  # a forked child must not take over its parent's state
    if key not in _shared_of_sample:
        _shared_of_sample.clear()
        settings.apply()
        hook = call_before_sample(settings.workload)
        if report is not None:
            report.hook = hook
        _shared_of_sample[key] = Shared(settings.workload)
    return _shared_of_sample[key]


def warm_up(settings: Settings, argument: "Any") -> None:
    """Runs one untimed task in a process or interpreter of its own, and prepares it for the sample."""
    settings.apply()
    run_untimed_task(settings, argument)
    enter_sample(settings)


class Call:
    """A few consecutive tasks as a pool runs them: called in a worker, it returns the worker's report and [(index, result)].

    It can be pickled; where it arrives, the tasks share state that is made once per address space.
    """

    __slots__ = ("parent_pid", "settings", "shared", "tasks")

    def __init__(
        self, settings: Settings, tasks: "tuple[Task, ...]", parent_pid: int, shared: "Shared | None" = None
    ) -> None:
        self.settings = settings
        self.tasks = tasks
        self.parent_pid = parent_pid
        self.shared = shared

    def __reduce__(self) -> "tuple[Any, ...]":
        return Call, (self.settings, self.tasks, self.parent_pid)

    def __call__(self) -> "tuple[Report, list[Result]]":
        pid = os.getpid()
        shared = self.shared
        report = Report((pid, get_ident()))
        is_kept = self.settings.keeps_workers or (shared is None and report.key in _used_before)
        read_usage = thread_usage if pid == self.parent_pid else process_usage
        start = _usage_at_start(report.key, self.settings.sample, read_usage) if is_kept else None
        if shared is None or pid != self.parent_pid:
            shared = enter_sample(self.settings, report)
            _used_before.setdefault(report.key, (self.settings.sample, None))
        return report, run_tasks(self.settings, self.tasks, shared, report, read_usage, start)


_used_before: "dict[Any, tuple[int, Usage | None]]" = {}  # by worker: its sample, and what it had used before that


def _usage_at_start(key: "Any", sample: int, read_usage: "Callable[[], Usage]") -> "Usage | None":
    """What a worker had used before the sample; None in the first sample of one that can tell."""
    if key not in _used_before or _used_before[key][0] != sample:
        _used_before[key] = (sample, read_usage())
    return _used_before[key][1]


def run_call(call: Call) -> "tuple[Report, list[Result]]":
    """Runs a call: for pools that map a function over arguments."""
    try:
        return call()
    except Exception as error:
        if os.getpid() == call.parent_pid:
            raise
        raise _sendable(error) from error


def _sendable(error: Exception) -> Exception:
    from gil_scaling.measure.reasons import sendable  # here, because few workers need it

    return sendable(error)


def load_workload(reference: str) -> None:
    """Loads a workload in an interpreter, which must know its classes before it receives arguments made of them.

    If that fails, the first call tries again: what it raises is reported, other than what the start of a worker raises.
    """
    try:
        workloads.load(reference)
    except Exception:
        return


def run_plain_call(
    settings: "PlainSettings", tasks: "tuple[Task, ...]", parent_pid: int
) -> "tuple[ReportState, tuple[Result, ...]]":
    """Runs a call that is given and answered as plain values: (the report's state, results).

    Interpreters share tuples, strings, numbers and bytes without copying; a single other object among them, and all are
    pickled, the arguments of the tasks included.
    """
    try:
        report, results = Call(load_settings(*settings), tasks, parent_pid)()
    except Exception as error:
        raise _sendable(error) from error
    return report.__getstate__(), tuple(results)


def run_plain_worker(
    settings: "PlainSettings", number: int, first: "tuple[Task, ...]", remaining: "Any"
) -> "tuple[ReportState, tuple[Result, ...]]":
    """Runs the tasks of a worker that is an interpreter, as run_plain_call does: its first one, then from a queue, if any.

    The report lacks the usage, which the thread that called the interpreter can read at less cost.
    """
    loaded, report = load_settings(*settings), Report(number)
    shared = enter_sample(loaded, report)
    results = run_tasks(loaded, _take_tasks(first, remaining), shared, report, _no_usage)
    return report.__getstate__(), tuple(results)


def _no_usage() -> None:
    return None


def _take_tasks(first: "tuple[Task, ...]", remaining: "Any") -> "Iterator[Task]":
    yield from first
    if remaining is None:
        return
    from concurrent.interpreters import QueueEmpty

    while True:
        try:
            yield remaining.get_nowait()
        except QueueEmpty:
            return
