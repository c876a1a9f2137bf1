"""concurrent.futures.InterpreterPoolExecutor and its map (3.14+): one GIL per interpreter, in one process.

`chunksize` consecutive tasks are one task of the pool; the library's own parameter has no effect on interpreters.
`reuse: true` keeps the pool for all samples: what a pool costs that is already running.
"""

import os
from functools import partial
from itertools import repeat

from gil_scaling.measure.job import Outcome, open_pool
from gil_scaling.measure.worker import Report, load_settings, load_workload, run_plain_call, warm_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import InterpreterPoolExecutor

    from gil_scaling.measure.interfaces import Any, Calls, Job, PlainSettings, TaskFunction
    from gil_scaling.measure.worker import Call

kind = "interpreters"
one_thread_per_gil = True
together = True
snippet = """\
from concurrent.futures import InterpreterPoolExecutor

if __name__ == "__main__":
    with InterpreterPoolExecutor({workers}) as pool:
        results = list(pool.map(task, arguments))
"""


def available() -> "str | None":
    """None, or why this build cannot."""
    try:
        from concurrent.futures import InterpreterPoolExecutor  # noqa: F401
    except ImportError:
        return "concurrent.futures has no InterpreterPoolExecutor before Python 3.14"
    return None


def run(job: "Job", chunksize: int = 1, reuse: bool = False) -> Outcome:
    """Runs the tasks in a new pool, or in that of the samples before."""
    from concurrent.futures import InterpreterPoolExecutor

    reference = job.settings.plain()[0]
    make = partial(InterpreterPoolExecutor, job.workers, initializer=load_workload, initargs=(reference,))
    with open_pool(make, reuse) as pool:
        workers = pool._max_workers  # the default is found nowhere else
        if job.together:
            _start_workers(job, pool, workers)
        answers = list(pool.map(run_plain_call, *zip(*map(_plain, job.calls(chunksize)))))
    return Outcome.of_calls([(Report.from_interpreter(state), results) for state, results in answers], workers)


def _plain(call: "Call") -> "tuple[Any, ...]":
    return call.settings.plain(), call.tasks, call.parent_pid


def _start_workers(job: "Job", pool: "InterpreterPoolExecutor", workers: int) -> None:
    """A barrier made of two pipes: interpreters share file descriptors, but no lock."""
    ready, ready_end = os.pipe()
    go, go_end = os.pipe()
    try:
        arguments = map(job.warmup_argument, range(workers))
        waits = pool.map(_warm_up_and_wait, repeat(job.settings.plain()), arguments, repeat(ready_end), repeat(go))
        waiting = 0
        while waiting < workers:
            waiting += len(os.read(ready, workers))
        os.write(go_end, b"g" * workers)
        list(waits)
    finally:
        for descriptor in (ready, ready_end, go, go_end):
            os.close(descriptor)


def _warm_up_and_wait(settings: "PlainSettings", argument: "Any", ready_end: int, go: int) -> None:
    try:
        warm_up(load_settings(*settings), argument)
    finally:
        os.write(ready_end, b"r")
        os.read(go, 1)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """Map of a new pool; an exception surfaces when the results are consumed."""
    from concurrent.futures import InterpreterPoolExecutor

    with InterpreterPoolExecutor(workers) as pool:
        results = pool.map(task, calls)
        if consumed:
            list(results)
