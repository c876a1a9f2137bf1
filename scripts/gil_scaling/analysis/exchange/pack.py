"""Packs a result set into one archive to send: `python -m gil_scaling.analysis.exchange.pack results/<machine> ARCHIVE`."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from gil_scaling.result_set import BUNDLED, BUNDLED_OF_SWEEP, MACHINE, PLAN, TABLES

_SKIPPED = (".partial", ".gz", ".bz2", ".xz", ".tgz", ".tar", ".zip")  # unfinished files and other archives


def main(folder: str | Path, archive: str | Path) -> None:
    """Write the archive as a whole or not at all; equal contents give equal bytes on every machine.

    Raises SystemExit for a folder that is not a result set.
    """
    root = Path(folder)
    if not (root / MACHINE).is_file():
        raise SystemExit(f"{folder}: is not a result set: it has no machine.json. Measure first: snakemake --cores all")
    machine = Path(os.path.abspath(folder)).name
    files = find_files(root)
    partial = Path(f"{archive}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            _pack(root, files, machine, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, archive)
    finally:
        partial.unlink(missing_ok=True)
    print(f"{archive}: {len(files)} files, {os.path.getsize(archive) / 1e6:.1f} MB")


def find_files(root: Path) -> list[Path]:
    """The files to pack, sorted: the measurements of the machine, and the tables, figures and reports of its sweeps."""
    sweeps = [path for path in root.iterdir() if _is_sweep(path)]
    files = [path for pattern in BUNDLED for path in root.glob(pattern)]
    files += [path for sweep in sweeps for pattern in BUNDLED_OF_SWEEP for path in sweep.glob(pattern)]
    return sorted(path for path in files if _is_packed(path.relative_to(root), root))


def _is_sweep(folder: Path) -> bool:
    return (folder / PLAN).is_file() or (folder / TABLES).is_dir()


def _is_packed(path: Path, root: Path) -> bool:
    """Whether a file is finished, visible, no archive, and reached without following a link."""
    if path.suffix in _SKIPPED or any(part.startswith(".") for part in path.parts):
        return False
    is_link = any((root / step).is_symlink() for step in (path, *path.parents[:-1]))
    return (root / path).is_file() and not is_link


def _pack(root: Path, files: Iterable[Path], machine: str, out: IO[bytes]) -> None:
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for path in files:
            content = path.read_bytes()
            member = tarfile.TarInfo(f"{machine}/{path.relative_to(root).as_posix()}")  # mode 0644, no owner, no time
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    main(*sys.argv[1:])
