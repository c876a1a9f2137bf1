"""How many round trips per second a client makes with the thread that answers it, while CPU-bound threads run.

A client in a separate process sends a request as soon as the one before is answered. The task's thread answers, beside
`busy` CPU-bound threads (or processes, with `busy_as: process`) that it starts. A task takes duration_s, so its time means
nothing; the metric is round_trips_per_s.
With the GIL: each answer releases the GIL and must get it back, which takes a switch interval each time: tens to hundreds of
round trips per second instead of tens of thousands, wherever the CPU-bound thread has a free core to go on. Without it:
the rate falls only by the CPU time that the busy threads take.
"""

from gil_scaling.measure.workloads import _background, latency

starts_threads = True
no_speedup = True
better = {"round_trips_per_s": "higher", "busy_turns_per_s": "higher"}


context = latency.context
task = latency.task


def tasks(
    context: int, busy: int = 1, busy_as: str = "thread", duration_s: float = 0.5, count: int = 1
) -> list[tuple[int, int, str, dict[str, object]]]:
    """`count` tasks that each answer requests for duration_s beside the busy threads."""
    return [(context, busy, busy_as, {"do": "ask", "duration_s": duration_s})] * count


def check(results: list[dict[str, float]], arguments: object) -> None:
    """There was a round trip in each task."""
    for result in results:
        if result["round_trips"] < 1:
            raise ValueError("no request was answered")


def metrics(results: list[dict[str, float]], arguments: object) -> "dict[str, float | None]":
    """Round trips per second, mean over the tasks."""
    rates = [result["round_trips"] / result["elapsed_s"] for result in results]
    return {"round_trips_per_s": sum(rates) / len(rates), **_background.mean_turns_per_s(results)}
