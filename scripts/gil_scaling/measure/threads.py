"""Starting threads and waiting for them, for the backends that use no pool."""

import threading

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
    if failures:
        raise failures[0]


def start_and_join(target: "Callable[[Any], Any]", arguments: "Iterable[Any]") -> None:
    """Starts a thread per argument and waits for all; an exception ends its own thread only."""
    threads = [threading.Thread(target=target, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def make_barrier(job: "Job", workers: int) -> "threading.Barrier | None":
    """The barrier at which all workers wait before their tasks; None where they start independently."""
    return threading.Barrier(workers) if job.together else None
