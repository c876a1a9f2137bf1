"""asyncio.to_thread: the blocking tasks in the event loop's thread pool, whose size is the number of workers."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from gil_scaling.measure.backends.asyncio import by_hand as run_coroutines
from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import gate_of
from gil_scaling.measure.worker import untimed_task

kind = "threads"
one_thread_per_gil = False
together = True


def run(job):
    """Runs the tasks on one new event loop and its thread pool."""
    return asyncio.run(_run(job))


def by_hand(task, calls, workers, consumed):
    """One asyncio.to_thread per call."""

    async def in_thread(call):
        await asyncio.to_thread(task, call)

    run_coroutines(in_thread, calls, workers, consumed)


async def _run(job):
    # The loop makes the same pool by itself, but tells nobody its size.
    pool = ThreadPoolExecutor(job.workers, thread_name_prefix="asyncio")
    workers = pool._max_workers
    asyncio.get_running_loop().set_default_executor(pool)
    if job.together:
        await _meet(job, workers)
    outcomes = await asyncio.gather(*map(asyncio.to_thread, job.calls()))
    return Outcome.of_pool(outcomes, workers)


async def _meet(job, workers):
    gate = gate_of(job, workers)

    def warm(number):
        untimed_task(job.setting, job.warm_argument(number))
        gate.wait()

    await asyncio.gather(*(asyncio.to_thread(warm, number) for number in range(workers)))
