"""multiprocessing.Pool and its map.

`chunksize` tasks travel together; null is the library's default, a quarter of a worker's share of the list. `start_method` is fork,
forkserver or spawn; null is the build's default. A process is replaced after `max_tasks_per_child` pieces of work; null is never.
`reuse: true` keeps the pool for all samples: what a pool costs that is already running.
"""

import multiprocessing

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
from multiprocessing import Pool

if __name__ == "__main__":
    with Pool({workers}) as pool:
        results = pool.map(task, arguments)
"""
choices = {"start_method": (None, "fork", "forkserver", "spawn")}


def run(
    job: "Job",
    chunksize: "int | None" = None,
    start_method: "str | None" = None,
    max_tasks_per_child: "int | None" = None,
    reuse: bool = False,
) -> Outcome:
    """Runs the tasks in a new pool, whose workers end when there is no more work, or in that of the samples before."""
    context: Any = multiprocessing.get_context(start_method)

    def make() -> "Any":
        barrier = context.Barrier(job.workers or _default_size()) if job.together else None
        return context.Pool(job.workers, set_pool_barrier, (barrier,), max_tasks_per_child)

    with open_pool(make, reuse) as pool:
        workers = pool._processes  # the default is found nowhere else
        if job.together:
            arguments = [(job.settings, job.warmup_argument(number)) for number in range(workers)]
            pool.starmap(warm_up_and_wait, arguments, chunksize=1)
        call_results = pool.map(run_call, job.calls(), chunksize)
        if not reuse:
            pool.close()
            pool.join()
    return Outcome.of_calls(call_results, workers, context.get_start_method())


def _default_size() -> int:
    pool: Any
    with multiprocessing.Pool() as pool:
        size: int = pool._processes
        return size


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """Map of a new pool; an exception surfaces when the results are consumed."""
    with multiprocessing.Pool(workers) as pool:
        results = pool.map_async(task, calls, chunksize=1)
        if consumed:
            results.get()
        pool.close()
        pool.join()
