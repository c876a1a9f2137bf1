"""An asyncio event loop in each of as many threads as there are workers.

Worker i gathers the tasks i, i + workers, i + 2 workers and so on: all of them are in flight at once. A workload without a
coroutine form runs its blocking task inside one coroutine each.
"""

import asyncio
from time import perf_counter, thread_time

from gil_scaling.measure.backends.asyncio import coroutine_of
from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import gate_of, run_crew, start_and_join
from gil_scaling.measure.worker import Report, Shared, used_by_thread

kind = "coroutines"
one_thread_per_gil = False
together = True


def run(job):
    """Runs the tasks on new event loops in new threads."""
    workers = job.workers_or_one_a_task()
    gate = gate_of(job, workers)
    reports = [Report(number) for number in range(workers)]
    done = []
    task_cpu_s = []

    def work(number):
        asyncio.run(_run(job, number, workers, gate, reports[number], done, task_cpu_s))
        reports[number].read_after(used_by_thread())

    run_crew(work, workers, gate)
    outcome = Outcome(reports, done, workers)
    outcome.task_cpu_s = sum(task_cpu_s)  # of the loops: coroutines have none of their own
    return outcome


def by_hand(task, calls, workers, consumed):
    """One event loop per worker, each in a thread of its own."""

    async def gather(calls):
        await asyncio.gather(*map(task, calls))

    start_and_join(lambda calls: asyncio.run(gather(calls)), [calls[number::workers] for number in range(workers)])


async def _run(job, number, workers, gate, report, done, task_cpu_s):
    task = coroutine_of(job.setting.workload)
    extra = job.shared.arguments()
    if gate is not None:
        await task(job.warm_argument(number), *Shared(job.setting.workload).arguments())
        gate.wait()

    async def work(index):
        start = perf_counter()
        result = await task(job.arguments[index], *extra)
        report.tasks.append((index, start, perf_counter(), None))
        done.append((index, result))

    began = thread_time()
    report.read_before()
    await asyncio.gather(*map(work, range(number, len(job.arguments), workers)))
    task_cpu_s.append(thread_time() - began)
