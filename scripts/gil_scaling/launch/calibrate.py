"""Finds the size of a workload that takes 0.3 s sequentially: `python -S -m gil_scaling.launch.calibrate` reads an order.

The order is JSON on stdin: an entry as in a plan, without a size; `parameter`; and `start`, the size to begin with. The
answer on stdout is {"value", "seconds"} or {"problem"}. A separate process, as it kills all that a run leaves behind.
"""

from __future__ import annotations

import json
import math
import os
import sys

from gil_scaling.launch import lock, measurement, progress, supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gil_scaling.launch.interfaces import Entry, Order
    from gil_scaling.record import Spec

TARGET_S = 0.3
CLOSE = 1.25  # a time within this factor of the target is close enough
LIMIT_S = 20.0  # of one trial
_TRIALS = 12
_MAX_FACTOR = 10.0  # of one step
_DIGITS = 2


class NotFound(Exception):
    """There is no such size; the message says why."""


def search(seconds_at: Callable[[int], float], start: int) -> tuple[int, float]:
    """The size, of two digits, at which seconds_at(size) is near 0.3 s, and its seconds there; raises NotFound.

    seconds_at(size): seconds, inf if the time limit was exceeded. It must increase with the size: each step follows the
    slope between the last two trials on logarithmic axes, within the sizes known to be too small and too large. For
    example, if each unit takes 1 µs, 300,000.
    """
    slope = 1.0
    small: tuple[int, float] | None = None  # (size, seconds), too small
    large: tuple[int, float] | None = None
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
        following = rounded(_next_size(size, seconds, slope, small, large))
        tried = [trial for trial in (small, large) if trial]
        if following in {trial[0] for trial in tried}:
            size, seconds = min(tried, key=lambda trial: abs(math.log(trial[1] / TARGET_S)))
            if math.isfinite(seconds):
                return size, seconds
            break
    taken = f"{seconds:.2g} s" if math.isfinite(seconds) else f"more than {LIMIT_S:g} s"
    raise NotFound(f"no size takes about {TARGET_S} s; {size:,} takes {taken}")


def _next_size(
    size: int, seconds: float, slope: float, small: tuple[int, float] | None, large: tuple[int, float] | None
) -> float:
    if not math.isfinite(seconds):
        wanted = size / _MAX_FACTOR
    else:
        factor = (TARGET_S / seconds) ** (1 / slope)
        wanted = size * min(max(factor, 1 / _MAX_FACTOR), _MAX_FACTOR)
    if small and large and not small[0] < wanted < large[0]:
        return math.sqrt(small[0] * large[0])
    return wanted


def rounded(size: float) -> int:
    """An integer of two digits, at least 1: 412,345 is 410,000."""
    whole = max(1, round(size))
    return max(1, round(whole, _DIGITS - len(str(whole))))


def main() -> None:
    """Answers the order on stdin."""
    supervisor.exit_on_interruption()
    order: Order = json.load(sys.stdin)
    if order["entry"]["spec"]["cpus"] is not None:
        os.sched_setaffinity(0, order["entry"]["spec"]["cpus"])
    try:
        with lock.MachineLock():
            value, seconds = search(lambda size: _median_s(order, size), order["start"])
    except NotFound as problem:
        print(json.dumps({"problem": str(problem)}))
    else:
        print(json.dumps({"value": value, "seconds": seconds}))


def _median_s(order: Order, size: int) -> float:
    """The median time of a run of this size, inf if the time limit was exceeded; raises NotFound where it fails."""
    spec = order["entry"]["spec"]
    sized: Spec = {**spec, "params": {**spec["params"], order["parameter"]: size}}
    entry: Entry = {**order["entry"], "spec": sized, "timeout_s": LIMIT_S}
    result = measurement.measure(entry, progress.make_call("calibration"), None)
    if result["status"] == "timeout":
        return math.inf
    if result["measured"] is None:
        raise NotFound(f"{result['status']}: {result['reason']}")
    return progress.counted_s(result)


if __name__ == "__main__":
    main()
