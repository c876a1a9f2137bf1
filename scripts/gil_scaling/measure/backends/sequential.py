"""One task after the other in the main thread: the baseline of every speedup."""

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.worker import Report, used_by_thread, work_through

kind = "sequential"
one_thread_per_gil = True
together = True


def run(job):
    """Runs the tasks in their order."""
    report = Report("main")
    pairs = enumerate(job.arguments)
    done = work_through(job.setting, pairs, job.shared, report, began=used_by_thread())
    return Outcome([report], done, workers=1)


def by_hand(task, calls, workers, consumed):
    """A loop."""
    for call in calls:
        task(call)
