"""David Beazley's countdown: `while n > 0: n -= 1`, the loop that made the GIL known.

With the GIL: threads take as long as sequential; on Python 2 they took up to twice as long. Without it, and in
processes: scales with the CPUs, up to the number of tasks.
"""


def tasks(n: int = 8_000_000, count: int = 8) -> list[int]:
    """`count` equal tasks, n turns altogether."""
    return [n // count] * count


def task(n: int) -> int:
    """Counts down to zero."""
    while n > 0:
        n -= 1
    return n
