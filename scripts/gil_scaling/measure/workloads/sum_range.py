"""The lecture's `sum(range(n))` over an uneven list: work in one C call that holds the GIL all the time.

With the GIL: threads take as long as the sequence, whatever the switch interval, for a C call never yields.
Without it, and in processes: up to the sum of the tasks over the longest one, 272/130 = 2.09 for the lecture's list.
"""


def tasks(numbers=(9_000_000, 3_000_000, 2_200_000, 13_000_000)):
    """One task a number: a tenth of the lecture's by default."""
    return list(numbers)


def task(n):
    """The sum of the numbers below n."""
    return sum(range(n))
