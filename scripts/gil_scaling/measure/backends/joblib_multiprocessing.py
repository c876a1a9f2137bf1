"""joblib.Parallel with its backend multiprocessing: a multiprocessing.Pool with joblib's own pickling.

`batch_size` tasks travel together, fewer of the first 2 × workers; null lets joblib find a number by how long they take.
`reuse: true` keeps the pool for all samples. With one worker joblib runs the tasks itself. Unsupported where the build has
no joblib.
"""

from gil_scaling.measure.backends import _joblib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Calls, Job, Outcome, TaskFunction

kind = "processes"
one_thread_per_gil = True
together = False
snippet = """\
from joblib import Parallel, delayed

if __name__ == "__main__":
    results = Parallel(n_jobs={workers}, backend="multiprocessing")(delayed(task)(argument) for argument in arguments)
"""
available = _joblib.available


def run(job: "Job", batch_size: "int | None" = None, reuse: bool = False) -> "Outcome":
    """Runs the tasks in a new pool, or in that of the samples before."""
    return _joblib.run(job, "multiprocessing", batch_size, reuse)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """Parallel with its backend multiprocessing."""
    _joblib.by_hand(task, calls, workers, "multiprocessing")
