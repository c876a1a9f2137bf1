"""Opens result sets that others sent, folders or archives, with limits on paths, sizes and time."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

from gil_scaling.result_set import MACHINE, PLAN
from gil_scaling.text import scrub

MAX_FILES, MAX_UNPACKED_BYTES = 100_000, 2 * 2**30  # of an archive
MAX_HEADER_BYTES = 2**20  # of a member; tarfile reads the files themselves in smaller pieces
_MACOS_FOLDER = "__MACOSX"  # macOS adds it beside the packed folder
_OPENERS = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}  # by the first two bytes
_ERRORS = (  # that damaged or hostile archives raise; RuntimeError: encrypted, or an unknown compression method
    *(OSError, ValueError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)


class ResultSetError(Exception):
    """A path is not a usable result set; the message says why."""


@contextmanager
def open_result_set(path: Path) -> Iterator[Path]:
    """The folder of a result set or of one sweep; an archive is unpacked and removed afterwards.

    Raises ResultSetError for an archive that cannot be unpacked.
    """
    if path.is_dir():
        yield path.resolve()
        return
    with TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve() / (path.name.partition(".")[0] or "archive")
        folder.mkdir()
        try:
            _unpack(path, folder)
        except _ERRORS as error:
            raise ResultSetError(f"cannot be unpacked: {scrub(str(error))}") from None
        yield _skip_outer_folders(folder)


def _skip_outer_folders(folder: Path) -> Path:
    """The innermost folder that is reached without a choice, unless a result set or a sweep comes first."""
    while not any((folder / name).exists() for name in (MACHINE, PLAN)):
        folders = [entry for entry in folder.iterdir() if entry.is_dir() and entry.name != _MACOS_FOLDER]
        if len(folders) != 1:
            break
        folder = folders[0]
    return folder


def _unpack(path: Path, folder: Path) -> None:
    """Unpack regular files into the folder; raises ValueError for a path that leads out of it."""
    if not path.is_file():
        raise ValueError("is not a regular file" if path.exists() else "no such file or folder")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _check_sizes(info.file_size for info in archive.infolist())
            archive.extractall(folder)
    else:
        with _open_tar(path) as (archive, stream):
            _check_sizes(info.size for info in archive)
            for info in filter(tarfile.TarInfo.isfile, archive):
                _write(archive, info, folder)
            while stream.read(MAX_HEADER_BYTES):  # to the end, where the checksum of the compression is
                pass


def _write(archive: tarfile.TarFile, info: tarfile.TarInfo, folder: Path) -> None:
    """Write a regular file of an archive into the folder, as Python's data filter would: 3.11 has that from 3.11.4 on only."""
    path = (folder / info.name.lstrip("/")).resolve()
    if not path.is_relative_to(folder):
        raise ValueError(f"{info.name!r} leads out of the folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    with cast(IO[bytes], archive.extractfile(info)) as source, path.open("wb") as file:
        shutil.copyfileobj(source, file)


@contextmanager
def _open_tar(path: Path) -> Iterator[tuple[tarfile.TarFile, _BoundedStream]]:
    """A tar archive, compressed or not, and the stream below it."""
    with path.open("rb") as file:
        opener: Any = _OPENERS.get(file.read(2), open)
    with opener(path, "rb") as file:
        stream = _BoundedStream(file)
        try:
            archive = tarfile.TarFile(fileobj=cast(IO[bytes], stream))
        except tarfile.ReadError as error:
            if isinstance(error, _LimitError):
                raise
            raise ValueError("neither a folder nor an archive (.tar.gz or .zip)") from None
        with archive:
            yield archive, stream


class _LimitError(tarfile.ReadError):
    """An archive exceeds a limit on its size."""


class _BoundedStream:
    """A stream of a tar archive with limits on the size of one read and on the total.

    A few compressed bytes can stand for gigabytes: without the limits a header could fill the memory, and what follows
    the last file could take hours to read.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._bytes_left = 2 * (MAX_UNPACKED_BYTES + MAX_FILES * tarfile.BLOCKSIZE)  # it is read twice

    def read(self, size: int) -> bytes:
        if size > MAX_HEADER_BYTES:
            raise _LimitError(f"contains a header of more than {MAX_HEADER_BYTES // 2**20} MiB")
        data = self._stream.read(size)
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise _LimitError(_limits_exceeded())
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _check_sizes(sizes: Iterable[int]) -> None:
    """Raise ValueError as soon as the sizes of an archive's members exceed the limits."""
    for number, total in enumerate(accumulate(sizes), 1):
        if number > MAX_FILES or total > MAX_UNPACKED_BYTES:
            raise ValueError(_limits_exceeded())


def _limits_exceeded() -> str:
    return f"contains more than {MAX_FILES:,} files or {MAX_UNPACKED_BYTES / 2**30:g} GiB"
