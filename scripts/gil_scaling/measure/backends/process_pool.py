"""concurrent.futures.ProcessPoolExecutor and its map, with the build's default start method.

`chunksize` tasks travel together; 1 is the library's default.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.processes import set_pool_barrier, warm_up_and_wait
from gil_scaling.measure.worker import run_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Any, Calls, Job, TaskFunction

kind = "processes"
one_thread_per_gil = True
together = True


def run(job: "Job", chunksize: int = 1) -> Outcome:
    """Runs the tasks in a new pool."""
    context = multiprocessing.get_context()
    barrier = context.Barrier(_size(job.workers)) if job.together else None
    with ProcessPoolExecutor(
        job.workers, mp_context=context, initializer=set_pool_barrier, initargs=(barrier,)
    ) as pool:
        workers: int = pool._max_workers  # type: ignore[attr-defined]  # the default is found nowhere else
        if job.together:
            list(pool.map(warm_up_and_wait, repeat(job.settings), map(job.warmup_argument, range(workers))))
        call_results = list(pool.map(run_call, job.calls(), chunksize=chunksize))
    return Outcome.of_calls(call_results, workers, context.get_start_method())


def _size(workers: "int | None") -> int:
    """The size that a pool would have; the default is that of a pool, which starts no process before its first task."""
    default: Any = ProcessPoolExecutor
    return workers or default()._max_workers


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """Map of a new pool; an exception surfaces when the results are consumed."""
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(task, calls)
        if consumed:
            list(results)
