"""Computing and waiting by turns, as a service does: `cpu_share` is the share of CPU work in a task that runs alone.

With the GIL: threads are at most min(workers, 1 / cpu_share) times faster. Without it, and in processes: as many times as
there are workers while the CPUs suffice for their work. Coroutines behave as threads under the GIL, on every build.
"""

import time

waits = True

_TURNS = 20_000  # of work between two waits: about a millisecond
_WAIT_S = 0.002  # where there is no work


def tasks(cpu_share: float = 0.25, slices: int = 20, count: int = 8) -> list[tuple[float, int]]:
    """`count` tasks that each work and wait `slices` times."""
    return [(cpu_share, slices)] * count


def task(argument: tuple[float, int]) -> int:
    """The sum of what it computed; the waits follow from the CPU time that the work took."""
    cpu_share, slices = argument
    total = 0
    for _ in range(slices):
        result, wait_s = _work(cpu_share)
        total += result
        if wait_s:
            time.sleep(wait_s)
    return total


async def task_async(argument: tuple[float, int]) -> int:
    """The same, with waits that do not block the loop."""
    import asyncio  # here, because each process would pay for it

    cpu_share, slices = argument
    total = 0
    for _ in range(slices):
        result, wait_s = _work(cpu_share)
        total += result
        if wait_s:
            await asyncio.sleep(wait_s)
    return total


def _work(cpu_share: float) -> tuple[int, float]:
    """A slice of work; returns its result and the seconds of waiting that give the CPU its share."""
    if cpu_share == 0:
        return 0, _WAIT_S
    start = time.thread_time()
    total = 0
    for i in range(_TURNS):
        total += i
    worked_s = time.thread_time() - start
    return total, worked_s * (1 - cpu_share) / cpu_share
