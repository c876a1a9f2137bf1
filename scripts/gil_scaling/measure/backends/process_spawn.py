"""multiprocessing.Process with the start method spawn: each a new interpreter, which imports the workload again."""

from gil_scaling.measure import processes

one_thread_per_gil = True


def available():
    """None, or why this system cannot."""
    return processes.available("spawn")


def run(job):
    """Runs the tasks in as many processes as there are workers."""
    return processes.run(job, "spawn")
