"""Sleeping: waiting in its purest form, during which the GIL is free.

With the GIL and without: threads and coroutines are as many times faster as there are of them, up to the number of tasks,
whatever the CPUs; processes too, less what starting them costs.
"""

import time

waits = True


def tasks(seconds=0.05, count=8):
    """count tasks that sleep for so many seconds."""
    return [seconds] * count


def task(seconds):
    """Sleeps."""
    time.sleep(seconds)


async def task_async(seconds):
    """Sleeps without blocking the loop."""
    import asyncio  # here, because each process would pay for it

    await asyncio.sleep(seconds)
