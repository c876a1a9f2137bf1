"""The process that is sampled for the target `why`: repeats one combination until enough of its tasks was seen.

Every second sample is sampled, so that those between show what the sampling costs. The results are not compared: timed runs
have done that.
"""

import gc
from contextlib import nullcontext
from statistics import median
from threading import Barrier
from time import perf_counter, thread_time

from gil_scaling.measure import run as runs
from gil_scaling.measure.check import Checker
from gil_scaling.measure.threads import start_and_join
from gil_scaling.measure.worker import Settings, gil_enabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gil_scaling.measure.inside import Inside
    from gil_scaling.measure.interfaces import Notify, Record
    from gil_scaling.measure.job import Job
    from gil_scaling.measure.workload import Workload

    Execute = Callable[[Job], Any]

BEGIN, END = "begin", "end"  # of a stretch that is to be sampled
_MIN_SEEN_S = 0.5  # of the tasks, in the samples that count
_MAX_SHARE = 0.6  # of the time limit
_LOOP_TURNS, _LOOPS = 200_000, 7  # of the reference loop, about 10 ms each


def run(spec: "Record", notify: "Notify") -> "Record":
    """Runs the samples; returns what each took, and the pauses of the garbage collector.

    spec: as of run.run, with limit_s, the time limit, and files and is_inside where a thread of this process is to sample;
    notify: called with BEGIN and END around what is to be sampled.
    Raises as run.run.
    """
    pauses = Pauses()
    inside = _sample_inside(spec) if spec.get("is_inside") else nullcontext()

    def around(number: int, execute: "Execute") -> "Execute":
        def sampled(job: "Job") -> "Any":
            notify(BEGIN)
            with pauses, inside:
                outcome = execute(job)
            notify(END)
            return outcome

        return sampled if number % 2 else execute

    samples, kind = repeat(spec, around)
    own_pauses = pauses.describe() if kind in ("threads", "coroutines") else None
    reference_s = measure_reference(spec["workers"]) if kind == "threads" else None
    seen = {} if isinstance(inside, nullcontext) else {"seen": inside.describe()}
    return {"samples": samples, "pauses": own_pauses, "gil": gil_enabled(), "reference_s": reference_s, **seen}


def _sample_inside(spec: "Record") -> "Inside":
    from gil_scaling.measure.inside import Inside  # here, as it starts threads that others do without
    from gil_scaling.measure.stacks import Places

    return Inside(Places(spec["files"]))


def measure_reference(workers: int) -> float:
    """The CPU time in seconds, as a median, of a loop that so many threads run at once, each on data of its own.

    What it takes longer with more threads the machine adds by itself: cores that share their units or a frequency.
    """
    times: list[float] = []
    barrier = Barrier(workers)

    def work(_: int) -> None:
        for _ in range(_LOOPS):
            barrier.wait()
            started = thread_time()
            total = 0
            for i in range(_LOOP_TURNS):
                total += i
            times.append(thread_time() - started)

    start_and_join(work, range(workers))
    return median(times)


def repeat(
    spec: "Record",
    around: "Callable[[int, Execute], Execute]",
    prepare: "Callable[[Job, Workload], object]" = lambda *_: None,
    every: int = 2,
) -> "tuple[list[Record], str]":
    """Runs the samples of a combination until enough was seen of those that count; returns them, and the backend's kind.

    around: makes of the number of a sample, 0 for the warm-up, and of what runs a job what runs it instead; prepare: called
    with each job before it runs, untimed; every: 2 where every second sample counts, beginning with that after the warm-up,
    1 where all but the warm-up do.
    """
    began = perf_counter()
    backend, workload, execute = runs.prepare(spec)
    Settings(workload, spec["switch_interval_s"]).apply()
    with workload.open_context(spec["params"]) as context:
        jobs = runs.Jobs(spec, workload, context)
        checker = Checker(workload, None, jobs.make)

        def make() -> "Job":
            job = jobs.make()
            prepare(job, workload)
            return job

        if jobs.keeps_workers:
            execute(make())
        samples: list[Record] = []
        while not _is_enough(samples, perf_counter() - began, spec["limit_s"]):
            number = len(samples)
            sample = runs.sample(around(number, execute), make, workload, checker)
            samples.append({**_shorten(sample), "is_sampled": number > 0 and (number - 1) % every == 0})
    return samples, backend.kind


def _is_enough(samples: "list[Record]", elapsed_s: float, limit_s: float) -> bool:
    """Whether there are two samples after the warm-up, and the tasks were seen for long, or time is up."""
    seen_s = sum(sample["work_s"] for sample in samples if sample["is_sampled"])
    return len(samples) >= 3 and (seen_s >= _MIN_SEEN_S or elapsed_s > limit_s * _MAX_SHARE)


def _shorten(sample: "Record") -> "Record":
    """The times of a sample and its tasks summed up: span_s is from each worker's first task to the end of its last."""
    spans: dict[int, list[float]] = {}
    if sample["tasks"] is not None:
        columns = (sample["tasks"][name] for name in ("worker", "start_s", "end_s"))
        for worker, start_s, end_s in zip(*columns):
            span = spans.setdefault(worker, [start_s, end_s])
            span[:] = min(span[0], start_s), max(span[1], end_s)
        count = len(sample["tasks"]["index"])
    else:
        spans = {each["worker"]: [each["first_s"], each["last_s"]] for each in sample["task_summary"]}
        count = sum(each["count"] for each in sample["task_summary"])
    times = {name: sample[name] for name in ("total_s", "work_s", "task_cpu_s", "workers_used")}
    return {**times, "tasks": count, "span_s": sum(end_s - start_s for start_s, end_s in spans.values())}


class Pauses:
    """The pauses of this interpreter's garbage collector inside with statements."""

    def __init__(self) -> None:
        self._count, self._seconds = 0, 0.0
        self._started: float | None = None

    def __enter__(self) -> None:
        gc.callbacks.append(self._note)

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._note)

    def _note(self, phase: str, _: object) -> None:
        if phase == "start":
            self._started = perf_counter()
        elif self._started is not None:
            self._count += 1
            self._seconds += perf_counter() - self._started
            self._started = None

    def describe(self) -> "Record":
        """How many there were, and their length in seconds; each stopped all threads."""
        return {"count": self._count, "seconds": self._seconds, "stops_others": True}
