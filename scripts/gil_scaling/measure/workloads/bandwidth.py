"""How many round trips a second a client makes with the thread that answers it while CPU-bound threads run.

A client in a process of its own sends a request as soon as the one before is answered. The task's thread answers; `busy`
CPU-bound threads are its own (or processes, with `busy_as: process`). One task takes duration_s: the time says nothing,
the metric round_trips_per_s does.
With the GIL: each answer gives the GIL up and has to get it back, a switch interval each time: tens to hundreds of round
trips a second where there were tens of thousands, wherever a core is free for the CPU-bound thread to go on. Without it:
the rate falls only by what the busy threads take of the CPUs.
"""

from gil_scaling.measure.workloads import _beside, latency

starts_threads = True
no_speedup = True


context = latency.context
task = latency.task


def tasks(context, busy=1, busy_as="thread", duration_s=0.5, count=1):
    """count tasks, each of which answers requests for duration_s beside the busy threads."""
    return [(context, busy, busy_as, {"do": "ask", "duration_s": duration_s})] * count


def check(results, arguments):
    """There was a round trip in each task."""
    for result in results:
        if result["round_trips"] < 1:
            raise ValueError("no request was answered")


def metrics(results, arguments):
    """Round trips a second, the tasks' mean."""
    rates = [result["round_trips"] / result["elapsed_s"] for result in results]
    return {"round_trips_per_s": sum(rates) / len(rates), **_beside.mean_turns_per_s(results)}
