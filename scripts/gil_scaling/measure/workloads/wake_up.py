"""How late a thread wakes up from a short sleep while CPU-bound threads run: timers, tickers, heartbeats.

The task's thread sleeps; `busy` CPU-bound threads are its own (or processes, with `busy_as: process`). One task takes
duration_s: the time says nothing, the metrics do: by how much each sleep was overshot.
With the GIL: a sleeper that wakes must wait until a CPU-bound thread gives the GIL up, a switch interval for one of them,
more for several. Without it: the overshoot is the operating system's, tens of microseconds while a CPU is free.
"""

import time

from gil_scaling.measure.workloads import _beside

starts_threads = True
no_speedup = True


def tasks(busy=1, busy_as="thread", sleep_s=0.001, duration_s=0.5, count=1):
    """count tasks, each of which for duration_s sleeps again and again for sleep_s beside the busy threads."""
    return [(busy, busy_as, sleep_s, duration_s)] * count


def task(argument):
    """The overshoot of each sleep in s, and what the busy threads did."""
    busy, busy_as, sleep_s, duration_s = argument
    overshoots_s = []
    with _beside.Busy(busy_as, busy) as beside:
        began = now = time.perf_counter()
        while now - began < duration_s:
            time.sleep(sleep_s)
            start, now = now, time.perf_counter()
            overshoots_s.append(now - start - sleep_s)
    return {"overshoots_s": overshoots_s, "turns_per_s": beside.turns_per_s}


def check(results, arguments):
    """No sleep was much too short."""
    for result, (_, _, sleep_s, _) in zip(results, arguments):
        if min(result["overshoots_s"]) < -0.1 * sleep_s:
            raise ValueError(f"a sleep of {sleep_s} s ended {-min(result['overshoots_s'])} s too early")


def metrics(results, arguments):
    """Quantiles of the overshoot in ms."""
    overshoots = [overshoot for result in results for overshoot in result["overshoots_s"]]
    return {**_beside.quantiles_ms("overshoot", overshoots), **_beside.mean_turns_per_s(results)}
