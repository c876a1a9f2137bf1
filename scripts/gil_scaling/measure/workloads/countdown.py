"""David Beazley's countdown: `while n > 0: n -= 1`, the loop with which the GIL became known.

With the GIL: threads take as long as the sequence; on Python 2 they took up to twice as long. Without it, and in
processes: as many times faster as there are CPUs, up to the number of tasks.
"""


def tasks(n=8_000_000, count=8):
    """count equal tasks, n turns altogether."""
    return [n // count] * count


def task(n):
    """Counts down to zero."""
    while n > 0:
        n -= 1
    return n
