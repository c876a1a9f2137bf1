"""What the control group of this process may use, and how often it was held back, on Linux; elsewhere nothing is known."""

import os

_ROOT, _OWN = "/sys/fs/cgroup", "/proc/self/cgroup"


def quota(root=_ROOT, own=_OWN):
    """The CPUs' worth of time that the container may use, the least on the way up; None without a limit."""
    return min(filter(None, map(_quota_of, folders(root, own))), default=None)


def throttled_s(root=_ROOT, own=_OWN):
    """For how long this group and those above it have been held back by their quotas until now, in seconds; None if unknown.

    The sum over the groups, each of which has the sum over its CPUs.
    """
    found = [seconds for seconds in map(_throttled_of, folders(root, own)) if seconds is not None]
    return sum(found) if found else None


def folders(root=_ROOT, own=_OWN):
    """The folders of this process's groups on the way up, of the second version and of the first one's CPU controller."""
    try:
        with open(own) as file:
            paths = [line.rstrip("\n").split(":", 2)[2].strip("/") for line in file]
    except OSError:
        return []
    found = {}
    for path in paths:
        while True:
            for base in (root, os.path.join(root, "cpu")):
                found[os.path.normpath(os.path.join(base, path))] = None
            if not path:
                break
            path = os.path.dirname(path)
    return list(found)


def _quota_of(folder):
    words = _words(os.path.join(folder, "cpu.max")) or [
        *_words(os.path.join(folder, "cpu.cfs_quota_us")),
        *_words(os.path.join(folder, "cpu.cfs_period_us")),
    ]
    try:
        allowed, period = map(int, words)
        return allowed / period if allowed > 0 else None
    except (ValueError, ZeroDivisionError):  # max, nothing, or what no kernel writes
        return None


def _throttled_of(folder):
    words = _words(os.path.join(folder, "cpu.stat"))
    found = dict(zip(words[::2], words[1::2], strict=False))
    for name, unit in (("throttled_usec", 1e-6), ("throttled_time", 1e-9)):  # of the second and of the first version
        if found.get(name, "").isdigit():
            return int(found[name]) * unit
    return None


def _words(path):
    try:
        with open(path) as file:
            return file.read().split()
    except OSError:
        return []
