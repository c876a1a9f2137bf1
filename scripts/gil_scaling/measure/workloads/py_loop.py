"""A loop in pure Python: work that the interpreter can interrupt at each turn, the twin of sum_range.

With the GIL: threads take as long as the sequence. Without it, and in processes: as many times faster as there are
CPUs, up to the number of tasks.
"""


def tasks(n=1_000_000, count=8):
    """count equal tasks of n turns."""
    return [n] * count


def task(n):
    """The sum of the numbers below n, turn by turn."""
    total = 0
    for i in range(n):
        total += i
    return total
