"""What a backend gets (a job) and what it returns (an outcome)."""

import os

from gil_scaling.measure.worker import Call, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import Any

    from gil_scaling.measure.interfaces import Result, Task, Usage
    from gil_scaling.measure.worker import Settings, Shared


class Job:
    """The work of one sample: task arguments, number of workers (None: the backend's default), state of the parent.

    warmup_arguments: of the untimed tasks where the workers start together, else None.
    """

    __slots__ = ("arguments", "settings", "shared", "warmup_arguments", "workers")

    def __init__(
        self,
        settings: "Settings",
        arguments: "list[Any]",
        workers: "int | None",
        warmup_arguments: "list[Any] | None",
        shared: "Shared",
    ) -> None:
        self.settings = settings
        self.arguments = arguments
        self.workers = workers
        self.warmup_arguments = warmup_arguments
        self.shared = shared

    @property
    def together(self) -> bool:
        """Whether all workers wait for each other before their timed tasks."""
        return self.warmup_arguments is not None

    def worker_count(self) -> int:
        """The number of workers; by default one per task, as in the lecture."""
        return self.workers or len(self.arguments)

    def first_task(self, number: int) -> "tuple[Task, ...]":
        """The task that a worker begins with: worker i runs task i, so that every worker works."""
        return ((number, self.arguments[number]),) if number < len(self.arguments) else ()

    def tasks_of(self, number: int, remaining: "deque[int]") -> "Iterator[Task]":
        """The tasks of a worker in this address space: its first one, then from the queue of remaining indices."""
        yield from self.first_task(number)
        while True:
            try:
                index = remaining.popleft()
            except IndexError:
                return
            yield index, self.arguments[index]

    def calls(self, chunksize: int = 1) -> "Iterator[Call]":
        """What a pool runs, in task order: calls without arguments, each of chunksize consecutive tasks."""
        tasks = tuple(enumerate(self.arguments))
        pid = os.getpid()
        for first in range(0, len(tasks), chunksize):
            yield Call(self.settings, tasks[first : first + chunksize], pid, self.shared)

    def warmup_argument(self, number: int) -> "Any":
        """The argument of the untimed task that a worker runs before it waits for the others."""
        arguments: Any = self.warmup_arguments
        return arguments[number % len(arguments)]


class Outcome:
    """What a job gave: a report per worker, the results in task order, the number of workers.

    `usage` and task_cpu_s, in seconds, are set where the workers cannot read their own: coroutines of one thread.
    """

    __slots__ = ("reports", "results", "start_method", "task_cpu_s", "usage", "workers")

    def __init__(
        self, reports: list[Report], results: "Iterable[Result]", workers: int, start_method: "str | None" = None
    ) -> None:
        self.reports = reports
        self.results = [result for _, result in sorted(results, key=_index)]
        self.workers = workers
        self.start_method = start_method
        self.usage: Usage | None = None
        self.task_cpu_s: float | None = None

    @classmethod
    def of_calls(
        cls,
        call_results: "Iterable[tuple[Report, Iterable[Result]]]",
        workers: "int | None" = None,
        start_method: "str | None" = None,
    ) -> "Outcome":
        """Merges what the calls of a job returned into one report per worker, in the order of their first tasks.

        workers: how many the pool had; None: as many as ran tasks.
        """
        by_worker: dict[Any, Report] = {}
        all_results: list[Result] = []
        for report, results in call_results:
            all_results += results
            worker = by_worker.setdefault(report.key, Report(report.key))
            worker.tasks += report.tasks
            worker.hook = (worker.hook[0] + report.hook[0], worker.hook[1] + report.hook[1])
            worker.pid = report.pid
            worker.gil_before = report.gil_before if worker.gil_before is None else worker.gil_before
            if worker.usage is None or (report.usage and report.usage[0] >= worker.usage[0]):  # the latest of its calls
                worker.gil_after, worker.switch_interval_s = report.gil_after, report.switch_interval_s
                worker.usage = report.usage
        reports = sorted(by_worker.values(), key=lambda worker: min(task[1] for task in worker.tasks))
        if workers is not None:
            reports = _merge_successors(reports, workers)
        return cls(reports, all_results, workers or len(reports), start_method)


def _merge_successors(reports: list[Report], workers: int) -> list[Report]:
    """One report per place in a pool: a worker beyond their number is the successor of the one that ended first.

    reports: in the order of their first tasks.
    """
    places, successors = reports[:workers], reports[workers:]
    for report in successors:
        place = min(places, key=_last_end)
        place.tasks += report.tasks
        place.hook = (place.hook[0] + report.hook[0], place.hook[1] + report.hook[1])
        place.gil_after, place.switch_interval_s = report.gil_after, report.switch_interval_s
        place.usage = _add_usages(place.usage, report.usage)
    return places


def _last_end(report: Report) -> float:
    return max(task[2] for task in report.tasks)


def _add_usages(first: "Usage | None", second: "Usage | None") -> "Usage | None":
    """What two processes used, one after the other; the peak memory is that of the larger."""
    if first is None or second is None:
        return None
    return first[0] + second[0], _add(first[1], second[1]), _add(first[2], second[2]), max(first[3], second[3])


def _add(first: "int | None", second: "int | None") -> "int | None":
    return None if first is None or second is None else first + second


_kept_pools: "list[Any]" = []  # at most one


def open_pool(make: "Callable[[], AbstractContextManager[Any]]", is_kept: bool) -> "AbstractContextManager[Any]":
    """A new pool, which ends with the context; or, kept, the one that the process made first, which ends with the process."""
    if not is_kept:
        return make()
    from contextlib import nullcontext  # here, as workers import this module

    if not _kept_pools:
        _kept_pools.append(make())
    return nullcontext(_kept_pools[0])


def _index(result: "Result") -> int:
    return result[0]


class WorkerFailed(Exception):
    """A worker raised or died; the message says which one and how. traceback: the worker's; empty where it died."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback
