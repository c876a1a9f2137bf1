"""joblib.Parallel with its backend threading: a pool of threads.

`batch_size` tasks are one piece of work for a thread, fewer of the first 2 × workers; null, joblib's own choice, is one
task. `reuse: true` keeps the threads for all samples. With one worker joblib runs the tasks itself. Unsupported where the
build has no joblib.
"""

from gil_scaling.measure.backends import _joblib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Calls, Job, Outcome, TaskFunction

kind = "threads"
one_thread_per_gil = False
together = False
snippet = """\
from joblib import Parallel, delayed

if __name__ == "__main__":
    results = Parallel(n_jobs={workers}, backend="threading")(delayed(task)(argument) for argument in arguments)
"""
available = _joblib.available


def run(job: "Job", batch_size: "int | None" = None, reuse: bool = False) -> "Outcome":
    """Runs the tasks in new threads, or in those of the samples before."""
    return _joblib.run(job, "threading", batch_size, reuse)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """Parallel with its backend threading."""
    _joblib.by_hand(task, calls, workers, "threading")
