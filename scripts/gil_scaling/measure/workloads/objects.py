"""Tasks that take and give back many small objects: what pickling costs where payload measures copying.

`kind`: list (of numbers), or dict (of short texts and lists). With the GIL and without: threads pass a reference. Processes and
interpreters pickle and unpickle each object on both ways: tens of nanoseconds to microseconds an object, while the GIL of the
parent is held for each. No backend can be faster than the sequence, which does nothing.
"""


def tasks(kind="list", items=100_000, count=4):
    """count tasks, each with a list or dict of so many items."""
    if kind not in ("list", "dict"):
        raise ValueError(f"kind: {kind!r} is neither 'list' nor 'dict'")
    if kind == "list":
        return [[number * items + item for item in range(items)] for number in range(count)]
    return [{f"key {number} {item}": [item, str(item)] for item in range(items)} for number in range(count)]


def task(data):
    """Returns its argument."""
    return data


def check(results, arguments):
    """What came back equals what was sent."""
    if results != arguments:
        raise ValueError("the objects that came back are not those that were sent")
