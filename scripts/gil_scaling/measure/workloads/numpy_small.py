"""Adding small arrays with numpy: finding and calling the inner loop takes longer than the loop.

Unsupported where the build has no numpy. With the GIL: threads take as long as sequential or longer, because the code around
the loop holds the GIL, and numpy releases and takes it again for so short a loop. Without it: scales with the CPUs as far as
numpy's own locks and shared reference counts allow. Beware: an old numpy switches the GIL of a free-threaded build on
again, which the flag gil_reenabled shows.
"""

from gil_scaling.measure.workloads import _numpy

available = _numpy.available
task = _numpy.task


def tasks(size: int = 1000, additions: int = 100_000, count: int = 8) -> list[tuple[int, int, int]]:
    """`count` tasks that each add two arrays of size floats `additions` times."""
    return _numpy.tasks(size, additions, count)
