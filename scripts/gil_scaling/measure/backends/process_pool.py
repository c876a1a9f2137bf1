"""concurrent.futures.ProcessPoolExecutor and its map, with the build's default start method.

`chunksize` tasks travel together; 1 is the library's default.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.processes import enter, meet
from gil_scaling.measure.worker import perform

kind = "processes"
one_thread_per_gil = True
together = True


def run(job, chunksize=1):
    """Runs the tasks in a new pool."""
    context = multiprocessing.get_context()
    gate = context.Barrier(_size(job.workers)) if job.together else None
    with ProcessPoolExecutor(job.workers, mp_context=context, initializer=enter, initargs=(gate,)) as pool:
        workers = pool._max_workers  # the only place that tells the default
        if job.together:
            list(pool.map(meet, repeat(job.setting), map(job.warm_argument, range(workers))))
        outcomes = list(pool.map(perform, job.calls(), chunksize=chunksize))
    return Outcome.of_pool(outcomes, workers, context.get_start_method())


def by_hand(task, calls, workers, consumed):
    """Map of a new pool; an exception surfaces when the results are consumed."""
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(task, calls)
        if consumed:
            list(results)


def _size(workers):
    """The size that a pool would have; the default takes a pool, which starts no process before its first task."""
    return workers or ProcessPoolExecutor()._max_workers
