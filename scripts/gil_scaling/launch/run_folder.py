"""The temporary folder of a run: the build reads its spec there, works in it and leaves its result."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import contextmanager, suppress

from gil_scaling.launch import processes, supervisor
from gil_scaling.result_set import read_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

PARENT, _PREFIX = "/tmp", "gil-scaling-run-"
_BUILD_STATUSES = ("ok", "unsupported", "failed", "wrong_result")  # that a build may report


@contextmanager
def run_folder(spec: Mapping[str, Any]) -> Iterator[str]:
    """The path of a new folder with a spec in it; it is removed at the end."""
    folder = f"{PARENT}/{_PREFIX}{os.getpid()}-{time.time_ns()}"
    try:
        _make(folder, spec)
        yield folder
    finally:
        with supervisor.signals_blocked():
            _remove(folder)


def _make(folder: str, spec: Mapping[str, Any]) -> None:
    try:
        os.mkdir(folder, 0o700)
        with open(f"{folder}/spec.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
    except OSError as error:
        raise SystemExit(
            f"{PARENT}: cannot create the folder of a run: {error.strerror}. It must be writable and have free space."
        ) from None


def _remove(folder: str) -> None:
    """Removes a folder, however deep, with rm: importing shutil costs more than all other imports together."""
    with suppress(OSError):
        os.waitpid(os.posix_spawnp("rm", ["rm", "-rf", folder], os.environ), 0)


def read_result(folder: str) -> dict[str, Any] | None:
    """The result that the build left; None where it is missing or damaged."""
    try:
        result = json.loads(read_bytes(f"{folder}/result.json"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(result, dict) or result.get("status") not in _BUILD_STATUSES:
        return None
    return result if isinstance(result.get("reason"), type(None) if result["status"] == "ok" else str) else None


def clean_up() -> None:
    """Ends the processes of runs whose launcher was killed and removes their folders; needs the lock of the machine."""
    for folder in _leftovers():
        for pid in processes.inside(folder):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        _remove(folder)


def _leftovers() -> list[str]:
    """The folders of runs of this user that still exist."""
    with os.scandir(PARENT) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    folders = [f"{PARENT}/{name}" for name in names if _is_of_run(name)]
    return [folder for folder in folders if os.stat(folder).st_uid == os.getuid()]


def _is_of_run(name: str) -> bool:
    return name.startswith(_PREFIX) and name[len(_PREFIX) :].replace("-", "").isdigit()
