"""SHA-256 of large buffers: C code that releases the GIL.

With the GIL and without: threads are as many times faster as there are CPUs, and cost less than processes, to which the
buffers need not be copied because each task makes its own.
"""

import hashlib


def tasks(size=8_388_608, count=8):
    """count tasks, each with a buffer of size bytes to make and hash."""
    return [(number, size) for number in range(count)]


def task(argument):
    """The digest of a buffer filled with the task's number."""
    number, size = argument
    return hashlib.sha256(bytes([number % 256]) * size).hexdigest()
