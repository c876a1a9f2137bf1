"""What is known of other processes on Linux: their memory, their CPU time; elsewhere nothing is."""

import os
import time

_MIB = 1024 * 1024


def memory(pid):
    """The memory of a process and its descendants: (MiB, "pss" or "rss"), or (None, None) where it cannot be read."""
    total, kind = 0, None
    for member in tree(pid):
        found = _memory_of_one(member)
        if found is not None:
            total += found[0]
            kind = "rss" if "rss" in (kind, found[1]) else "pss"
    return (total / _MIB, kind) if kind else (None, None)


def tree(pid):
    """The process and all its descendants that live now."""
    found = [pid]
    for member in found:
        try:
            with open(f"/proc/{member}/task/{member}/children") as file:
                found += map(int, file.read().split())
        except OSError:
            continue
    return found


def inside(folder):
    """The processes whose working directory is a folder or lies in it, or that were started with it as an argument."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        try:
            place = os.readlink(f"/proc/{name}/cwd") if name.isdigit() else ""
            with open(f"/proc/{name}/cmdline", "rb") as file:
                arguments = file.read().split(b"\0")
        except OSError:
            continue
        if place == folder or place.startswith(f"{folder}/") or folder.encode() in arguments:
            found.append(int(name))
    return found


def _memory_of_one(pid):
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


def cpu_s(pid):
    """The CPU time of a whole process until now, in seconds, or None.

    Linux makes a process's CPU clock readable by others; its id is made as by clock_getcpuclockid(3).
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except (AttributeError, OSError, OverflowError):
        return None
