"""Workers that set and read an attribute of one object: a counter, a cache entry, a flag. Counterpart: own_attribute.

With the GIL: threads take as long as sequential. Without it: each write takes the object's lock, for which the CPUs
contend: threads are slower than sequential. Processes and interpreters work on copies and scale with the CPUs; the
parent's object stays as it was, as the metric last_in_parent shows.
"""

sharing = "written"


class Holder:
    """An object with one attribute."""

    def __init__(self) -> None:
        self.value: int | None = None


def tasks(n: int = 1_000_000, count: int = 4) -> list[int]:
    """`count` tasks that write and read n times each."""
    return [n] * count


def shared() -> Holder:
    """The object."""
    return Holder()


def task(n: int, shared: Holder) -> int:
    """Writes and reads n times; returns how many reads gave a value that some task had written."""
    reads = 0
    for i in range(n):
        shared.value = i
        if shared.value is not None:
            reads += 1
    return reads


def check(results: list[int], arguments: list[int], shared: Holder) -> None:
    """Each read gave a value that some task had written, and a shared object holds such a value in the end."""
    if results != arguments:
        raise ValueError(f"{results} reads gave a value, of {arguments}")
    if shared.value not in (None, *(n - 1 for n in arguments)):
        raise ValueError(f"the object holds {shared.value}, which no task wrote last")


def metrics(results: object, arguments: object, shared: Holder) -> "dict[str, int | None]":
    """What the parent's object holds."""
    return {"last_in_parent": shared.value}
