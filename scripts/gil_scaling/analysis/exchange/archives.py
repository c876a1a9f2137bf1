"""Opens what result sets are sent in: folders, and archives of which nothing lies outside, takes the memory, or never ends."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

from gil_scaling.text import scrub

_OF_MACOS = "__MACOSX"  # a folder that its archives have beside that of the files
_MOST_FILES, _MOST_UNPACKED = 100_000, 2 * 2**30  # of an archive: members, bytes
_MOST_OF_HEADER = 2**20  # bytes, of a member; files themselves are read in smaller pieces
_COMPRESSIONS = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
_DAMAGES = (  # what reading a damaged or hostile archive raises; a RuntimeError is one of encryption or of an unknown method
    *(OSError, ValueError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)


class NoSet(Exception):
    """What is named is no result set; the message says why."""


@contextmanager
def opened(path):
    """The folder of a result set, or of one sweep, unpacked where it is an archive; raises NoSet."""
    if path.is_dir():
        yield path.resolve()
        return
    with TemporaryDirectory() as folder:
        found = Path(folder).resolve() / (path.name.partition(".")[0] or "archive")
        found.mkdir()
        try:
            _unpack(path, found)
        except _DAMAGES as error:
            raise NoSet(f"cannot be unpacked: {scrub(str(error))}") from None
        while not (found / "plan.json").exists() and not (found / "machine.json").exists():
            inner = [entry for entry in found.iterdir() if entry.is_dir() and entry.name != _OF_MACOS]
            if len(inner) != 1:
                break
            found = inner[0]
        yield found


def _unpack(path, folder):
    """Unpacks files alone, below the folder: Python's filter for data refuses what would lie outside it."""
    if not path.is_file():
        raise ValueError("is no file" if path.exists() else "it is not there")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _refuse_large(one.file_size for one in archive.infolist())
            archive.extractall(folder)
    else:
        with _tar(path) as archive:
            _refuse_large(one.size for one in archive)
            members = [one for one in archive if one.isfile()]
            archive.extractall(folder, members=members, filter="data")
            while archive.fileobj.read(_MOST_OF_HEADER):  # to the end, where the checksum of what is compressed stands
                pass


@contextmanager
def _tar(path):
    """The tar archive in a file, compressed or not."""
    with path.open("rb") as file:
        start = file.read(2)
    with _COMPRESSIONS.get(start, open)(path, "rb") as stream:
        try:
            archive = tarfile.TarFile(fileobj=_Bounded(stream))
        except tarfile.ReadError as error:
            if isinstance(error, _TooLarge):
                raise
            raise ValueError("neither a folder nor an archive (.tar.gz or .zip)") from None
        with archive:
            yield archive


class _TooLarge(tarfile.ReadError):
    """A header of an archive that would fill the memory."""


class _Bounded:
    """A stream of a tar archive of which no header takes more memory, and nothing more time, than it may: a few bytes can
    stand for gigabytes.
    """

    def __init__(self, stream):
        self._stream, self._left = stream, 2 * (_MOST_UNPACKED + _MOST_FILES * tarfile.BLOCKSIZE)  # it is read twice

    def read(self, size):
        if size > _MOST_OF_HEADER:
            raise _TooLarge(f"a header in it has more than {_MOST_OF_HEADER // 2**20} MiB")
        found = self._stream.read(size)
        self._left -= len(found)
        if self._left < 0:
            raise _TooLarge(_too_large())
        return found

    def __getattr__(self, name):
        return getattr(self._stream, name)


def _too_large():
    return f"more than {_MOST_FILES:,} files or {_MOST_UNPACKED / 2**30:g} GiB in it"


def _refuse_large(sizes):
    """Reads the sizes of an archive's members only as far as they are allowed to go."""
    for number, total in enumerate(accumulate(sizes), 1):
        if number > _MOST_FILES or total > _MOST_UNPACKED:
            raise ValueError(_too_large())
