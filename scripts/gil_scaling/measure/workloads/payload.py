"""Tasks that take bytes and return them: what it costs to send data to a worker and its result back.

With the GIL and without: threads pass a reference, whatever the size. Processes pickle, write and read the bytes in both
directions, interpreters copy them: the time grows with the size, and from some size on outweighs the gain of parallel work.
No backend can be faster than sequential, which does nothing.
"""


def tasks(size: int = 1_000_000, count: int = 4) -> list[bytes]:
    """`count` tasks with size bytes each."""
    return [bytes([number % 256]) * size for number in range(count)]


def task(data: bytes) -> bytes:
    """Returns its argument."""
    return data


def check(results: list[bytes], arguments: list[bytes]) -> None:
    """What was returned equals what was sent."""
    if results != arguments:
        raise ValueError("the bytes that were returned are not those that were sent")
