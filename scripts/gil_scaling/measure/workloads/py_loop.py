"""A loop in pure Python: work that the interpreter can interrupt at each turn, the counterpart of sum_range.

With the GIL: threads take as long as sequential. Without it, and in processes: scales with the CPUs, up to the number of
tasks.
"""


def tasks(n: int = 1_000_000, count: int = 8) -> list[int]:
    """`count` equal tasks of n turns."""
    return [n] * count


def task(n: int) -> int:
    """The sum of the numbers below n, turn by turn."""
    total = 0
    for i in range(n):
        total += i
    return total
