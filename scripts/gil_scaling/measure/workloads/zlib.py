"""Compressing text with zlib: C code that releases the GIL for each of its calls.

With the GIL and without: threads scale with the CPUs, as processes do, without their cost.
"""

import zlib

from gil_scaling.measure.workloads import _compress


def tasks(size: int = 500_000, count: int = 8, level: int = 6) -> list[tuple[int, int, int]]:
    """`count` tasks that each compress a text of size bytes."""
    return [(number, size, level) for number in range(count)]


def task(argument: tuple[int, int, int]) -> tuple[bool, bool]:
    """Whether the compressed text is shorter, and whether decompressing restores it."""
    return _compress.round_trip(zlib.compress, zlib.decompress, argument)
