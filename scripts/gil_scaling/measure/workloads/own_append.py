"""Each task appends to its own list: the counterpart of shared_append, with the same work and nothing shared.

With the GIL: threads take as long as sequential. Without it, and in processes: scales with the CPUs.
"""

from gil_scaling.measure.workloads import shared_append

sharing = "own"
counterpart = "shared_append"


def tasks(n: int = 250_000, count: int = 4) -> list[int]:
    """`count` tasks that append n items each."""
    return [n] * count


def task(n: int) -> int:
    """Appends n items to a new list; returns its length."""
    items = shared_append.shared()
    shared_append.task(n, items)
    return len(items)
