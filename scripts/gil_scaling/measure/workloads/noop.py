"""Tasks that do nothing: what workers cost.

With the GIL and without: four threads cost less than a millisecond or two, four forked processes some milliseconds, four
spawned ones, four interpreters, and pools of either tens of milliseconds to hundreds; interpreters cost the most on a
free-threaded build. No backend can be faster than the sequence.
"""


def tasks(count=8):
    """count tasks of nothing."""
    return [None] * count


def task(argument):
    """Returns its argument."""
    return argument
