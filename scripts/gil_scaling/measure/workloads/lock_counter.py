"""Workers that do a share of their work inside one lock: the serial part of Amdahl's law.

`inside` is that share. With the GIL: threads take as long as sequential, or longer. Without it: at most 1 / inside times
faster, however many CPUs there are, less the cost of waiting for the lock. Processes and interpreters have a lock each,
for which nobody competes: they scale with the CPUs.
"""

import threading

sharing = "locked"

_TURNS = 10_000  # of work each time the lock is taken


class Counter:
    """A number and a lock."""

    def __init__(self) -> None:
        self.value = 0
        self.lock = threading.Lock()


def tasks(inside: float = 0.5, n: int = 200, count: int = 8) -> list[tuple[float, int]]:
    """`count` tasks that each take the lock n times."""
    return [(inside, n)] * count


def shared() -> Counter:
    """The number and the lock."""
    return Counter()


def task(argument: tuple[float, int], shared: Counter) -> int:
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


def check(results: list[int], arguments: list[tuple[float, int]], shared: Counter) -> None:
    """No update is lost under a lock."""
    expected = sum(n for _, n in arguments)
    if sum(results) != expected or shared.value not in (0, expected):
        raise ValueError(f"the counter is {shared.value} after {expected} updates")


def metrics(results: object, arguments: object, shared: Counter) -> dict[str, int]:
    """How many updates the parent sees."""
    return {"updates_in_parent": shared.value}
