"""Whether the files that a run measures are still those of its plan: the workload, its modules, a custom backend, the build.

A folder of installed packages counts as one file, whose content is what the packages record of theirs. Each run pays for the
check, so a file whose stamp (size, and time of the inode's last change, which no program can set) is still that of the plan is
not read again.
"""

from __future__ import annotations

import os

from gil_scaling import quick_json
from gil_scaling.result_set import read_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def stamps_path(plan: str) -> str:
    """The path of the stamps beside a plan."""
    return f"{plan}.stamps"


def stamps(digests: Mapping[str, str]) -> dict[str, list[int] | None]:
    """{path: [ns, bytes]} of files; None where the content is no longer that of the digest. digests: {path: SHA-256}."""
    found = {path: _stamp(path) for path in digests}  # before the files are read
    return {path: found[path] if digest(path) == expected else None for path, expected in digests.items()}


def read_stamps(path: str) -> dict[str, list[int] | None]:
    """The stamps in a file; none where it cannot be read: then all files are read again."""
    try:
        found: dict[str, list[int] | None] = quick_json.loads(read_bytes(path))
    except (OSError, ValueError):
        return {}
    return found


def changed(digests: Mapping[str, str], stamps: Mapping[str, list[int] | None]) -> list[str]:
    """The names of the files whose content does not have these digests any more."""
    return [
        os.path.basename(path)
        for path, expected in digests.items()
        if (stamps.get(path) is None or stamps[path] != _stamp(path)) and digest(path) != expected
    ]


def _stamp(path: str) -> list[int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_ctime_ns, status.st_size]


def digest(path: str) -> str | None:
    """The SHA-256 of a file, or of the packages in a folder; None where it cannot be read."""
    import hashlib  # here, because it takes long to import, and few runs need it

    try:
        content = _describe_packages(path) if os.path.isdir(path) else _read(path)
    except OSError:
        return None
    return hashlib.sha256(content).hexdigest()


def _describe_packages(folder: str) -> bytes:
    """The name and version of each package in a folder, and its RECORD where it has one."""
    names = sorted(name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info")))
    records = (os.path.join(folder, name, "RECORD") for name in names)
    contents = [_read(record) if os.path.isfile(record) else b"" for record in records]
    return b"\0".join([*map(os.fsencode, names), *contents])


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
