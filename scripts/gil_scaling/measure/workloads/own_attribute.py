"""Each task sets and reads an attribute of an object of its own: the twin of shared_attribute, with nothing shared.

With the GIL: threads take as long as the sequence. Without it, and in processes: as many times faster as there are CPUs.
"""

from gil_scaling.measure.workloads import shared_attribute

sharing = "own"


def tasks(n=1_000_000, count=4):
    """count tasks that write and read n times each."""
    return [n] * count


def task(n):
    """Writes and reads n times on a new object; returns how many reads gave a value."""
    return shared_attribute.task(n, shared_attribute.shared())
