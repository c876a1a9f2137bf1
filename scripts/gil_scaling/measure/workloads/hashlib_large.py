"""SHA-256 of large buffers: C code that releases the GIL.

With the GIL and without: threads are as many times faster as there are CPUs, and cost less than processes, to which the
buffers need not be copied because each task makes its own.
"""

import hashlib


def tasks(size=8_388_608, count=8, repeat=8):
    """count tasks, each of which makes a buffer of size bytes and hashes it repeat times."""
    return [(number, size, repeat) for number in range(count)]


def task(argument):
    """The digest of a buffer filled with the task's number; hashing it once would take no longer than making it."""
    number, size, repeat = argument
    buffer = bytes([number % 256]) * size
    for _ in range(repeat):
        found = hashlib.sha256(buffer).hexdigest()
    return found
