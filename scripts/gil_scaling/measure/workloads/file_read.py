"""Reading files that the system has in memory: short calls that release the GIL, and copying.

With the GIL and without: threads gain where the copying outweighs what each call costs, the more the larger the file; it
is memory, not a disk, that is read after the first time.
"""

import os
from contextlib import contextmanager

_FILES = 8


@contextmanager
def context(size=4_194_304):
    """A folder with files of size bytes."""
    import tempfile  # here, because each process would pay for it

    with tempfile.TemporaryDirectory() as folder:
        for number in range(_FILES):
            with open(os.path.join(folder, str(number)), "wb") as file:
                file.write(bytes([number]) * size)
        yield folder


def tasks(context, size=4_194_304, reads=40, count=8):
    """count tasks, each of which reads files of size bytes so often."""
    return [(context, number % _FILES, reads) for number in range(count)]


def task(argument):
    """How many bytes it read, and the last of them."""
    folder, number, reads = argument
    total = 0
    for _ in range(reads):
        with open(os.path.join(folder, str(number)), "rb", buffering=0) as file:
            data = file.read()
        total += len(data)
    return total, data[-1]
