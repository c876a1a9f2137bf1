"""SHA-256 of large buffers: C code that releases the GIL.

With the GIL and without: threads scale with the CPUs and cost less than processes. No buffer is copied to a process,
because each task makes its own.
"""

import hashlib


def tasks(size: int = 8_388_608, count: int = 8, repeat: int = 8) -> list[tuple[int, int, int]]:
    """`count` tasks that each make a buffer of size bytes and hash it `repeat` times."""
    return [(number, size, repeat) for number in range(count)]


def task(argument: tuple[int, int, int]) -> str:
    """The digest of a buffer filled with the task's number; hashing it once would take no longer than making it."""
    number, size, repeat = argument
    buffer = bytes([number % 256]) * size
    for _ in range(repeat):
        digest = hashlib.sha256(buffer).hexdigest()
    return digest
