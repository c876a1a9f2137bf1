"""Compressing texts with zlib: C code that releases the GIL for each of its calls.

With the GIL and without: threads are as many times faster as there are CPUs, as processes are, and without their cost.
"""

import zlib

from gil_scaling.measure.workloads import _compress


def tasks(size=500_000, count=8, level=6):
    """count tasks, each of which compresses a text of size bytes."""
    return [(number, size, level) for number in range(count)]


def task(argument):
    """Whether the text is shorter when compressed, and whether it comes back."""
    return _compress.round_trip(zlib.compress, zlib.decompress, argument)
