"""One task after the other in the main thread: the baseline of every speedup.

A workload that has only a coroutine form runs one coroutine after the other, all in one event loop.
"""

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.worker import Report, run_tasks, thread_usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Calls, Job, TaskFunction

kind = "sequential"
one_thread_per_gil = True
together = True
snippet = "results = [task(argument) for argument in arguments]\n"


def run(job: "Job") -> Outcome:
    """Runs the tasks in order."""
    if job.settings.workload.is_coroutine:
        from gil_scaling.measure.backends import asyncio

        job.workers = 1
        return asyncio.run(job)
    report = Report("main")
    tasks = enumerate(job.arguments)
    results = run_tasks(job.settings, tasks, job.shared, report, start=thread_usage())
    return Outcome([report], results, workers=1)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """A loop."""
    for call in calls:
        task(call)
