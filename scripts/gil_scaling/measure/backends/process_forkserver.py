"""multiprocessing.Process with the start method forkserver: forked from a small server process, which is started once."""

from gil_scaling.measure import processes

kind = "processes"
one_thread_per_gil = True
together = True


def available():
    """None, or why this system cannot."""
    return processes.available("forkserver")


def run(job):
    """Runs the tasks in as many processes as there are workers."""
    return processes.run(job, "forkserver")


def by_hand(task, calls, workers, consumed):
    """One process per call."""
    return processes.by_hand(task, calls, consumed, "forkserver")
