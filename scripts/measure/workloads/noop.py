"""Tasks that do nothing: what workers cost.

With the GIL and without: threads cost tens of microseconds, forked processes milliseconds, spawned processes and
interpreters tens of milliseconds. No backend can be faster than the sequence.
"""


def tasks(count=8):
    """count tasks of nothing."""
    return [None] * count


def task(argument):
    """Returns its argument."""
    return argument
