"""Threads that read an attribute through one descriptor: a reference count that they share."""


class Constant:
    """A descriptor that gives a number."""

    def __get__(self, instance: object, owner: type) -> int:
        return 1


class Thing:
    """A class with the descriptor."""

    value = Constant()


def tasks(n: int = 500_000, count: int = 4) -> list[int]:
    """`count` tasks that read the attribute n times each."""
    return [n] * count


def task(n: int) -> int:
    """The sum of n reads from a new instance."""
    thing = Thing()
    total = 0
    for _ in range(n):
        total += thing.value
    return total
