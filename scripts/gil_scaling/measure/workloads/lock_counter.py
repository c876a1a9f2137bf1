"""Workers that do a share of their work inside one lock: the serial part of Amdahl's law, made by hand.

`inside` is that share. With the GIL: threads take as long as the sequence, or longer. Without it: at most 1 / inside times
faster, however many CPUs there are, less what waiting for the lock costs. Processes and interpreters have a lock each,
which nobody else takes: as many times faster as there are CPUs.
"""

import threading

sharing = "locked"

_TURNS = 10_000  # of work for each time the lock is taken


class Counter:
    """A number and a lock."""

    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()


def tasks(inside=0.5, n=200, count=8):
    """count tasks, each of which takes the lock n times."""
    return [(inside, n)] * count


def shared():
    """The number and the lock."""
    return Counter()


def task(argument, shared):
    """Works n times inside and outside the lock; returns n."""
    inside, n = argument
    locked = round(_TURNS * inside)
    free = _TURNS - locked
    for _ in range(n):
        with shared.lock:
            for _ in range(locked):
                pass
            shared.value += 1
        for _ in range(free):
            pass
    return n


def check(results, arguments, shared):
    """No update is lost under a lock."""
    asked = sum(n for _, n in arguments)
    if sum(results) != asked or shared.value not in (0, asked):
        raise ValueError(f"the counter is {shared.value} after {asked} updates")


def metrics(results, arguments, shared):
    """How many updates the parent sees."""
    return {"updates_in_parent": shared.value}
