"""Each task appends to a list of its own: the twin of shared_append, with the same work and nothing shared.

With the GIL: threads take as long as the sequence. Without it, and in processes: as many times faster as there are CPUs.
"""

from gil_scaling.measure.workloads import shared_append

sharing = "own"


def tasks(n=250_000, count=4):
    """count tasks that append n items each."""
    return [n] * count


def task(n):
    """Appends n items to a new list; returns how many it holds."""
    own = shared_append.shared()
    shared_append.task(n, own)
    return len(own)
