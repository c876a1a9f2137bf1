"""Sorting numbers: one C call that compares Python objects and holds the GIL.

With the GIL: threads take as long as the sequence, and a long sort lets nobody else run meanwhile. Without it, and in
processes: as many times faster as there are CPUs, for each task has a list of its own.
"""

import random


def tasks(n=60_000, count=8):
    """count tasks, each of which shuffles and sorts n numbers."""
    return [(number, n) for number in range(count)]


def task(argument):
    """Whether the numbers are in order, and the first and last of them."""
    number, n = argument
    numbers = list(range(n))
    random.Random(number).shuffle(numbers)
    numbers.sort()
    return numbers == list(range(n)), numbers[0], numbers[-1]
