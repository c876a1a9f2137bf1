"""What a backend gets (a job) and what it gives back (an outcome)."""

import os

from gil_scaling.measure.worker import Call, Report


class Job:
    """One sample's work: the task arguments, how many workers (None: as many as the backend takes), how they begin."""

    __slots__ = ("arguments", "setting", "shared", "together", "workers")

    def __init__(self, setting, arguments, workers, together, shared):
        self.setting = setting
        self.arguments = arguments
        self.workers = workers
        self.together = together
        self.shared = shared

    def workers_or_one_a_task(self):
        """The number of workers; by default the lecture's one worker per item."""
        return self.workers or len(self.arguments)

    def first_pair(self, number):
        """The (index, argument) that a worker begins with: worker i takes task i, so that every worker works."""
        return ((number, self.arguments[number]),) if number < len(self.arguments) else ()

    def pairs(self, number, beyond):
        """What a worker of this address space runs: its own task, then whatever is left in the deque beyond."""
        yield from self.first_pair(number)
        while True:
            try:
                index = beyond.popleft()
            except IndexError:
                return
            yield index, self.arguments[index]

    def calls(self, chunksize=1):
        """What a pool runs, in the order of the tasks: calls without arguments, each of chunksize tasks in a row."""
        pairs = tuple(enumerate(self.arguments))
        home = os.getpid()
        for first in range(0, len(pairs), chunksize):
            yield Call(self.setting, pairs[first : first + chunksize], home, self.shared)

    def warm_argument(self, number):
        """The argument of the untimed task that a worker runs before it waits for the others."""
        return self.arguments[number % len(self.arguments)]


class Outcome:
    """What came of a job: a report a worker, the results in the order of the tasks, how many workers there were.

    `used` (as worker.used_by_thread gives it) and task_cpu_s, in seconds, are set where the workers cannot tell their
    own: coroutines of one thread.
    """

    __slots__ = ("reports", "results", "start_method", "task_cpu_s", "used", "workers")

    def __init__(self, reports, pairs, workers, start_method=None):
        self.reports = reports
        self.results = [result for _, result in sorted(pairs, key=_index_of)]
        self.workers = workers
        self.start_method = start_method
        self.used = self.task_cpu_s = None

    @classmethod
    def of_pool(cls, outcomes, workers=None, start_method=None):
        """Joins what the calls of a job gave into one report a worker, in the order of their first tasks.

        workers: how many the pool had; None: as many as ran tasks.
        """
        joined = {}
        pairs = []
        for report, results in outcomes:
            pairs += results
            worker = joined.setdefault(report.key, Report(report.key))
            worker.tasks += report.tasks
            worker.home = report.home
            worker.gil_before = report.gil_before if worker.gil_before is None else worker.gil_before
            if worker.used is None or report.used[0] >= worker.used[0]:  # the latest of its calls
                worker.gil_after, worker.switch_interval_s = report.gil_after, report.switch_interval_s
                worker.used = report.used
        reports = sorted(joined.values(), key=lambda worker: min(task[1] for task in worker.tasks))
        return cls(reports, pairs, workers or len(reports), start_method)


def _index_of(pair):
    return pair[0]


class WorkerFailed(Exception):
    """A worker raised or died; the message says which one and how."""
