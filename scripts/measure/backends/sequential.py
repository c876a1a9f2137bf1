"""One task after the other in the main thread: the baseline of every speedup."""

from time import thread_time

from scripts.measure.job import Outcome
from scripts.measure.worker import Report, work_through

one_thread_per_gil = True


def run(job):
    """Runs the tasks in their order."""
    report = Report("main")
    pairs = enumerate(job.arguments)
    done = work_through(job.setting, pairs, job.shared, report, cpu_began=thread_time())
    return Outcome([report], done, workers=1)
