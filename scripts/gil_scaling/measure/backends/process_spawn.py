"""multiprocessing.Process with the start method spawn: a new interpreter per process, which imports the workload again."""

from gil_scaling.measure import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Calls, Job, Outcome, TaskFunction

kind = "processes"
one_thread_per_gil = True
together = True
start_method = "spawn"
snippet_of = "process"


def available() -> "str | None":
    """None, or why this system cannot."""
    return processes.available(start_method)


def run(job: "Job") -> "Outcome":
    """Runs the tasks in one new process per worker."""
    return processes.run(job, start_method)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> "str | None":
    """One process per call."""
    return processes.by_hand(task, calls, consumed, start_method)
