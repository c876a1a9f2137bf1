"""Compressing texts with bz2: C code that releases the GIL, and works far longer on each byte than zlib.

With the GIL and without: threads are as many times faster as there are CPUs, as processes are, and without their cost.
"""

import bz2


def tasks(size=500_000, count=8, level=9):
    """count tasks, each of which compresses a text of size bytes."""
    return [(number, size, level) for number in range(count)]


def task(argument):
    """Whether the text is shorter when compressed, and whether it comes back."""
    number, size, level = argument
    text = b" ".join(b"%d squared is %d" % (i, i * i) for i in range(number, number + size // 24))
    packed = bz2.compress(text, level)
    return len(packed) < len(text), bz2.decompress(packed) == text
