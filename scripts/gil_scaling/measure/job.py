"""What a backend gets (a job) and what it returns (an outcome)."""

import os

from gil_scaling.measure.worker import Call, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterable, Iterator
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
        return cls(reports, all_results, workers or len(reports), start_method)


def _index(result: "Result") -> int:
    return result[0]


class WorkerFailed(Exception):
    """A worker raised or died; the message says which one and how. traceback: the worker's; empty where it died."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback
