"""Each task reads a value from its own dict: the counterpart of shared_read, with the same work and nothing shared.

With the GIL: threads take as long as sequential. Without it, and in processes: scales with the CPUs.
"""

from gil_scaling.measure.workloads import shared_read

sharing = "own"
counterpart = "shared_read"


def tasks(n: int = 1_000_000, count: int = 4) -> list[int]:
    """`count` tasks that read n times each."""
    return [n] * count


def task(n: int) -> int:
    """Reads n times from a new dict; returns how many reads gave a value."""
    return shared_read.task(n, shared_read.shared())
