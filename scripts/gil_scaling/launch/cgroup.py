"""The CPU quota of this process's control group and the time lost to it, on Linux; elsewhere unknown."""

from __future__ import annotations

import os

_ROOT, _MEMBERSHIP = "/sys/fs/cgroup", "/proc/self/cgroup"


def quota(root: str = _ROOT, membership: str = _MEMBERSHIP) -> float | None:
    """The CPU time per wall time that the container may use: the smallest limit on the way up, None without one."""
    return min(filter(None, map(_quota_of, folders(root, membership))), default=None)


def throttled_s(root: str = _ROOT, membership: str = _MEMBERSHIP) -> float | None:
    """The seconds for which this group and those above it have been throttled so far; None where unknown.

    The sum over the groups, each of which has the sum over its CPUs.
    """
    times = [seconds for seconds in map(_throttled_of, folders(root, membership)) if seconds is not None]
    return sum(times) if times else None


def folders(root: str = _ROOT, membership: str = _MEMBERSHIP) -> list[str]:
    """The folders of this process's groups on the way up, of cgroup v2 and of the CPU controller of v1."""
    try:
        with open(membership) as file:
            paths = [line.rstrip("\n").split(":", 2)[2].strip("/") for line in file]
    except OSError:
        return []
    ordered: dict[str, None] = {}
    for path in paths:
        while True:
            for base in (root, os.path.join(root, "cpu")):
                ordered[os.path.normpath(os.path.join(base, path))] = None
            if not path:
                break
            path = os.path.dirname(path)
    return list(ordered)


def _quota_of(folder: str) -> float | None:
    words = _words_of(os.path.join(folder, "cpu.max")) or [
        *_words_of(os.path.join(folder, "cpu.cfs_quota_us")),
        *_words_of(os.path.join(folder, "cpu.cfs_period_us")),
    ]
    try:
        allowed, period = map(int, words)
        return allowed / period if allowed > 0 else None
    except (ValueError, ZeroDivisionError):  # "max", no file, or unexpected text
        return None


def _throttled_of(folder: str) -> float | None:
    words = _words_of(os.path.join(folder, "cpu.stat"))
    counters = dict(zip(words[::2], words[1::2], strict=False))
    for name, unit in (("throttled_usec", 1e-6), ("throttled_time", 1e-9)):  # of v2 and of v1
        if counters.get(name, "").isdigit():
            return int(counters[name]) * unit
    return None


def _words_of(path: str) -> list[str]:
    try:
        with open(path) as file:
            return file.read().split()
    except OSError:
        return []
