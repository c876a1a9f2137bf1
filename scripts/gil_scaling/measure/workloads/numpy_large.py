"""Adding large arrays with numpy: C code that releases the GIL, limited by the machine's memory.

Unsupported where the build has no numpy. With the GIL and without: threads scale with the CPUs until the memory bandwidth is
used up, without copying the arrays as processes would.
"""

from gil_scaling.measure.workloads import _numpy

available = _numpy.available
task = _numpy.task


def tasks(size: int = 4_000_000, additions: int = 10, count: int = 8) -> list[tuple[int, int, int]]:
    """`count` tasks that each add two arrays of size floats `additions` times."""
    return _numpy.tasks(size, additions, count)
