"""Fibonacci numbers by recursion: calls of Python functions, and little else.

With the GIL: threads take as long as sequential. Without it, and in processes: scales with the CPUs.
"""


def tasks(n: int = 26, count: int = 8) -> list[int]:
    """`count` equal tasks."""
    return [n] * count


def task(n: int) -> int:
    """The n-th Fibonacci number."""
    return n if n < 2 else task(n - 1) + task(n - 2)
