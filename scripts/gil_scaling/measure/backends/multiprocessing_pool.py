"""multiprocessing.Pool and its map, with the build's default start method.

`chunksize` tasks travel together; null is the library's default, a quarter of a worker's share of the list.
"""

import multiprocessing

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.processes import enter, meet
from gil_scaling.measure.worker import perform

kind = "processes"
one_thread_per_gil = True
together = True


def run(job, chunksize=None):
    """Runs the tasks in a new pool, whose workers end when there is no more work."""
    context = multiprocessing.get_context()
    gate = context.Barrier(job.workers or _default_size()) if job.together else None
    with context.Pool(job.workers, initializer=enter, initargs=(gate,)) as pool:
        workers = pool._processes  # the only place that tells the default
        if job.together:
            warm_arguments = [(job.setting, job.warm_argument(number)) for number in range(workers)]
            pool.starmap(meet, warm_arguments, chunksize=1)
        outcomes = pool.map(perform, job.calls(), chunksize)
        pool.close()
        pool.join()
    return Outcome.of_pool(outcomes, workers, context.get_start_method())


def by_hand(task, calls, workers, consumed):
    """Map of a new pool; an exception surfaces when the results are consumed."""
    with multiprocessing.Pool(workers) as pool:
        results = pool.map_async(task, calls, chunksize=1)
        if consumed:
            results.get()
        pool.close()
        pool.join()


def _default_size():
    with multiprocessing.Pool() as pool:
        return pool._processes
