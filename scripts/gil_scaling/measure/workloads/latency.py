"""How long a client waits for the thread that answers it while CPU-bound threads run: where the switch interval acts.

A client in a process of its own sends a request each period, whether or not the ones before were answered, and counts
from the moment when each was due. The task's thread answers; `busy` CPU-bound threads are its own (or processes, with
`busy_as: process`: what the machine alone does). One task takes count periods: the time says nothing, the metrics do.
With the GIL: for each answer the thread must get the GIL back from a CPU-bound thread, which holds it for the switch
interval. The tail (p99, max) follows the interval; with many cores the median does too. Without it: the interval changes
nothing, and what is left is the operating system's, as with busy processes.
"""

from gil_scaling.measure.workloads import _beside

starts_threads = True
no_speedup = True


def context():
    """The port of the client."""
    return _beside.peer("client")


def tasks(context, busy=1, busy_as="thread", period_s=0.002, requests=500, count=1):
    """count tasks, each of which answers so many requests, one each period, beside the busy threads."""
    return [(context, busy, busy_as, {"do": "ping", "period_s": period_s, "count": requests})] * count


def task(argument):
    """Answers the client beside the busy threads; what it measured, and what they did."""
    port, busy, busy_as, order = argument
    with _beside.Busy(busy_as, busy) as beside:
        answer = _beside.echo_until_closed(port, order)
    return dict(answer, turns_per_s=beside.turns_per_s)


def check(results, arguments):
    """Each request was answered."""
    for result, (_, _, _, order) in zip(results, arguments):
        if len(result["latencies_s"]) != order["count"]:
            raise ValueError(f"{len(result['latencies_s'])} of {order['count']} requests were answered")


def metrics(results, arguments):
    """Quantiles of the latency, and of the delay with which the client itself came to send, in ms."""
    latencies = [latency for result in results for latency in result["latencies_s"]]
    late = [one for result in results for one in result["client_late_s"]]
    return {
        **_beside.quantiles_ms("latency", latencies),
        "client_late_p99_ms": _beside.quantiles_ms("late", late)["late_p99_ms"],
        **_beside.mean_turns_per_s(results),
    }
