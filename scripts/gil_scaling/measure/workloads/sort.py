"""Sorting numbers: one C call that compares Python objects and holds the GIL.

With the GIL: threads take as long as sequential, and no other thread runs during a long sort. Without it, and in
processes: scales with the CPUs, because each task has its own list.
"""

import random


def tasks(n: int = 60_000, count: int = 8) -> list[tuple[int, int]]:
    """`count` tasks that each shuffle and sort n numbers."""
    return [(number, n) for number in range(count)]


def task(argument: tuple[int, int]) -> tuple[bool, int, int]:
    """Whether the numbers are in order, and the first and last of them."""
    number, n = argument
    numbers = list(range(n))
    random.Random(number).shuffle(numbers)
    numbers.sort()
    return numbers == list(range(n)), numbers[0], numbers[-1]
