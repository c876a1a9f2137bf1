"""Files of a result set: bounded reading and atomic writing.

Standard library only, and little of it: each run pays for it.
"""

from __future__ import annotations

import os
import stat

MAX_FILE_BYTES = 100 * 2**20


def read_bytes(path: str | os.PathLike[str], max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The content of a regular file of at most `max_bytes`.

    Raises OSError for a file that is missing or may not be read, ValueError for a pipe, a device or a larger file.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is not a regular file")
        if status.st_size > max_bytes:
            raise ValueError(f"is larger than {max_bytes // 2**20} MiB")
        return file.read(status.st_size + 1)  # it may grow meanwhile


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # opening a pipe would wait for a writer


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text file as a whole or not at all: to a file beside it, which is then renamed."""
    partial = f"{os.fspath(path)}.{os.getpid()}.partial"
    try:
        with open(partial, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        if os.path.exists(partial):
            os.unlink(partial)
        raise
