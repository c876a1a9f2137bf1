"""Workers that increment one number without a lock: which updates are lost, and on which Python. Time and correctness.

`form`: add (`counter.value += 1`), call (`counter.value = successor(counter.value)`), loop (read, a loop of one turn,
write), or lock (add under a lock, which is correct everywhere and costs time).
With the GIL: add loses updates up to 3.9 and none from 3.10 on, where the interpreter switches threads only at backward
jumps and calls; call and loop lose them everywhere. Without it: all forms but lock lose updates, and contention makes them
slower than sequential. Processes and interpreters count on copies: nothing is lost, and nothing reaches the parent.
"""

import threading

better = {"lost_share": "lower"}


class Counter:
    """A number and a lock."""

    def __init__(self) -> None:
        self.value = 0
        self.lock = threading.Lock()


def tasks(form: str = "add", n: int = 100_000, count: int = 4) -> list[tuple[str, int]]:
    """`count` tasks that increment n times each."""
    return [(form, n)] * count


def shared() -> Counter:
    """The number."""
    return Counter()


def task(argument: tuple[str, int], shared: Counter) -> int:
    """Increments n times; returns n."""
    form, n = argument
    _FORMS[form](n, shared)
    return n


def _add(n: int, counter: Counter) -> None:
    for _ in range(n):
        counter.value += 1


def _successor(value: int) -> int:
    return value + 1


def _call(n: int, counter: Counter) -> None:
    for _ in range(n):
        counter.value = _successor(counter.value)


def _loop(n: int, counter: Counter) -> None:
    for _ in range(n):
        value = counter.value
        for _ in range(1):
            value += 1
        counter.value = value


def _lock(n: int, counter: Counter) -> None:
    for _ in range(n):
        with counter.lock:
            counter.value += 1


_FORMS = {"add": _add, "call": _call, "loop": _loop, "lock": _lock}


def check(results: list[int], arguments: list[tuple[str, int]], shared: Counter) -> None:
    """There are no more updates than were made; under the lock, none was lost."""
    expected = sum(n for _, n in arguments)
    exact = arguments[0][0] == "lock"
    if sum(results) != expected or shared.value > expected or (exact and shared.value not in (0, expected)):
        raise ValueError(f"the counter is {shared.value} after {expected} updates")


def metrics(results: object, arguments: list[tuple[str, int]], shared: Counter) -> "dict[str, float | None]":
    """The share of updates that were lost; None where the parent's counter was not incremented at all."""
    expected = sum(n for _, n in arguments)
    lost = None if shared.value == 0 else expected - shared.value
    share = None if lost is None else lost / expected
    return {"lost_share": share, "lost": lost, "lost_of": expected, "updates_in_parent": shared.value}
