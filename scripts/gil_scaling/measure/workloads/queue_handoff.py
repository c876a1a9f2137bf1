"""Workers that hand items to each other through one queue.Queue: each takes one and puts one, again and again.

The queue begins with some items, so that no worker waits for another: what is measured is the queue and its lock.
With the GIL: threads take as long as the sequence, and a worker gets mostly its own items back. Without it: the workers
contend for the lock, and are slower than the sequence. Processes and interpreters have a queue each: nothing is handed
over, and the metric from_others, the share of items that came from another task, says so.
"""

import queue

_ITEMS = 16


def tasks(n=20_000, count=4):
    """count tasks, each of which takes and puts n items."""
    return [(number, n) for number in range(count)]


def shared():
    """The queue."""
    found = queue.Queue()
    for _ in range(_ITEMS):
        found.put(-1)
    return found


def task(argument, shared):
    """(taken, own, others): how many items it took, how many of them it had put itself, how many another task had."""
    number, n = argument
    own = others = 0
    for _ in range(n):
        found = shared.get()
        shared.put(number)
        if found == number:
            own += 1
        elif found >= 0:
            others += 1
    return n, own, others


def check(results, arguments, shared):
    """Each task took what it was to take, and the queue holds as many items as before."""
    if [taken for taken, _, _ in results] != [n for _, n in arguments] or shared.qsize() != _ITEMS:
        raise ValueError(f"the tasks took {results} of {arguments}, and {shared.qsize()} of {_ITEMS} items are left")


def metrics(results, arguments):
    """The share of the items that another task had put."""
    return {"from_others": sum(others for _, _, others in results) / sum(taken for taken, _, _ in results)}
