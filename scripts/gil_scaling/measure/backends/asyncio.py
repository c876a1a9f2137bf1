"""asyncio: one event loop, at most as many coroutines in flight as there are workers.

A workload without a coroutine form runs each blocking task inside a coroutine, which shows what blocking the loop does.
"""

import asyncio
from collections import deque
from functools import partial
from time import perf_counter, thread_time

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.worker import Report, Shared, call_before_sample, thread_usage, usage_since

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gil_scaling.measure.interfaces import Any, Calls, CoroutineFunction, HasTask, Job, Result, TaskFunction

kind = "coroutines"
one_thread_per_gil = True
together = True
snippet = """\
import asyncio


async def main():
    limit = asyncio.Semaphore({workers})

    async def run(argument):
        async with limit:
            return await task(argument)

    return await asyncio.gather(*map(run, arguments))


results = asyncio.run(main())
"""


def run(job: "Job") -> Outcome:
    """Runs the tasks on one new event loop in this thread."""
    start = thread_usage()
    outcome = asyncio.run(_run(job))
    outcome.usage = usage_since(start, thread_usage())
    return outcome


async def _run(job: "Job") -> Outcome:
    workers = job.worker_count()
    task = coroutine_of(job.settings.workload)
    barrier = _Barrier(workers, partial(call_before_sample, job.settings.workload)) if job.together else None
    remaining = deque(range(workers, len(job.arguments)))
    reports = [Report(number) for number in range(workers)]
    extra = job.shared.arguments()
    results: list[Result] = []
    cpu_times: list[float] = []

    async def work(number: int) -> None:
        report = reports[number]
        if barrier is not None:
            await task(job.warmup_argument(number), *Shared(job.settings.workload).arguments())
            await barrier.wait()
        report.read_before()
        for index, argument in job.tasks_of(number, remaining):
            if not cpu_times:
                cpu_times.append(thread_time())
            start = perf_counter()
            result = await task(argument, *extra)
            report.tasks.append((index, start, perf_counter(), None))
            results.append((index, result))
        cpu_times.append(thread_time())
        report.read_after()

    await asyncio.gather(*map(work, range(workers)))
    outcome = Outcome(reports, results, workers)
    outcome.task_cpu_s = max(cpu_times) - cpu_times[0]  # of the loop: coroutines have none of their own
    return outcome


def coroutine_of(workload: "HasTask") -> "CoroutineFunction":
    """The workload's coroutine form, or its blocking task inside a coroutine."""
    if workload.task_async is not None:
        return workload.task_async

    async def blocking(*arguments: "Any") -> "Any":
        return workload.task(*arguments)

    return blocking


class _Barrier:
    """asyncio.Barrier, which exists from Python 3.11 on."""

    def __init__(self, parties: int, action: "Callable[[], Any]") -> None:
        self.missing = parties
        self.action = action
        self.complete = asyncio.Event()

    async def wait(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.action()
            self.complete.set()
        await self.complete.wait()


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """One asyncio task per call; gather raises the first exception, wait raises none."""

    async def main() -> None:
        tasks = [asyncio.create_task(task(call)) for call in calls]
        if consumed:
            await asyncio.gather(*tasks)
        else:
            await asyncio.wait(tasks)

    asyncio.run(main())
