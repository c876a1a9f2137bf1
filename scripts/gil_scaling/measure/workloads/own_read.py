"""Each task reads a value from a dict of its own: the twin of shared_read, with the same work and nothing shared.

With the GIL: threads take as long as the sequence. Without it, and in processes: as many times faster as there are CPUs.
"""

from gil_scaling.measure.workloads import shared_read

sharing = "own"


def tasks(n=1_000_000, count=4):
    """count tasks that read n times each."""
    return [n] * count


def task(n):
    """Reads n times from a new dict; returns how many of them gave a value."""
    return shared_read.task(n, shared_read.shared())
