"""One asyncio event loop per worker, each in a thread of its own.

Worker i gathers the tasks i, i + workers, i + 2 workers and so on: all of them are in flight at once. A workload without a
coroutine form runs each blocking task inside a coroutine.
"""

import asyncio
from time import perf_counter, thread_time

from gil_scaling.measure.backends.asyncio import coroutine_of
from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import make_barrier, run_threads, start_and_join
from gil_scaling.measure.worker import Report, Shared, thread_usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Any, Barrier, Calls, Job, Result, TaskFunction

kind = "coroutines"
one_thread_per_gil = False
together = True
snippet = """\
import asyncio
from threading import Thread

results = [None] * len(arguments)


async def gather(places):
    for place, result in zip(places, await asyncio.gather(*(task(arguments[place]) for place in places))):
        results[place] = result


shares = [range(number, len(arguments), {workers}) for number in range({workers})]
threads = [Thread(target=asyncio.run, args=(gather(share),)) for share in shares]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def run(job: "Job") -> Outcome:
    """Runs the tasks on new event loops in new threads."""
    workers = job.worker_count()
    barrier = make_barrier(job, workers)
    reports = [Report(number) for number in range(workers)]
    results: list[Result] = []
    task_cpu_s: list[float] = []

    def work(number: int) -> None:
        asyncio.run(
            _run(job, range(number, len(job.arguments), workers), barrier, reports[number], results, task_cpu_s)
        )
        reports[number].read_after(thread_usage())

    run_threads(work, workers, barrier)
    outcome = Outcome(reports, results, workers)
    outcome.task_cpu_s = sum(task_cpu_s)  # of the loops: coroutines have none of their own
    return outcome


async def _run(
    job: "Job",
    indices: range,
    barrier: "Barrier | None",
    report: Report,
    results: "list[Result]",
    task_cpu_s: list[float],
) -> None:
    task = coroutine_of(job.settings.workload)
    extra = job.shared.arguments()
    if barrier is not None:
        await task(job.warmup_argument(indices.start), *Shared(job.settings.workload).arguments())
        barrier.wait()

    async def run_task(index: int) -> None:
        start = perf_counter()
        result = await task(job.arguments[index], *extra)
        report.tasks.append((index, start, perf_counter(), None))
        results.append((index, result))

    cpu_start = thread_time()
    report.read_before()
    await asyncio.gather(*map(run_task, indices))
    task_cpu_s.append(thread_time() - cpu_start)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """One event loop per worker, each in a thread of its own."""

    async def gather(share: "list[Any]") -> None:
        await asyncio.gather(*map(task, share))

    start_and_join(lambda share: asyncio.run(gather(share)), [calls[number::workers] for number in range(workers)])
