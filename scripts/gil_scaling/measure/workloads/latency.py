"""How long a client waits for the thread that answers it, while CPU-bound threads run: where the switch interval matters.

A client in a separate process sends a request every period, whether or not the ones before were answered, and counts
from the time when each was due. The task's thread answers, beside `busy` CPU-bound threads that it starts (or processes,
with `busy_as: process`, which shows the machine's share). A task takes as many periods as requests, so its time means
nothing; the metrics show the latency.
With the GIL: for each answer the thread must get the GIL back from a CPU-bound thread, which holds it for the switch
interval. The tail (p99, max) follows the interval; with many cores the median does too. Without it: the interval changes
nothing, and what is left is the operating system's share, as with busy processes.
"""

from gil_scaling.measure.workloads import _background

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any

    Argument = tuple[int, int, str, dict[str, Any]]

starts_threads = True
no_speedup = True
better = {
    "latency_p50_ms": "lower",
    "latency_p99_ms": "lower",
    "latency_max_ms": "lower",
    "busy_turns_per_s": "higher",
}


def context() -> "AbstractContextManager[int]":
    """The port of the client."""
    return _background.local_server("client")


def tasks(
    context: int,
    busy: int = 1,
    busy_as: str = "thread",
    period_s: float = 0.002,
    requests: int = 500,
    count: int = 1,
) -> "list[Argument]":
    """`count` tasks that each answer `requests` requests, one per period, beside the busy threads."""
    return [(context, busy, busy_as, {"do": "ping", "period_s": period_s, "count": requests})] * count


def task(argument: "Argument") -> "dict[str, Any]":
    """Answers the client beside the busy threads; returns what the client measured and what the threads did."""
    port, busy, busy_as, order = argument
    with _background.Busy(busy_as, busy) as background:
        answer = _background.echo_until_closed(port, order)
    return dict(answer, turns_per_s=background.turns_per_s)


def check(results: "list[dict[str, Any]]", arguments: "list[Argument]") -> None:
    """Each request was answered."""
    for result, (_, _, _, order) in zip(results, arguments):
        if len(result["latencies_s"]) != order["count"]:
            raise ValueError(f"{len(result['latencies_s'])} of {order['count']} requests were answered")


def metrics(results: "list[dict[str, Any]]", arguments: object) -> "dict[str, float | None]":
    """Quantiles of the latency, and of the delay with which the client itself sent, in ms."""
    latencies_s = [latency_s for result in results for latency_s in result["latencies_s"]]
    late_s = [delay_s for result in results for delay_s in result["client_late_s"]]
    return {
        **_background.quantiles_ms("latency", latencies_s),
        "client_late_p99_ms": _background.quantiles_ms("late", late_s)["late_p99_ms"],
        **_background.mean_turns_per_s(results),
    }
