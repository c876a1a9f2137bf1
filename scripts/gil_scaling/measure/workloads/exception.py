"""One task of several raises: what does the caller see, and when? The backends as they are written by hand.

`consumed`: whether the caller asks for the results, where it has the choice (`list(pool.map(…))`, `await gather(…)`) or
the exit code of its processes. The time says nothing, the metrics do: `seen`, `seen_after_s` (from the raising of it),
`done` (tasks that ended well), `on_stderr`. With the GIL and without, the same: a sequence stops at once. The join of a
thread is silent, whatever happened in it; a process leaves an exit code. Executors raise when the result is asked for,
after the tasks before it, and are silent when nobody asks; so is asyncio, until the garbage is collected.
"""

import asyncio
import time

from gil_scaling.measure.workloads import _by_hand

no_speedup = True
available = _by_hand.available


def tasks(count=8, failing=3, consumed=True, task_s=0.01):
    """count tasks of task_s seconds, of which the one with the number failing raises at its end."""
    return [(index == failing, consumed, task_s) for index in range(count)]


def task(argument, failing=None):
    """Sleeps, and raises where it is to; `failing` is called just before."""
    time.sleep(argument[2])
    _end(argument, failing)


async def task_async(argument, failing=None):
    """The same as a coroutine."""
    await asyncio.sleep(argument[2])
    _end(argument, failing)


def _end(argument, failing):
    if argument[0]:
        failing()
        raise ValueError("this task was to raise")


def run_on(backend, job):
    """Runs the tasks on the backend as it is written by hand."""
    return _by_hand.run(backend, job, consumed=job.arguments[0][1])


def check(results, arguments):
    """The tasks that were to raise did, as far as they began, and no other."""
    for (state, _), (fails, _, _) in zip(results, arguments):
        if (state == _by_hand.FAILED) != fails and state != _by_hand.NOT_BEGUN:
            raise ValueError(f"a task that was {'' if fails else 'not '}to raise is {state}")


def metrics(results, arguments):
    """What the caller saw, and how many tasks ended well."""
    return {**results[0][1], "done": sum(state == _by_hand.DONE for state, _ in results)}
