"""What the workers of one sample did with their time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Occupancy(NamedTuple):
    """What the workers of one sample did, in seconds summed over them.

    workers: their number; capacity_s: workers × the timed interval; startup_s: before each worker's first task; busy_s:
    from there to the end of its last; cpu_s: CPU time inside the tasks, for coroutines that of their loops within busy_s;
    imbalance_s: after its last task until the last of all, and the whole time of workers without a task; teardown_s: after
    that; longest_cpu_s: CPU time of the busiest worker, NaN where tasks have none of their own.
    """

    workers: int
    capacity_s: float
    startup_s: float
    busy_s: float
    cpu_s: float
    imbalance_s: float
    teardown_s: float
    longest_cpu_s: float


def occupancy(sample: dict[str, Any], timed: str) -> Occupancy:
    """The Occupancy of a sample of a record; timed is total, or work where all workers start together.

    For example, two workers on tasks from 1 to 3 s and from 1 to 5 s of 6 s have a capacity of 12 s: 2 of start-up,
    6 busy, 2 of imbalance, 2 of teardown.
    """
    workers = _worker_spans(sample)
    first, last = min(start for start, _, _ in workers), max(end for _, end, _ in workers)
    begin_s, end_s = (first, last) if timed == "work" else (0.0, sample["total_s"])
    count = max(sample["workers"], len(workers))  # a custom backend may use more than it was asked to
    busy_s = sum(end - start for start, end, _ in workers)
    idle_s = (count - len(workers)) * (last - begin_s)
    return Occupancy(
        workers=count,
        capacity_s=count * (end_s - begin_s),
        startup_s=sum(start - begin_s for start, _, _ in workers),
        busy_s=busy_s,
        cpu_s=math.nan if sample["task_cpu_s"] is None else min(sample["task_cpu_s"], busy_s),
        imbalance_s=sum(last - end for _, end, _ in workers) + idle_s,
        teardown_s=count * (end_s - last),
        longest_cpu_s=max(math.nan if cpu_s is None else cpu_s for _, _, cpu_s in workers),
    )


def _worker_spans(sample: dict[str, Any]) -> list[tuple[float, float, float | None]]:
    """(start of its first task, end of its last, CPU time in its tasks or None) of each worker that ran one."""
    if sample["tasks"] is None:
        return [(worker["first_s"], worker["last_s"], worker["cpu_s"]) for worker in sample["task_summary"]]
    spans: dict[int, tuple[float, float, float | None]] = {}
    columns = (sample["tasks"][name] for name in ("worker", "start_s", "end_s", "cpu_s"))
    for worker, start, end, cpu_s in zip(*columns, strict=True):
        first, last, before = spans.get(worker, (start, end, 0.0))
        total = None if before is None or cpu_s is None else before + cpu_s
        spans[worker] = (min(first, start), max(last, end), total)
    return list(spans.values())
