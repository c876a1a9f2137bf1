"""One of several workers dies: what dies with it, and what does the caller see? The backends as you would write them by hand.

`by`: exit (`os._exit(7)`, as a C library might) or kill (SIGKILL, as by the out-of-memory killer). The time means nothing;
the metrics are `program` (whether the caller survived), `seen`, `seen_after_s`, `done` (tasks that ended well).
With the GIL and without, the same: threads, coroutines and interpreters take the whole program down. A process leaves an
exit code, and the others their results; a process pool breaks and reports it; multiprocessing.Pool starts another worker
and waits forever for the lost task.
"""

import asyncio
import os
import signal
import time

from gil_scaling.measure.workloads import _by_hand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gil_scaling.measure.job import Job, Outcome

    Argument = tuple[str | None, float]

no_speedup = True
better = {"seen_after_s": "lower"}
available = _by_hand.available


def tasks(count: int = 8, failing: int = 3, by: str = "exit", task_s: float = 0.01) -> "list[Argument]":
    """`count` tasks of task_s seconds; the one with the number `failing` kills its worker at its end."""
    if by not in ("exit", "kill"):
        raise ValueError(f"by: {by!r} is neither 'exit' nor 'kill'")
    return [(by if index == failing else None, task_s) for index in range(count)]


def task(argument: "Argument", on_failure: "Callable[[], None]") -> None:
    """Sleeps, and kills its worker if it must; on_failure is called just before."""
    time.sleep(argument[1])
    _end(argument[0], on_failure)


async def task_async(argument: "Argument", on_failure: "Callable[[], None]") -> None:
    """The same as a coroutine."""
    await asyncio.sleep(argument[1])
    _end(argument[0], on_failure)


def _end(by: "str | None", on_failure: "Callable[[], None]") -> None:
    if by is not None:
        on_failure()
    if by == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif by == "exit":
        os._exit(7)


def run_on(backend: str, job: "Job") -> "Outcome":
    """Runs the tasks on the backend's hand-written form."""
    return _by_hand.run(backend, job, consumed=True)


def check(results: "list[tuple[str, Any]]", arguments: "list[Argument]") -> None:
    """No task died but the one that must."""
    for (state, _), (by, _) in zip(results, arguments):
        if state == _by_hand.FAILED and by is None:
            raise ValueError("a task died that must not")


def metrics(results: "list[tuple[str, dict[str, Any]]]", arguments: object) -> "dict[str, Any]":
    """What the caller saw, how its program ended, and how many tasks ended well."""
    return {**results[0][1], "done": sum(state == _by_hand.DONE for state, _ in results)}
