"""Starting threads and waiting for them, for the backends that use no pool."""

import threading

from gil_scaling.measure.worker import call_before_sample, run_untimed_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from gil_scaling.measure.interfaces import Barrier
    from gil_scaling.measure.job import Job


def run_threads(work: "Callable[[int], Any]", workers: int, barrier: "Barrier | None" = None) -> None:
    """Runs work(number) in a thread per worker and waits for all; raises the first exception.

    barrier: where the workers wait for each other, if they do; a failure aborts it.
    """
    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)
            if barrier is not None:
                barrier.abort()

    start_and_join(guarded, range(workers))
    if failures:  # that the barrier broke is what the others saw of the failure
        raise min(failures, key=lambda error: isinstance(error, threading.BrokenBarrierError))


def start_and_join(target: "Callable[[Any], Any]", arguments: "Iterable[Any]") -> None:
    """Starts a thread per argument and waits for all; an exception ends its own thread only."""
    threads = [threading.Thread(target=target, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def make_barrier(job: "Job", workers: int) -> "threading.Barrier | None":
    """The barrier at which all workers wait before their tasks; None where they start independently.

    The last one to come calls the workload's hook before_sample: the untimed tasks of all workers are done by then.
    """
    if not job.together:
        return None

    def call_hook() -> None:
        call_before_sample(job.settings.workload)

    return threading.Barrier(workers, action=call_hook)


def make_warm_up(job: "Job", workers: int) -> "Callable[[int], None]":
    """What each of the workers of a pool does before its tasks: an untimed one, and waiting for the others."""
    barrier = make_barrier(job, workers)

    def warm_up(number: int) -> None:
        run_untimed_task(job.settings, job.warmup_argument(number))
        if barrier is not None:
            barrier.wait()

    return warm_up
