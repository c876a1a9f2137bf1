"""Workers that are processes: running a job in multiprocessing.Process, and starting the workers of a pool together."""

import multiprocessing
import os
from collections import deque
from multiprocessing.connection import wait

from gil_scaling.measure.job import Outcome, WorkerFailed
from gil_scaling.measure.worker import Report, enter_sample, new_process_usage, run_tasks, warm_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection
    from typing import Any

    from gil_scaling.measure.interfaces import Barrier, Calls, Result, Task, TaskFunction
    from gil_scaling.measure.job import Job
    from gil_scaling.measure.worker import Settings


def available(method: str) -> "str | None":
    """None, or why this system cannot start processes with this method."""
    if method not in multiprocessing.get_all_start_methods():
        return f"this system has no start method {method!r}"
    return None


def run(job: "Job", method: "str | None" = None) -> Outcome:
    """Runs the job in new processes: each begins with one task, the remaining ones are handed out on request."""
    context: Any = multiprocessing.get_context(method)
    workers = job.worker_count()
    barrier = context.Barrier(workers) if job.together else None
    remaining = deque(enumerate(job.arguments))
    for _ in range(min(workers, len(job.arguments))):
        remaining.popleft()
    processes: dict[Any, tuple[int, Any]] = {}
    try:
        for number in range(workers):
            connection, worker_end = context.Pipe()
            warmup = (barrier, job.warmup_argument(number)) if barrier else None
            arguments = (job.settings, job.first_task(number), bool(remaining), warmup, worker_end)
            process = context.Process(target=_work, args=arguments)
            process.start()
            worker_end.close()
            processes[connection] = (number, process)
        answers = _serve_tasks(processes, remaining)
    except BaseException:
        for _, process in processes.values():
            process.kill()
        raise
    finally:
        for _, process in processes.values():
            process.join()
    results = [result for _, worker_results in answers for result in worker_results]
    return Outcome([report for report, _ in answers], results, workers, context.get_start_method())


def _serve_tasks(
    processes: "dict[Any, tuple[int, Any]]", remaining: "deque[Task]"
) -> "list[tuple[Report, list[Result]]]":
    """Hands out tasks until each worker has sent its report and results; returns these in the order of the workers."""
    answers = {}
    running = dict(processes)
    connection: Any
    while running:
        for connection in wait(list(running)):
            number, process = running[connection]
            try:
                message = connection.recv()
            except (EOFError, ConnectionError):
                process.join()
                raise WorkerFailed(f"worker {number} died with exit code {process.exitcode}") from None
            if message is None:
                connection.send(remaining.popleft() if remaining else None)
            elif isinstance(message, str):
                raise WorkerFailed(f"{message.splitlines()[-1]} (in worker {number})", message)
            else:
                answers[number] = message
                del running[connection]
    return [answers[number] for number in sorted(answers)]


def by_hand(task: "TaskFunction", calls: "Calls", consumed: bool, method: "str | None" = None) -> "str | None":
    """One process per call; returns the exit code of the first that failed, if the caller looks at them."""
    context: Any = multiprocessing.get_context(method)
    processes = [context.Process(target=task, args=(call,)) for call in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes if process.exitcode]
    return f"exit code {codes[0]}" if codes and consumed else None


_pool_barrier: "Barrier | None" = None


def set_pool_barrier(barrier: "Barrier | None") -> None:
    """Initializes a worker of a pool with the barrier at which the workers wait; None where they do not."""
    global _pool_barrier
    _pool_barrier = barrier


def warm_up_and_wait(settings: "Settings", argument: "Any") -> None:
    """Runs one untimed task in a worker of a pool and waits for the other workers."""
    warm_up(settings, argument)
    if _pool_barrier is not None:
        _pool_barrier.wait()


def _work(
    settings: "Settings",
    first: "tuple[Task, ...]",
    has_more: bool,
    warmup: "tuple[Barrier, Any] | None",
    connection: "Connection[Any, Any]",
) -> None:
    try:
        if warmup is not None:
            barrier, argument = warmup
            warm_up(settings, argument)
            barrier.wait()
        report = Report(os.getpid())
        shared = enter_sample(settings, report)
        tasks = _request_tasks(first, connection) if has_more else first
        results = run_tasks(settings, tasks, shared, report, new_process_usage)
        connection.send((report, results))
    except BaseException:
        import traceback  # here, because its import would take longer than many a task

        connection.send(traceback.format_exc())


def _request_tasks(first: "Iterable[Task]", connection: "Connection[Any, Any]") -> "Iterator[Task]":
    yield from first
    while True:
        connection.send(None)
        task = connection.recv()
        if task is None:
            return
        yield task
