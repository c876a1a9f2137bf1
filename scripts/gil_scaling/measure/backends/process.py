"""multiprocessing.Process with the build's default start method: forkserver from 3.14 on, fork before (Linux)."""

from gil_scaling.measure import processes

kind = "processes"
one_thread_per_gil = True
together = True


def run(job):
    """Runs the tasks in as many processes as there are workers."""
    return processes.run(job)


def by_hand(task, calls, workers, consumed):
    """One process per call."""
    return processes.by_hand(task, calls, consumed)
