"""concurrent.futures.ThreadPoolExecutor and its map.

`chunksize` consecutive tasks are one task of the pool; the library's own parameter has no effect on threads. `reuse: true`
keeps the pool for all samples: what a pool costs that is already running.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from gil_scaling.measure.job import Outcome, open_pool
from gil_scaling.measure.threads import make_warm_up
from gil_scaling.measure.worker import run_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Calls, Job, TaskFunction

kind = "threads"
one_thread_per_gil = False
together = True
snippet = """\
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor({workers}) as pool:
    results = list(pool.map(task, arguments))
"""


def run(job: "Job", chunksize: int = 1, reuse: bool = False) -> Outcome:
    """Runs the tasks in a new pool, or in that of the samples before."""
    with open_pool(partial(ThreadPoolExecutor, job.workers), reuse) as pool:
        workers = pool._max_workers  # the default is found nowhere else
        if job.together:
            list(pool.map(make_warm_up(job, workers), range(workers)))
        call_results = list(pool.map(run_call, job.calls(chunksize)))
    return Outcome.of_calls(call_results, workers)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """Map of a new pool; an exception surfaces when the results are consumed."""
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(task, calls)
        if consumed:
            list(results)
