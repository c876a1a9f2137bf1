"""Adding large arrays with numpy: C code that releases the GIL, and a machine's memory.

Unsupported where the build has no numpy. With the GIL and without: threads are faster with the CPUs until the memory's
bandwidth is used up, and without copying arrays as processes would.
"""

from gil_scaling.measure.workloads import _numpy

available = _numpy.available
task = _numpy.task


def tasks(size=4_000_000, additions=10, count=8):
    """count tasks, each of which adds two arrays of size floats so often."""
    return _numpy.tasks(size, additions, count)
