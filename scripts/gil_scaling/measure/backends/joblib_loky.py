"""joblib.Parallel with its default backend, loky: processes, each started as a new program.

`batch_size` tasks travel together, fewer of the first 2 × workers; null lets joblib find a number by how long they take.
`reuse: true` keeps the processes for all samples, as joblib does within a program; without it each sample starts its own.
With one worker joblib runs the tasks itself. Unsupported where the build has no joblib.
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
    results = Parallel(n_jobs={workers})(delayed(task)(argument) for argument in arguments)
"""
available = _joblib.available


def run(job: "Job", batch_size: "int | None" = None, reuse: bool = False) -> "Outcome":
    """Runs the tasks in new processes, or in those of the samples before."""
    outcome = _joblib.run(job, "loky", batch_size, reuse)
    if not reuse:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor(reuse=True).shutdown(wait=True)
    return outcome


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """Parallel with its default backend."""
    _joblib.by_hand(task, calls, workers, "loky")
