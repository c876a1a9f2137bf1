"""Packs the result set of a machine into one archive to send: `python -m gil_scaling.analysis.exchange.bundle results/<machine> ARCHIVE`."""

import gzip
import io
import os
import sys
import tarfile
from pathlib import Path

from gil_scaling.result_set import BUNDLED, BUNDLED_OF_SWEEP, MACHINE, PLAN, TABLES

_LEFT_OUT = (".partial", ".gz", ".bz2", ".xz", ".tgz", ".tar", ".zip")  # unfinished files and other archives


def main(folder, archive):
    """Writes the archive as a whole or not at all; equal contents give equal bytes, whoever packs them, wherever and when."""
    root = Path(folder)
    if not (root / MACHINE).is_file():
        raise SystemExit(f"{folder}: is not a result set: it has no machine.json. Measure first: snakemake --cores all")
    label = Path(os.path.abspath(folder)).name
    files = members(root)
    partial = Path(f"{archive}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            _pack(root, files, label, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, archive)
    finally:
        partial.unlink(missing_ok=True)
    print(f"{archive}: {len(files)} files, {os.path.getsize(archive) / 1e6:.1f} MB")


def members(root):
    """The paths of the files to pack, sorted: what the machine measured, and what was made of it in each sweep."""
    inside = [path for path in root.iterdir() if _is_sweep(path)]
    found = [path for pattern in BUNDLED for path in root.glob(pattern)]
    found += [path for sweep in inside for pattern in BUNDLED_OF_SWEEP for path in sweep.glob(pattern)]
    return sorted(path for path in found if _is_packed(path.relative_to(root), root))


def _is_sweep(folder):
    return (folder / PLAN).is_file() or (folder / TABLES).is_dir()


def _is_packed(path, root):
    """Whether it is a whole file and no archive, not hidden, and neither it nor a folder on the way to it is a link."""
    way = [root / path, *(root / parent for parent in path.parents[:-1])]
    is_told = not any(part.startswith(".") for part in path.parts) and path.suffix not in _LEFT_OUT
    return is_told and (root / path).is_file() and not any(one.is_symlink() for one in way)


def _pack(root, files, label, out):
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for path in files:
            content = path.read_bytes()
            member = tarfile.TarInfo(f"{label}/{path.relative_to(root).as_posix()}")  # mode 0644, no owner, no time
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    main(*sys.argv[1:])
