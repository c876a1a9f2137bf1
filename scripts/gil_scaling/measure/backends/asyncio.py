"""asyncio: one event loop, at most as many coroutines in flight as there are workers.

A workload without a coroutine form runs its blocking task inside one coroutine each: it shows what blocking the
loop does.
"""

import asyncio
from collections import deque
from time import perf_counter, thread_time

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.worker import Report, Shared, used_by_thread, used_since

kind = "coroutines"
one_thread_per_gil = True
together = True


def run(job):
    """Runs the tasks on one new event loop in this thread."""
    began = used_by_thread()
    outcome = asyncio.run(_run(job))
    outcome.used = used_since(began, used_by_thread())
    return outcome


def by_hand(task, calls, workers, consumed):
    """One asyncio task per call; gather raises the first exception, wait raises none."""

    async def main():
        tasks = [asyncio.create_task(task(call)) for call in calls]
        if consumed:
            await asyncio.gather(*tasks)
        else:
            await asyncio.wait(tasks)

    asyncio.run(main())


async def _run(job):
    workers = job.workers_or_one_a_task()
    task = coroutine_of(job.setting.workload)
    gate = _Gate(workers) if job.together else None
    beyond = deque(range(workers, len(job.arguments)))
    reports = [Report(number) for number in range(workers)]
    extra = job.shared.arguments()
    done = []
    cpu_marks = []

    async def work(number):
        report = reports[number]
        if gate is not None:
            await task(job.warm_argument(number), *Shared(job.setting.workload).arguments())
            await gate.wait()
        report.read_before()
        for index, argument in job.pairs(number, beyond):
            if not cpu_marks:
                cpu_marks.append(thread_time())
            start = perf_counter()
            result = await task(argument, *extra)
            report.tasks.append((index, start, perf_counter(), None))
            done.append((index, result))
        cpu_marks.append(thread_time())
        report.read_after()

    await asyncio.gather(*map(work, range(workers)))
    outcome = Outcome(reports, done, workers)
    outcome.task_cpu_s = max(cpu_marks) - cpu_marks[0]  # of the loop: coroutines have none of their own
    return outcome


def coroutine_of(workload):
    """The workload's coroutine form, else its blocking task inside a coroutine."""
    form = getattr(workload.module, "task_async", None)
    if form is not None:
        return form

    async def blocking(*arguments):
        return workload.task(*arguments)

    return blocking


class _Gate:
    """asyncio.Barrier, which Python has from 3.11 on."""

    def __init__(self, count):
        self.missing = count
        self.open = asyncio.Event()

    async def wait(self):
        self.missing -= 1
        if not self.missing:
            self.open.set()
        await self.open.wait()
