"""Workers that append to one list, as in the lecture: what sharing costs, and what is not shared. Counterpart: own_append.

With the GIL: threads take as long as sequential, and no item is lost. Without it: none is lost either, but the threads
wait for the list's lock and are slower than sequential. Processes and interpreters append to copies: the parent's list
stays empty, as the metric items_in_parent shows.
"""

sharing = "written"


def tasks(n: int = 250_000, count: int = 4) -> list[int]:
    """`count` tasks that append n items each."""
    return [n] * count


def shared() -> list[int]:
    """The list."""
    return []


def task(n: int, shared: list[int]) -> int:
    """Appends n items; returns how many it appended."""
    for i in range(n):
        shared.append(i)
    return n


def check(results: list[int], arguments: list[int], shared: list[int]) -> None:
    """All items are in the list, or none where the workers share no memory."""
    if results != arguments:
        raise ValueError(f"the tasks appended {results} items, expected {arguments}")
    if len(shared) not in (0, sum(arguments)):
        raise ValueError(f"the list has {len(shared)} items of {sum(arguments)}")


def metrics(results: object, arguments: object, shared: list[int]) -> dict[str, int]:
    """How many items the parent sees."""
    return {"items_in_parent": len(shared)}
