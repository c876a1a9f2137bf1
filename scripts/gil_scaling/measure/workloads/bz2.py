"""Compressing text with bz2: C code that releases the GIL and spends far longer on each byte than zlib.

With the GIL and without: threads scale with the CPUs, as processes do, without their cost.
"""

import bz2

from gil_scaling.measure.workloads import _compress


def tasks(size: int = 500_000, count: int = 8, level: int = 9) -> list[tuple[int, int, int]]:
    """`count` tasks that each compress a text of size bytes."""
    return [(number, size, level) for number in range(count)]


def task(argument: tuple[int, int, int]) -> tuple[bool, bool]:
    """Whether the compressed text is shorter, and whether decompressing restores it."""
    return _compress.round_trip(bz2.compress, bz2.decompress, argument)
