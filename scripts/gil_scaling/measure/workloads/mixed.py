"""Computing and waiting by turns, as a service does: `cpu_share` says which part of a task alone is work of the CPU.

With the GIL: threads are at most min(workers, 1 / cpu_share) times faster. Without it, and in processes: as many times as
there are workers while the CPUs suffice for their work. Coroutines do as threads under the GIL do, on every build.
"""

import time

waits = True

_TURNS = 20_000  # of work between two waits: about a millisecond
_WAIT_S = 0.002  # where there is no work


def tasks(cpu_share=0.25, slices=20, count=8):
    """count tasks, each of which works and waits so often."""
    return [(cpu_share, slices)] * count


def task(argument):
    """The sum over what it computed; the waits follow from the CPU time that the work took."""
    cpu_share, slices = argument
    total = 0
    for _ in range(slices):
        found, wait_s = _work(cpu_share)
        total += found
        if wait_s:
            time.sleep(wait_s)
    return total


async def task_async(argument):
    """The same, with waits that leave the loop to others."""
    import asyncio  # here, because each process would pay for it

    cpu_share, slices = argument
    total = 0
    for _ in range(slices):
        found, wait_s = _work(cpu_share)
        total += found
        if wait_s:
            await asyncio.sleep(wait_s)
    return total


def _work(cpu_share):
    """A slice of work; what it computed and the seconds of waiting that make it the share asked for."""
    if cpu_share == 0:
        return 0, _WAIT_S
    began = time.thread_time()
    total = 0
    for i in range(_TURNS):
        total += i
    worked_s = time.thread_time() - began
    return total, worked_s * (1 - cpu_share) / cpu_share
