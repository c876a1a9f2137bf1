"""One of several tasks raises: what does the caller see, and when? The backends as you would write them by hand.

`consumed`: whether the caller asks for the results, where it has the choice (`list(pool.map(…))`, `await gather(…)`), or for
the exit code of its processes. The time means nothing; the metrics are `seen`, `seen_after_s` (from the raise), `done` (tasks
that ended well), `on_stderr`. With the GIL and without, the same: sequential stops at once. Joining a thread is silent,
whatever happened in it; a process leaves an exit code. Executors raise when the result is asked for, after the tasks
before it, and are silent when nobody asks; so is asyncio, until garbage is collected.
"""

import asyncio
import time

from gil_scaling.measure.workloads import _by_hand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gil_scaling.measure.job import Job, Outcome

no_speedup = True
better = {"seen_after_s": "lower"}
available = _by_hand.available


def tasks(
    count: int = 8, failing: int = 3, consumed: bool = True, task_s: float = 0.01
) -> list[tuple[bool, bool, float]]:
    """`count` tasks of task_s seconds; the one with the number `failing` raises at its end."""
    return [(index == failing, consumed, task_s) for index in range(count)]


def task(argument: tuple[bool, bool, float], on_failure: "Callable[[], None]") -> None:
    """Sleeps, and raises if it must; on_failure is called just before."""
    time.sleep(argument[2])
    _end(argument[0], on_failure)


async def task_async(argument: tuple[bool, bool, float], on_failure: "Callable[[], None]") -> None:
    """The same as a coroutine."""
    await asyncio.sleep(argument[2])
    _end(argument[0], on_failure)


def _end(fails: bool, on_failure: "Callable[[], None]") -> None:
    if fails:
        on_failure()
        raise ValueError("this task raises on purpose")


def run_on(backend: str, job: "Job") -> "Outcome":
    """Runs the tasks on the backend's hand-written form."""
    return _by_hand.run(backend, job, consumed=job.arguments[0][1])


def check(results: "list[tuple[str, Any]]", arguments: list[tuple[bool, bool, float]]) -> None:
    """Of the tasks that started, exactly the one that must raise did."""
    for (state, _), (fails, _, _) in zip(results, arguments):
        if (state == _by_hand.FAILED) != fails and state != _by_hand.NOT_STARTED:
            raise ValueError(f"a task that must {'' if fails else 'not '}raise is {state}")


def metrics(results: "list[tuple[str, dict[str, Any]]]", arguments: object) -> "dict[str, Any]":
    """What the caller saw, and how many tasks ended well."""
    return {**results[0][1], "done": sum(state == _by_hand.DONE for state, _ in results)}
