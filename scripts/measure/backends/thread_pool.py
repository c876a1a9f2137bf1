"""concurrent.futures.ThreadPoolExecutor and its map."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

from scripts.measure.job import Outcome
from scripts.measure.worker import task_in_thread, untimed_task

one_thread_per_gil = False


def run(job):
    """Runs the tasks in a new pool."""
    with ThreadPoolExecutor(job.workers) as pool:
        workers = pool._max_workers  # the only place that tells the default
        if job.together:
            _meet(job, pool, workers)
        count = len(job.arguments)
        outcomes = list(pool.map(task_in_thread, repeat(job.setting), range(count), job.arguments, repeat(job.shared)))
    return Outcome.of_pool(outcomes, workers)


def _meet(job, pool, workers):
    gate = threading.Barrier(workers)

    def warm(number):
        untimed_task(job.setting, job.warm_argument(number))
        gate.wait()

    list(pool.map(warm, range(workers)))
