"""Adding small arrays with numpy: what it takes to find and call the loop outweighs the loop.

Unsupported where the build has no numpy. With the GIL: threads take as long as the sequence or longer, for what stands
around the loop holds the GIL, and numpy gives it up and takes it back for so short a loop. Without it: faster with the CPUs
as far as numpy's own locks and shared counters allow. Beware: an old numpy switches the GIL of a free-threaded build on
again, which the flag gil_reenabled tells.
"""

from gil_scaling.measure.workloads import _numpy

available = _numpy.available
task = _numpy.task


def tasks(size=1000, additions=100_000, count=8):
    """count tasks, each of which adds two arrays of size floats so often."""
    return _numpy.tasks(size, additions, count)
