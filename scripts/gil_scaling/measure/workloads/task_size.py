"""The same work cut into ever smaller tasks: from what size of task on does a backend pay?

`turns` of a loop in Python are dealt out over `pieces` tasks. With the GIL and without: the larger the tasks, the nearer
is the speedup to the backend's best; the smaller, the more the handing out of a task outweighs it: microseconds for
threads, about a hundred of them for processes and interpreters, and several hundred for interpreters of a free-threaded
build, unless tasks travel in chunks. Threads under the GIL never pay.
"""


def tasks(turns=4_000_000, pieces=64):
    """pieces tasks of equal size, turns altogether."""
    return [turns // pieces] * pieces


def task(n):
    """The sum of the numbers below n, turn by turn."""
    total = 0
    for i in range(n):
        total += i
    return total
