"""When each worker runs: CPU-bound workers read the clock every few microseconds, and the readings show who held the GIL.

The CPU-bound threads are the backend's workers, one task each. A task lasts duration_s, so its time means nothing; the
metrics and the table of segments show the rest. With `start: together` all workers overlap from the start.
With the GIL: threads take turns of about one switch interval, and one of them runs at a time (running_mean 1). Without
it, and in processes and interpreters, they overlap: as many run as there are CPUs.
"""

from time import perf_counter, thread_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    Segments = list[tuple[float, float]]

no_speedup = True
better = {"running_mean": "higher"}

_WORK = 400  # turns between two readings: about 10 to 20 µs
_OFF_CPU_S = 20e-6  # a worker did not run where the wall clock ran on for longer than this without CPU time
_OVERLAP_S = 100e-6  # segments of two workers that overlap by less may be turns: the readings are no more exact


def tasks(workers: "int | None", duration_s: float = 0.1) -> list[tuple[int, float]]:
    """One task per worker; a single one where the backend chooses the number of workers."""
    return [(number, duration_s) for number in range(workers or 1)]


def task(argument: tuple[int, float]) -> "tuple[int, Segments]":
    """(number, segments): the periods (start, end) on the clock in which this worker ran."""
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


def check(results: "list[tuple[int, Segments]]", arguments: object) -> None:
    """Each worker ran, in segments one after the other."""
    for number, worker_segments in results:
        times = [time for segment in worker_segments for time in segment]
        if not times or times != sorted(times):
            raise ValueError(f"the segments of worker {number} are not in order")


def segments(results: "list[tuple[int, Segments]]", arguments: object) -> list[tuple[int, float, float]]:
    """(worker, start, end) of all segments."""
    return [(number, *segment) for number, worker_segments in results for segment in worker_segments]


def metrics(results: "list[tuple[int, Segments]]", arguments: object) -> dict[str, float]:
    """How often one worker followed another, how long each ran on, and how many ran at once on average."""
    ordered = sorted(segments(results, arguments), key=lambda segment: segment[1])
    first, last = ordered[0][1], max(end for _, _, end in ordered)
    turns = sum(
        worker != next_worker and next_start > end - _OVERLAP_S
        for (worker, _, end), (next_worker, next_start, _) in zip(ordered, ordered[1:])
    )
    holds = sorted(end - start for _, start, end in ordered)
    return {
        "hand_overs_per_s": turns / (last - first),
        "hold_p50_ms": holds[len(holds) // 2] * 1000,
        "hold_max_ms": holds[-1] * 1000,
        "running_mean": sum(holds) / _covered_s(ordered),
    }


def _covered_s(ordered: list[tuple[int, float, float]]) -> float:
    """The seconds in which at least one worker ran."""
    covered_s, reached = 0.0, ordered[0][1]
    for _, start, end in ordered:
        covered_s += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered_s
