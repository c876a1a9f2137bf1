"""Fibonacci numbers by recursion: calls of Python functions, and little else.

With the GIL: threads take as long as the sequence. Without it, and in processes: as many times faster as there are CPUs.
"""


def tasks(n=26, count=8):
    """count equal tasks."""
    return [n] * count


def task(n):
    """The n-th Fibonacci number."""
    return n if n < 2 else task(n - 1) + task(n - 2)
