"""Who runs when: CPU-bound workers stamp the clock after every few microseconds of work; the stamps show who held the GIL.

The CPU-bound threads are the backend's workers: one task for each. A task lasts duration_s, whatever it gets done: the
time says nothing, the metrics and the table of segments do. With `start: together` all of them overlap from the start.
With the GIL: threads take turns of about one switch interval, and one of them runs at a time (running_mean 1). Without
it, and in processes and interpreters, they overlap: as many run as there are CPUs.
"""

from time import perf_counter, thread_time

no_speedup = True

_WORK = 400  # turns between two stamps: about 10 to 20 µs
_OFF_CPU_S = 20e-6  # wall clock without CPU time from which on a worker did not run
_OVERLAP_S = 100e-6  # by so much two stretches may overlap and still be turns: the stamps tell no better


def tasks(workers, duration_s=0.1):
    """One task for each worker; one alone where the backend chooses its own number."""
    return [(number, duration_s) for number in range(workers or 1)]


def task(argument):
    """(number, segments): the stretches (start, end) on the clock in which this worker ran."""
    number, duration_s = argument
    segments = []
    start = before = perf_counter()
    cpu_before = thread_time()
    until = start + duration_s
    while before < until:
        for _ in range(_WORK):
            pass
        now = perf_counter()
        cpu = thread_time()
        worked_s = cpu - cpu_before
        if now - before - worked_s > _OFF_CPU_S:
            segments.append((start, before))
            start = max(before, now - worked_s)
        before, cpu_before = now, cpu
    segments.append((start, before))
    return number, segments


def check(results, arguments):
    """Each worker ran, in stretches one after the other."""
    for number, found in results:
        flat = [moment for segment in found for moment in segment]
        if not found or flat != sorted(flat):
            raise ValueError(f"the stretches of worker {number} are not in order")


def segments(results, arguments):
    """(worker, start, end) of all stretches."""
    return [(number, *segment) for number, found in results for segment in found]


def metrics(results, arguments):
    """How often one worker followed upon another, how long each ran on, and how many ran at once on average."""
    ordered = sorted(segments(results, arguments), key=lambda segment: segment[1])
    first, last = ordered[0][1], max(end for _, _, end in ordered)
    turns = sum(other[0] != one[0] and other[1] > one[2] - _OVERLAP_S for one, other in zip(ordered, ordered[1:]))
    holds = sorted(end - start for _, start, end in ordered)
    return {
        "hand_overs_per_s": turns / (last - first),
        "hold_p50_ms": holds[len(holds) // 2] * 1000,
        "hold_max_ms": holds[-1] * 1000,
        "running_mean": sum(holds) / _covered(ordered),
    }


def _covered(ordered):
    """The seconds in which at least one worker ran."""
    covered_s, reached = 0.0, ordered[0][1]
    for _, start, end in ordered:
        covered_s += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered_s
