"""concurrent.futures.InterpreterPoolExecutor and its map (3.14+): a GIL for each interpreter, in one process.

`chunksize` tasks in a row are one task of the pool; the library's own parameter has no effect on interpreters.
"""

import os
from itertools import repeat

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.worker import Report, know, perform_plainly, untimed_task

kind = "interpreters"
one_thread_per_gil = True
together = True


def available():
    """None, or why this build cannot."""
    try:
        from concurrent.futures import InterpreterPoolExecutor  # noqa: F401
    except ImportError:
        return "concurrent.futures has no InterpreterPoolExecutor before Python 3.14"
    return None


def run(job, chunksize=1):
    """Runs the tasks in a new pool."""
    from concurrent.futures import InterpreterPoolExecutor

    with InterpreterPoolExecutor(job.workers, initializer=know, initargs=(job.setting.workload.reference,)) as pool:
        workers = pool._max_workers  # the only place that tells the default
        if job.together:
            _meet(job, pool, workers)
        done = list(pool.map(perform_plainly, *zip(*map(_plain, job.calls(chunksize)))))
    return Outcome.of_pool([(Report.of(state), results) for state, results in done], workers)


def by_hand(task, calls, workers, consumed):
    """Map of a new pool; an exception surfaces when the results are consumed."""
    from concurrent.futures import InterpreterPoolExecutor

    with InterpreterPoolExecutor(workers) as pool:
        results = pool.map(task, calls)
        if consumed:
            list(results)


def _plain(call):
    return call.setting.workload.reference, call.setting.switch_interval_s, call.pairs, call.home


def _meet(job, pool, workers):
    """A barrier of two pipes: interpreters share file descriptors, but no lock."""
    ready, say_ready = os.pipe()
    go, say_go = os.pipe()
    try:
        warm_arguments = map(job.warm_argument, range(workers))
        met = pool.map(_warm, repeat(job.setting), warm_arguments, repeat(say_ready), repeat(go))
        waiting = 0
        while waiting < workers:
            waiting += len(os.read(ready, workers))
        os.write(say_go, b"g" * workers)
        list(met)
    finally:
        for descriptor in (ready, say_ready, go, say_go):
            os.close(descriptor)


def _warm(setting, argument, say_ready, go):
    try:
        untimed_task(setting, argument)
    finally:
        os.write(say_ready, b"r")
        os.read(go, 1)
