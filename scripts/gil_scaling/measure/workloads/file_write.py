"""Writing files and having the system bring them to the disk (fsync): waiting for the disk, if it is one that makes wait.

With the GIL and without: both calls release the GIL, so that threads overlap their waits as processes do; how much that
gains is the disk's and the file system's to say.
"""

import hashlib
import os

waits = True


def context():
    """A folder of its own where temporary files go, removed afterwards."""
    import tempfile  # here, because each process would pay for it

    return tempfile.TemporaryDirectory()


def tasks(context, size=262_144, files=8, count=8):
    """count tasks, each of which writes so many files of size bytes."""
    return [(context, number, size, files) for number in range(count)]


def task(argument):
    """A digest of what stands in the last file, read again after all are written."""
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
