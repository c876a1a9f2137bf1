"""concurrent.futures.ThreadPoolExecutor and its map.

`chunksize` tasks in a row are one task of the pool; the library's own parameter has no effect on threads.
"""

from concurrent.futures import ThreadPoolExecutor

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import gate_of
from gil_scaling.measure.worker import perform, untimed_task

kind = "threads"
one_thread_per_gil = False
together = True


def run(job, chunksize=1):
    """Runs the tasks in a new pool."""
    with ThreadPoolExecutor(job.workers) as pool:
        workers = pool._max_workers  # the only place that tells the default
        if job.together:
            _meet(job, pool, workers)
        outcomes = list(pool.map(perform, job.calls(chunksize)))
    return Outcome.of_pool(outcomes, workers)


def by_hand(task, calls, workers, consumed):
    """Map of a new pool; an exception surfaces when the results are consumed."""
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(task, calls)
        if consumed:
            list(results)


def _meet(job, pool, workers):
    gate = gate_of(job, workers)

    def warm(number):
        untimed_task(job.setting, job.warm_argument(number))
        gate.wait()

    list(pool.map(warm, range(workers)))
