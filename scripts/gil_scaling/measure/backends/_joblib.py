"""Shared by the backends of joblib: running the calls of a job in a joblib.Parallel."""

from gil_scaling.measure.job import Outcome, open_pool
from gil_scaling.measure.optional import explain_missing
from gil_scaling.measure.worker import run_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Any, Calls, Job, TaskFunction


def available() -> "str | None":
    """None, or why this build cannot."""
    return explain_missing("joblib")


def run(job: "Job", backend: str, batch_size: "int | None", reuse: bool) -> Outcome:
    """Runs the tasks in new workers, or in those of the samples before; the default number of workers is that of all CPUs."""
    from joblib import Parallel, delayed, effective_n_jobs

    workers = job.workers or effective_n_jobs(-1)

    def make() -> "Any":
        parallel = Parallel(n_jobs=workers, backend=backend, batch_size=batch_size or "auto")
        return parallel.__enter__() if reuse else parallel  # entered, it keeps its workers; open_pool does not enter it

    with open_pool(make, reuse) as parallel:
        call_results = parallel(delayed(run_call)(call) for call in job.calls())
    return Outcome.of_calls(call_results, workers)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, backend: str) -> None:
    """Parallel with a call per task; it always waits for the results, and an exception surfaces."""
    from joblib import Parallel, delayed

    Parallel(n_jobs=workers, backend=backend)(delayed(task)(call) for call in calls)
