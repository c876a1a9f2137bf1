"""The same work cut into ever smaller tasks: from what task size on does a backend pay off?

`turns` of a Python loop are distributed over `pieces` tasks. With the GIL and without: the larger the tasks, the nearer
the speedup is to the backend's best; the smaller, the more the cost of handing out a task outweighs it: microseconds for
threads, about a hundred of them for processes and interpreters, and several hundred for interpreters of a free-threaded
build, unless tasks travel in chunks. Threads under the GIL never pay off.
"""


def tasks(turns: int = 4_000_000, pieces: int = 64) -> list[int]:
    """`pieces` tasks of equal size, `turns` turns altogether."""
    return [turns // pieces] * pieces


def task(n: int) -> int:
    """The sum of the numbers below n, turn by turn."""
    total = 0
    for i in range(n):
        total += i
    return total
