"""The temporary folder of a run: the build reads its spec there and leaves its result, and its temporary files."""

from __future__ import annotations

import os
import time

from gil_scaling import quick_json
from gil_scaling.launch import processes, supervisor
from gil_scaling.result_set import read_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PARENT, _PREFIX = "/tmp", "gil-scaling-run-"
_BUILD_STATUSES = ("ok", "unsupported", "failed", "wrong_result")  # that a build may report


class RunFolder:
    """A new folder with a spec in it inside a with statement, which gives its path; removed at the end."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self._path = f"{PARENT}/{_PREFIX}{os.getpid()}-{time.time_ns()}"

    def __enter__(self) -> str:
        try:
            os.mkdir(self._path, 0o700)
            with open(f"{self._path}/spec.json", "w", encoding="utf-8") as file:
                file.write(quick_json.dumps(self._spec))
        except OSError as error:
            _remove(self._path)
            raise SystemExit(
                f"{PARENT}: cannot create the folder of a run: {error.strerror}. It must be writable and have free space."
            ) from None
        return self._path

    def __exit__(self, *_: object) -> None:
        with supervisor.signals_blocked():
            _remove(self._path)


def _remove(folder: str) -> None:
    """Removes a folder, one of files alone without a further process; importing shutil would cost more than all else."""
    try:
        for name in os.listdir(folder):
            os.unlink(f"{folder}/{name}")
        os.rmdir(folder)
    except OSError:  # there are folders in it
        _remove_tree(folder)


def _remove_tree(folder: str) -> None:
    try:
        os.waitpid(os.posix_spawnp("rm", ["rm", "-rf", folder], os.environ), 0)
    except OSError:
        pass  # the next run tries again


def read_result(folder: str) -> dict[str, Any] | None:
    """The result that the build left; None where it is missing or damaged."""
    try:
        result = quick_json.loads(read_bytes(f"{folder}/result.json"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(result, dict) or result.get("status") not in _BUILD_STATUSES:
        return None
    return result if isinstance(result.get("reason"), type(None) if result["status"] == "ok" else str) else None


def clean_up() -> None:
    """Ends the processes of runs whose launcher was killed and removes their folders; needs the lock of the machine."""
    for folder in _leftovers():
        for pid in processes.inside(folder):
            supervisor.kill(pid)
        _remove(folder)


def _leftovers() -> list[str]:
    """The folders of runs of this user that still exist."""
    with os.scandir(PARENT) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    folders = [f"{PARENT}/{name}" for name in names if _is_of_run(name)]
    return [folder for folder in folders if os.stat(folder).st_uid == os.getuid()]


def _is_of_run(name: str) -> bool:
    return name.startswith(_PREFIX) and name[len(_PREFIX) :].replace("-", "").isdigit()
