"""Workers that set and read an attribute of one object: a counter, a cache entry, a flag. Its twin is own_attribute.

With the GIL: threads take as long as the sequence. Without it: each write takes the object's lock, and the CPUs contend
for it: the threads are slower than the sequence. Processes and interpreters work on objects of their own, as many times
faster as there are CPUs; the parent's object stays as it was, and the metric last_in_parent says so.
"""

sharing = "written"


class Holder:
    """An object with one attribute."""

    def __init__(self):
        self.value = None


def tasks(n=1_000_000, count=4):
    """count tasks that write and read n times each."""
    return [n] * count


def shared():
    """The object."""
    return Holder()


def task(n, shared):
    """Writes and reads n times; returns how many reads gave what some task had written."""
    found = 0
    for i in range(n):
        shared.value = i
        if shared.value is not None:
            found += 1
    return found


def check(results, arguments, shared):
    """Each read gave what some task had written, and so does the object in the end, where it is shared."""
    if results != arguments:
        raise ValueError(f"{results} reads gave a value, of {arguments}")
    if shared.value not in (None, *(n - 1 for n in arguments)):
        raise ValueError(f"the object holds {shared.value}, which no task wrote last")


def metrics(results, arguments, shared):
    """What the parent's object holds."""
    return {"last_in_parent": shared.value}
