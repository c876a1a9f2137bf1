"""Reading files that the operating system has cached: short calls that release the GIL, and copying.

With the GIL and without: threads gain where copying outweighs the cost of each call, the more the larger the files; after
the first time it is memory that is read, not a disk.
"""

import os
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = 8


@contextmanager
def context(size: int = 4_194_304) -> "Iterator[str]":
    """A folder with files of size bytes."""
    import tempfile  # here, because each process would pay for it

    with tempfile.TemporaryDirectory() as folder:
        for number in range(_FILES):
            with open(os.path.join(folder, str(number)), "wb") as file:
                file.write(bytes([number]) * size)
        yield folder


def tasks(context: str, size: int = 4_194_304, reads: int = 40, count: int = 8) -> list[tuple[str, int, int]]:
    """`count` tasks that each read files of size bytes, `reads` times."""
    return [(context, number % _FILES, reads) for number in range(count)]


def task(argument: tuple[str, int, int]) -> tuple[int, int]:
    """The number of bytes read, and the last of them."""
    folder, number, reads = argument
    total = 0
    for _ in range(reads):
        with open(os.path.join(folder, str(number)), "rb", buffering=0) as file:
            data = file.read()
        total += len(data)
    return total, data[-1]
