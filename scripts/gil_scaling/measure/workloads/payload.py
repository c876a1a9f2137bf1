"""Tasks that take bytes and give them back: what it costs to bring data to a worker and its result home.

With the GIL and without: threads pass a reference, whatever the size. Processes pickle, write and read the bytes on both
ways, interpreters copy them: the time grows with the size, and from some size on eats what parallel work gains. No backend can
be faster than the sequence, which does nothing.
"""


def tasks(size=1_000_000, count=4):
    """count tasks, each with size bytes of its own."""
    return [bytes([number % 256]) * size for number in range(count)]


def task(data):
    """Returns its argument."""
    return data


def check(results, arguments):
    """What came back is what was sent."""
    if results != arguments:
        raise ValueError("the bytes that came back are not those that were sent")
