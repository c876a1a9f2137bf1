"""concurrent.futures.ProcessPoolExecutor and its map.

`chunksize` tasks travel together; 1 is the library's default. `start_method` is fork, forkserver or spawn; null is the build's
default. A process is replaced after `max_tasks_per_child` tasks; null is never (3.11+; not with fork). `reuse: true` keeps the pool
for all samples: what a pool costs that is already running.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from gil_scaling.measure.job import Outcome, open_pool
from gil_scaling.measure.processes import set_pool_barrier, warm_up_and_wait
from gil_scaling.measure.worker import run_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Any, Calls, Job, TaskFunction

kind = "processes"
one_thread_per_gil = True
together = True
snippet = """\
from concurrent.futures import ProcessPoolExecutor

if __name__ == "__main__":
    with ProcessPoolExecutor({workers}) as pool:
        results = list(pool.map(task, arguments))
"""
choices = {"start_method": (None, "fork", "forkserver", "spawn")}


def run(
    job: "Job",
    chunksize: int = 1,
    start_method: "str | None" = None,
    max_tasks_per_child: "int | None" = None,
    reuse: bool = False,
) -> Outcome:
    """Runs the tasks in a new pool, or in that of the samples before."""
    context = multiprocessing.get_context(start_method)

    def make() -> ProcessPoolExecutor:
        barrier = context.Barrier(_size(job.workers)) if job.together else None
        limit: Any = {} if max_tasks_per_child is None else {"max_tasks_per_child": max_tasks_per_child}
        return ProcessPoolExecutor(
            job.workers, mp_context=context, initializer=set_pool_barrier, initargs=(barrier,), **limit
        )

    with open_pool(make, reuse) as pool:
        workers: int = pool._max_workers  # the default is found nowhere else
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
