"""How late a thread wakes up from a short sleep while CPU-bound threads run: timers, tickers, heartbeats.

The task's thread sleeps, beside `busy` CPU-bound threads that it starts (or processes, with `busy_as: process`). A task takes
duration_s, so its time means nothing; the metrics show how long each sleep overran.
With the GIL: a thread that wakes must wait until a CPU-bound thread releases the GIL, a switch interval for one of them,
more for several. Without it: the overrun is the operating system's, tens of microseconds while a CPU is free.
"""

import time

from gil_scaling.measure.workloads import _background

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Argument = tuple[int, str, float, float]

starts_threads = True
no_speedup = True
better = {
    "overshoot_p50_ms": "lower",
    "overshoot_p99_ms": "lower",
    "overshoot_max_ms": "lower",
    "busy_turns_per_s": "higher",
}


def tasks(
    busy: int = 1, busy_as: str = "thread", sleep_s: float = 0.001, duration_s: float = 0.5, count: int = 1
) -> "list[Argument]":
    """`count` tasks that each sleep for sleep_s again and again, for duration_s, beside the busy threads."""
    return [(busy, busy_as, sleep_s, duration_s)] * count


def task(argument: "Argument") -> "dict[str, Any]":
    """By how many seconds each sleep overran, and what the busy threads did."""
    busy, busy_as, sleep_s, duration_s = argument
    overshoots_s = []
    with _background.Busy(busy_as, busy) as background:
        began = now = time.perf_counter()
        while now - began < duration_s:
            time.sleep(sleep_s)
            start, now = now, time.perf_counter()
            overshoots_s.append(now - start - sleep_s)
    return {"overshoots_s": overshoots_s, "turns_per_s": background.turns_per_s}


def check(results: "list[dict[str, Any]]", arguments: "list[Argument]") -> None:
    """No sleep was much too short."""
    for result, (_, _, sleep_s, _) in zip(results, arguments):
        if min(result["overshoots_s"]) < -0.1 * sleep_s:
            raise ValueError(f"a sleep of {sleep_s} s ended {-min(result['overshoots_s'])} s too early")


def metrics(results: "list[dict[str, Any]]", arguments: object) -> "dict[str, float | None]":
    """Quantiles of the overshoot in ms."""
    overshoots_s = [overshoot_s for result in results for overshoot_s in result["overshoots_s"]]
    return {**_background.quantiles_ms("overshoot", overshoots_s), **_background.mean_turns_per_s(results)}
