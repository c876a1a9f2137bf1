"""One worker of several dies: what goes down with it, and what does the caller see? The backends as written by hand.

`by`: exit (`os._exit(7)`, as a C library might) or kill (SIGKILL, as by the system when memory runs out). The time says
nothing, the metrics do: `program` (whether the caller lived on), `seen`, `seen_after_s`, `done` (tasks that ended well).
With the GIL and without, the same: threads, coroutines and interpreters take the whole program down. A process leaves an
exit code and the others their results; a process pool breaks and says so; multiprocessing.Pool starts another worker
and waits for the lost task for ever.
"""

import asyncio
import os
import signal
import time

from gil_scaling.measure.workloads import _by_hand

no_speedup = True
available = _by_hand.available


def tasks(count=8, failing=3, by="exit", task_s=0.01):
    """count tasks of task_s seconds, of which the one with the number failing kills its worker at its end."""
    if by not in ("exit", "kill"):
        raise ValueError(f"by: {by!r} is neither 'exit' nor 'kill'")
    return [(by if index == failing else None, task_s) for index in range(count)]


def task(argument, failing=None):
    """Sleeps, and kills its worker where it is to; `failing` is called just before."""
    time.sleep(argument[1])
    _end(argument, failing)


async def task_async(argument, failing=None):
    """The same as a coroutine."""
    await asyncio.sleep(argument[1])
    _end(argument, failing)


def _end(argument, failing):
    by = argument[0]
    if by is not None:
        failing()
    if by == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif by == "exit":
        os._exit(7)


def run_on(backend, job):
    """Runs the tasks on the backend as it is written by hand."""
    return _by_hand.run(backend, job, consumed=True)


def check(results, arguments):
    """No task died but the one that was to."""
    for (state, _), (by, _) in zip(results, arguments):
        if state == _by_hand.FAILED and by is None:
            raise ValueError("a task died that was not to")


def metrics(results, arguments):
    """What the caller saw, what became of its program, and how many tasks ended well."""
    return {**results[0][1], "done": sum(state == _by_hand.DONE for state, _ in results)}
