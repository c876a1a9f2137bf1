"""concurrent.futures.ProcessPoolExecutor and its map, with the build's default start method."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from scripts.measure.job import Outcome
from scripts.measure.worker import task_in_process, untimed_task

one_thread_per_gil = True

_gate = None


def run(job):
    """Runs the tasks in a new pool."""
    context = multiprocessing.get_context()
    gate = context.Barrier(_size(job.workers)) if job.together else None
    with ProcessPoolExecutor(job.workers, mp_context=context, initializer=_begin, initargs=(job.setting, gate)) as pool:
        workers = pool._max_workers  # the only place that tells the default
        if job.together:
            warm_arguments = map(job.warm_argument, range(workers))
            list(pool.map(_warm, repeat(job.setting), warm_arguments))
        count = len(job.arguments)
        outcomes = list(pool.map(task_in_process, repeat(job.setting), range(count), job.arguments))
    return Outcome.of_pool(outcomes, workers, context.get_start_method())


def _size(workers):
    """The size that a pool would have; the default takes a pool, which starts no process before its first task."""
    return workers or ProcessPoolExecutor()._max_workers


def _begin(setting, gate):
    global _gate
    _gate = gate
    setting.apply()


def _warm(setting, argument):
    untimed_task(setting, argument)
    _gate.wait()
