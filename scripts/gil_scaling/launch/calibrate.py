"""Finds the size of a workload that takes a third of a second in sequence: `python -S -m gil_scaling.launch.calibrate` reads an order.

The order is JSON on stdin: an entry as a plan has it, without a size; `parameter`, `start` (the size to begin with). It
answers on stdout with {"value", "seconds"} or {"problem"}. A process of its own, for it ends all that a run leaves behind.
"""

import json
import math
import os
import sys

from gil_scaling.launch import __main__ as launch

TARGET_S = 0.3
CLOSE = 1.25  # times more or less than the target is close enough
LIMIT_S = 20.0  # of one trial; what takes longer is far too large
_TRIALS = 12
_STRIDE = 10.0  # no step is longer than this factor
_DIGITS = 2


class NotFound(Exception):
    """There is no such size; the message says why."""


def search(seconds_at, start):
    """The size, of two digits, at which seconds_at(size) is near 0.3 s, and its seconds there.

    seconds_at(size) gives seconds, inf where it took too long. The time must grow with the size, at whatever pace: each
    step follows the slope between the two last trials on logarithmic axes, and stays within what is known to be too small
    and too large. Raises NotFound. For example, where each unit takes 1 µs, 300,000.
    """
    slope = 1.0
    small, large = None, None  # (size, seconds)
    following = rounded(start)
    for _ in range(_TRIALS):
        size = following
        seconds = seconds_at(size)
        if TARGET_S / CLOSE <= seconds <= TARGET_S * CLOSE:
            return size, seconds
        before = large or small
        small, large = ((size, seconds), large) if seconds < TARGET_S else (small, (size, seconds))
        if before and math.isfinite(seconds) and math.isfinite(before[1]) and before[0] != size:
            slope = max(0.2, math.log(seconds / before[1]) / math.log(size / before[0]))
        following = rounded(_next(size, seconds, slope, small, large))
        if following in {one[0] for one in (small, large) if one}:
            return min((one for one in (small, large) if one), key=lambda one: abs(math.log(one[1] / TARGET_S)))
    raise NotFound(f"no size takes about {TARGET_S} s; {size:,} takes {seconds:.2g} s")


def _next(size, seconds, slope, small, large):
    if not math.isfinite(seconds):
        wanted = size / _STRIDE
    else:
        factor = (TARGET_S / seconds) ** (1 / slope)
        wanted = size * min(max(factor, 1 / _STRIDE), _STRIDE)
    if small and large and not small[0] < wanted < large[0]:
        return math.sqrt(small[0] * large[0])
    return wanted


def rounded(size):
    """A whole number of two digits, at least 1: 412,345 is 410,000."""
    size = max(1, round(size))
    return max(1, round(size, _DIGITS - len(str(size))))


def main():
    """Answers the order."""
    order = json.load(sys.stdin)
    if order["entry"]["spec"]["cpus"] is not None:
        os.sched_setaffinity(0, order["entry"]["spec"]["cpus"])
    call = {"id": None, "time": None, "pid": os.getpid(), "host": os.uname().nodename}

    def seconds_at(size):
        spec = {**order["entry"]["spec"], "params": {**order["entry"]["spec"]["params"], order["parameter"]: size}}
        result = launch.measure({**order["entry"], "spec": spec, "timeout_s": LIMIT_S}, call, None)
        if result["status"] == "timeout":
            return math.inf
        if result["status"] != "ok":
            raise NotFound(f"{result['status']}: {result['reason']}")
        return sorted(one["total_s"] for one in result["measured"]["samples"] if not one["warmup"])[1]

    try:
        with launch.machine_to_itself():
            value, seconds = search(seconds_at, order["start"])
    except NotFound as problem:
        print(json.dumps({"problem": str(problem)}))
    else:
        print(json.dumps({"value": value, "seconds": seconds}))


if __name__ == "__main__":
    main()
