"""Tasks that take and return many small objects: the cost of pickling, where payload measures copying.

`kind`: list (of numbers), or dict (of short strings and lists). With the GIL and without: threads pass a reference.
Processes and interpreters pickle and unpickle each object in both directions: tens of nanoseconds to microseconds per object,
during which the parent's GIL is held. No backend can be faster than sequential, which does nothing.
"""


def tasks(kind: str = "list", items: int = 100_000, count: int = 4) -> list[object]:
    """`count` tasks, each with a list or dict of `items` items."""
    if kind not in ("list", "dict"):
        raise ValueError(f"kind: {kind!r} is neither 'list' nor 'dict'")
    if kind == "list":
        return [[number * items + item for item in range(items)] for number in range(count)]
    return [{f"key {number} {item}": [item, str(item)] for item in range(items)} for number in range(count)]


def task(data: object) -> object:
    """Returns its argument."""
    return data


def check(results: list[object], arguments: list[object]) -> None:
    """What was returned equals what was sent."""
    if results != arguments:
        raise ValueError("the objects that were returned are not those that were sent")
