"""Threads that read the value of one member of an enum: a reference count that they share."""

import enum


class Color(enum.Enum):
    """Two members."""

    RED = "red"
    BLUE = "blue"


def tasks(n: int = 200_000, count: int = 4) -> list[int]:
    """`count` tasks that read the value n times each."""
    return [n] * count


def task(n: int) -> int:
    """How many of n reads gave the value."""
    reads = 0
    for _ in range(n):
        if Color.RED.value == "red":
            reads += 1
    return reads
