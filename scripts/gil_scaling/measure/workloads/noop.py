"""Tasks that do nothing: what workers cost.

With the GIL and without: four threads cost less than a millisecond or two, four forked processes some milliseconds, four
spawned ones, four interpreters, and pools of either tens to hundreds of milliseconds; interpreters cost the most on a
free-threaded build. No backend can be faster than sequential.
"""


def tasks(count: int = 8) -> list[None]:
    """`count` empty tasks."""
    return [None] * count


def task(argument: None) -> None:
    """Returns its argument."""
    return argument
