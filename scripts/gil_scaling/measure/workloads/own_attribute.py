"""Each task sets and reads an attribute of its own object: the counterpart of shared_attribute, with nothing shared.

With the GIL: threads take as long as sequential. Without it, and in processes: scales with the CPUs.
"""

from gil_scaling.measure.workloads import shared_attribute

sharing = "own"
counterpart = "shared_attribute"


def tasks(n: int = 1_000_000, count: int = 4) -> list[int]:
    """`count` tasks that write and read n times each."""
    return [n] * count


def task(n: int) -> int:
    """Writes and reads n times on a new object; returns how many reads gave a value."""
    return shared_attribute.task(n, shared_attribute.shared())
