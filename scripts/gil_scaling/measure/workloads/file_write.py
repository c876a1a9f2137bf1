"""Writing files and flushing them to the disk (fsync): waiting for the disk, if it makes one wait.

With the GIL and without: both calls release the GIL, so threads overlap their waits as processes do; the gain depends on
the disk and the file system.
"""

import hashlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

waits = True


def context() -> "TemporaryDirectory[str]":
    """A new folder for the files, removed afterwards."""
    import tempfile  # here, because each process would pay for it

    return tempfile.TemporaryDirectory()


def tasks(context: str, size: int = 262_144, files: int = 8, count: int = 8) -> list[tuple[str, int, int, int]]:
    """`count` tasks that each write `files` files of size bytes."""
    return [(context, number, size, files) for number in range(count)]


def task(argument: tuple[str, int, int, int]) -> str:
    """A digest of the last file, read again after all are written."""
    folder, number, size, files = argument
    data = bytes([number % 256]) * size
    for file in range(files):
        path = os.path.join(folder, f"{number}-{file}")
        with open(path, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    with open(path, "rb") as written:
        return hashlib.sha256(written.read()).hexdigest()
