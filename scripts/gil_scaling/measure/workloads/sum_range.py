"""The lecture's `sum(range(n))` over an uneven list: a single C call that holds the GIL all the time.

With the GIL: threads take as long as sequential, or longer. The call never yields, so no switch interval helps; but threads that wait
for the GIL wake up at each interval: at 10 µs, 4 of them took it to 0.90× sequential [0.75, 0.94] (3.14, two CPUs).
Without it, and in processes: up to the sum of the tasks over the longest one, 272/130 = 2.09 for the lecture's list.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def tasks(numbers: "Sequence[int]" = (9_000_000, 3_000_000, 2_200_000, 13_000_000)) -> list[int]:
    """One task per number: a tenth of the lecture's by default."""
    return list(numbers)


def task(n: int) -> int:
    """The sum of the numbers below n."""
    return sum(range(n))
