"""Threads that call one function with an lru_cache: each hit takes the lock of the cache."""

import functools


@functools.lru_cache(maxsize=128)
def square(i: int) -> int:
    """The square of a number."""
    return i * i


def tasks(n: int = 500_000, count: int = 4) -> list[int]:
    """`count` tasks that call the function n times each."""
    return [n] * count


def task(n: int) -> int:
    """The sum of n squares, of 16 different ones."""
    total = 0
    for i in range(n):
        total += square(i & 15)
    return total
