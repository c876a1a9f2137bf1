"""Workers that pass items to each other through one queue.Queue: each takes one and puts one, again and again.

The queue starts with some items, so that no worker waits for another: what is measured is the queue and its lock.
With the GIL: threads take as long as sequential, and a worker gets mostly its own items back. Without it: the workers
contend for the lock and are slower than sequential. Processes and interpreters have a queue each: nothing is passed
on, as the metric from_others, the share of items that came from another task, shows.
"""

import queue

_ITEMS = 16


def tasks(n: int = 20_000, count: int = 4) -> list[tuple[int, int]]:
    """`count` tasks that each take and put n items."""
    return [(number, n) for number in range(count)]


def shared() -> "queue.Queue[int]":
    """The queue."""
    items: queue.Queue[int] = queue.Queue()
    for _ in range(_ITEMS):
        items.put(-1)
    return items


def task(argument: tuple[int, int], shared: "queue.Queue[int]") -> tuple[int, int, int]:
    """(taken, own, others): how many items it took, how many of them it had put itself, how many another task had."""
    number, n = argument
    own = others = 0
    for _ in range(n):
        item = shared.get()
        shared.put(number)
        if item == number:
            own += 1
        elif item >= 0:
            others += 1
    return n, own, others


def check(results: list[tuple[int, int, int]], arguments: list[tuple[int, int]], shared: "queue.Queue[int]") -> None:
    """Each task took n items, and the queue holds as many items as before."""
    if [taken for taken, _, _ in results] != [n for _, n in arguments] or shared.qsize() != _ITEMS:
        raise ValueError(f"the tasks took {results} of {arguments}, and {shared.qsize()} of {_ITEMS} items are left")


def metrics(results: list[tuple[int, int, int]], arguments: object) -> dict[str, float]:
    """The share of the items that another task had put."""
    return {"from_others": sum(others for _, _, others in results) / sum(taken for taken, _, _ in results)}
