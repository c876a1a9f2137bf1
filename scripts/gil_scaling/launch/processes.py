"""Memory and CPU time of other processes, on Linux; elsewhere they are unknown."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.launch.interfaces import CallInfo

FOLDER_VARIABLE = "GIL_SCALING_RUN"  # in the environment of a run: its temporary folder
_MIB = 1024 * 1024


def memory(pid: int) -> tuple[float, str] | tuple[None, None]:
    """The memory of a process and its descendants: (MiB, "pss" or "rss"), (None, None) where unknown."""
    total, kind = 0, None
    for member in tree(pid):
        size = _memory_of_one(member)
        if size is not None:
            total += size[0]
            kind = "rss" if "rss" in (kind, size[1]) else "pss"
    return (total / _MIB, kind) if kind else (None, None)


def _memory_of_one(pid: int) -> tuple[int, str] | None:
    """(bytes, kind) of one process, None when it is gone."""
    for name, key, kind in (("smaps_rollup", "Pss:", "pss"), ("status", "VmRSS:", "rss")):
        try:
            with open(f"/proc/{pid}/{name}") as file:
                for line in file:
                    if line.startswith(key):
                        return int(line.split()[1]) * 1024, kind
        except OSError:
            continue
    return None


def tree(pid: int) -> list[int]:
    """The process and all its living descendants."""
    members = [pid]
    for member in members:
        try:
            with open(f"/proc/{member}/task/{member}/children") as file:
                members += map(int, file.read().split())
        except OSError:
            continue
    return members


def inside(folder: str) -> list[int]:
    """The processes of a run with this folder: working in it, or started with it as an argument or in FOLDER_VARIABLE."""
    wanted = {folder.encode(), f"{FOLDER_VARIABLE}={folder}".encode()}
    pids = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        try:
            directory = os.readlink(f"/proc/{name}/cwd") if name.isdigit() else ""
            started_with = {*_read_list(f"/proc/{name}/cmdline"), *_read_list(f"/proc/{name}/environ")}
        except OSError:
            continue
        if directory == folder or directory.startswith(f"{folder}/") or wanted & started_with:
            pids.append(int(name))
    return pids


def _read_list(path: str) -> list[bytes]:
    with open(path, "rb") as file:
        return file.read().split(b"\0")


def cpu_s(pid: int) -> float | None:
    """The CPU time of a whole process so far, in seconds; None where unknown.

    On Linux the CPU clock of a process can be read by others; its id is computed as in clock_getcpuclockid(3).
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except (AttributeError, OSError, OverflowError):
        return None


def snakemake_cpu_s(call: CallInfo) -> float | None:
    """The CPU time of Snakemake so far; None where it runs on another machine."""
    return cpu_s(call["pid"]) if call["host"] == os.uname().nodename else None


def own_cpu_s(call: CallInfo) -> float:
    """The CPU time so far of this process and, where it runs on this machine, of Snakemake."""
    return time.process_time() + (snakemake_cpu_s(call) or 0.0)
