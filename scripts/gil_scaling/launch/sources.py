"""Whether the files that a run measures are still those of its plan: the workload, its modules, a custom backend, the build.

Each run pays for the check, so a file whose stamp (size, and time of the inode's last change, which no program can set) is
still that of the plan is not read again.
"""

from __future__ import annotations

import json
import os

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
    return {path: found[path] if _digest(path) == digest else None for path, digest in digests.items()}


def read_stamps(path: str) -> dict[str, list[int] | None]:
    """The stamps in a file; none where it cannot be read: then all files are read again."""
    try:
        found: dict[str, list[int] | None] = json.loads(read_bytes(path))
    except (OSError, ValueError):
        return {}
    return found


def changed(digests: Mapping[str, str], stamps: Mapping[str, list[int] | None]) -> list[str]:
    """The names of the files whose content does not have these digests any more."""
    return [
        os.path.basename(path)
        for path, digest in digests.items()
        if (stamps.get(path) is None or stamps[path] != _stamp(path)) and _digest(path) != digest
    ]


def _stamp(path: str) -> list[int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_ctime_ns, status.st_size]


def _digest(path: str) -> str | None:
    import hashlib  # here, because it takes long to import, and few runs need it

    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None
