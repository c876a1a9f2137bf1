"""Workers that count up one number without a lock: which updates get lost, and on which Python. Time and correctness.

`form`: add (`counter.value += 1`), call (`counter.value = successor(counter.value)`), loop (read, a loop of one turn,
write), or lock (add, under a lock, which is right everywhere and pays for it).
With the GIL: add loses updates up to 3.9 and none from 3.10 on, where the interpreter looks for a switch only at backward
jumps and calls; call and loop lose them everywhere. Without it: all lose but lock, and contention makes them slower than
the sequence. Processes and interpreters count on copies of their own: nothing is lost, and nothing arrives.
"""

import threading


class Counter:
    """A number and a lock."""

    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()


def tasks(form="add", n=100_000, count=4):
    """count tasks that count up n times each."""
    return [(form, n)] * count


def shared():
    """The number."""
    return Counter()


def task(argument, shared):
    """Counts up n times; returns n."""
    form, n = argument
    _FORMS[form](n, shared)
    return n


def _add(n, counter):
    for _ in range(n):
        counter.value += 1


def _successor(value):
    return value + 1


def _call(n, counter):
    for _ in range(n):
        counter.value = _successor(counter.value)


def _loop(n, counter):
    for _ in range(n):
        value = counter.value
        for _ in range(1):
            value += 1
        counter.value = value


def _lock(n, counter):
    for _ in range(n):
        with counter.lock:
            counter.value += 1


_FORMS = {"add": _add, "call": _call, "loop": _loop, "lock": _lock}


def check(results, arguments, shared):
    """No update came from nowhere; under the lock, none was lost."""
    asked = sum(n for _, n in arguments)
    exact = arguments[0][0] == "lock"
    if sum(results) != asked or shared.value > asked or (exact and shared.value not in (0, asked)):
        raise ValueError(f"the counter is {shared.value} after {asked} updates")


def metrics(results, arguments, shared):
    """The share of updates that were lost; None where the parent's counter was not counted up at all."""
    asked = sum(n for _, n in arguments)
    lost = None if shared.value == 0 else asked - shared.value
    share = None if lost is None else lost / asked
    return {"lost_share": share, "lost": lost, "lost_of": asked, "updates_in_parent": shared.value}
