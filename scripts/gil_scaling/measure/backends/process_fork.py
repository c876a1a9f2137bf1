"""multiprocessing.Process with the start method fork: copies of the parent, made in a moment, with all that it holds."""

from gil_scaling.measure import processes

kind = "processes"
one_thread_per_gil = True
together = True


def available():
    """None, or why this system cannot."""
    return processes.available("fork")


def run(job):
    """Runs the tasks in as many processes as there are workers."""
    return processes.run(job, "fork")


def by_hand(task, calls, workers, consumed):
    """One process per call."""
    return processes.by_hand(task, calls, consumed, "fork")
