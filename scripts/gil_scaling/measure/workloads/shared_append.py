"""Workers that append to one list, as in the lecture: what sharing costs, and what is not shared. Its twin is own_append.

With the GIL: threads take as long as the sequence, and no item is lost. Without it: none is lost either, but the threads
wait for the list's lock and are slower than the sequence. Processes and interpreters append to copies of their own: the
list of the parent stays empty, and the metric items_in_parent says so.
"""

sharing = "written"


def tasks(n=250_000, count=4):
    """count tasks that append n items each."""
    return [n] * count


def shared():
    """The list."""
    return []


def task(n, shared):
    """Appends n items; returns how many it appended."""
    for i in range(n):
        shared.append(i)
    return n


def check(results, arguments, shared):
    """All items are in the list, or, where the workers share no memory, none."""
    if results != arguments:
        raise ValueError(f"the tasks appended {results}, asked for were {arguments}")
    if len(shared) not in (0, sum(arguments)):
        raise ValueError(f"the list has {len(shared)} items of {sum(arguments)}")


def metrics(results, arguments, shared):
    """How many items the parent sees."""
    return {"items_in_parent": len(shared)}
