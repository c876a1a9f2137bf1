"""SHA-256 of buffers just below the size from which hashlib releases the GIL (2048 bytes): the twin of hashlib_large.

With the GIL: threads take as long as the sequence. Without it, and in processes: as many times faster as there are CPUs.
"""

import hashlib


def tasks(size=2047, count=8, repeat=20_000):
    """count tasks, each of which hashes a buffer of size bytes repeat times."""
    return [(number, size, repeat) for number in range(count)]


def task(argument):
    """The digest of a chain: each step hashes the buffer with the digest before in front."""
    number, size, repeat = argument
    buffer = bytes([number % 256]) * (size - 32)
    found = bytes(32)
    for _ in range(repeat):
        found = hashlib.sha256(found + buffer).digest()
    return found.hex()
