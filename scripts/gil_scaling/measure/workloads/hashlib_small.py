"""SHA-256 of buffers just below the size from which hashlib releases the GIL (2048 bytes): the counterpart of hashlib_large.

With the GIL: threads take as long as sequential. Without it, and in processes: scales with the CPUs.
"""

import hashlib


def tasks(size: int = 2047, count: int = 8, repeat: int = 20_000) -> list[tuple[int, int, int]]:
    """`count` tasks that each hash a buffer of size bytes `repeat` times."""
    return [(number, size, repeat) for number in range(count)]


def task(argument: tuple[int, int, int]) -> str:
    """The digest of a chain: each step hashes the previous digest followed by the buffer."""
    number, size, repeat = argument
    buffer = bytes([number % 256]) * (size - 32)
    digest = bytes(32)
    for _ in range(repeat):
        digest = hashlib.sha256(digest + buffer).digest()
    return digest.hex()
