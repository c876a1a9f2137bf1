"""asyncio.to_thread: blocking tasks in the event loop's thread pool, whose size is the number of workers."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from gil_scaling.measure.backends.asyncio import by_hand as run_coroutines
from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import make_warm_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Any, Calls, Job, TaskFunction

kind = "threads"
one_thread_per_gil = False
together = True
snippet = """\
import asyncio
from concurrent.futures import ThreadPoolExecutor


async def main():
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor({workers}))
    return await asyncio.gather(*(asyncio.to_thread(task, argument) for argument in arguments))


results = asyncio.run(main())
"""


def run(job: "Job") -> Outcome:
    """Runs the tasks on one new event loop and its thread pool."""
    return asyncio.run(_run(job))


async def _run(job: "Job") -> Outcome:
    # The loop makes the same pool by default, but nothing reports its size.
    pool = ThreadPoolExecutor(job.workers, thread_name_prefix="asyncio")
    workers = pool._max_workers
    asyncio.get_running_loop().set_default_executor(pool)
    if job.together:
        warm_up = make_warm_up(job, workers)
        await asyncio.gather(*(asyncio.to_thread(warm_up, number) for number in range(workers)))
    call_results = await asyncio.gather(*(asyncio.to_thread(call) for call in job.calls()))
    return Outcome.of_calls(call_results, workers)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """One asyncio.to_thread per call."""

    async def in_thread(call: "Any") -> None:
        await asyncio.to_thread(task, call)

    run_coroutines(in_thread, calls, workers, consumed)
