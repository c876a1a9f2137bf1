"""multiprocessing.Pool and its map, with the build's default start method.

`chunksize` tasks travel together; null is the library's default, a quarter of a worker's share of the list.
"""

import multiprocessing

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.processes import set_pool_barrier, warm_up_and_wait
from gil_scaling.measure.worker import run_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Any, Calls, Job, TaskFunction

kind = "processes"
one_thread_per_gil = True
together = True


def run(job: "Job", chunksize: "int | None" = None) -> Outcome:
    """Runs the tasks in a new pool, whose workers end when there is no more work."""
    context: Any = multiprocessing.get_context()
    barrier = context.Barrier(job.workers or _default_size()) if job.together else None
    with context.Pool(job.workers, initializer=set_pool_barrier, initargs=(barrier,)) as pool:
        workers = pool._processes  # the default is found nowhere else
        if job.together:
            arguments = [(job.settings, job.warmup_argument(number)) for number in range(workers)]
            pool.starmap(warm_up_and_wait, arguments, chunksize=1)
        call_results = pool.map(run_call, job.calls(), chunksize)
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
