"""Sleeping: the purest form of waiting, during which the GIL is free.

With the GIL and without: threads and coroutines scale with their number, up to the number of tasks, whatever the CPUs;
processes too, less the cost of starting them.
"""

import time

waits = True


def tasks(seconds: float = 0.05, count: int = 8) -> list[float]:
    """`count` tasks that each sleep."""
    return [seconds] * count


def task(seconds: float) -> None:
    """Sleeps."""
    time.sleep(seconds)


async def task_async(seconds: float) -> None:
    """Sleeps without blocking the loop."""
    import asyncio  # here, because each process would pay for it

    await asyncio.sleep(seconds)
