"""concurrent.interpreters (3.14+): a thread per worker, each with a new interpreter that has a GIL of its own.

Worker i begins with task i and then takes the next from a queue that the interpreters share.
"""

from contextlib import closing

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import make_barrier, run_threads
from gil_scaling.measure.worker import Report, Shared, load_settings, load_workload, run_tasks, run_untimed_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gil_scaling.measure.interfaces import Any, Calls, Job, ReportState, Result, Task, TaskFunction

kind = "interpreters"
one_thread_per_gil = True
together = True


def available() -> "str | None":
    """None, or why this build cannot."""
    try:
        from concurrent import interpreters  # noqa: F401
    except ImportError:
        return "there is no concurrent.interpreters before Python 3.14"
    return None


def run(job: "Job") -> Outcome:
    """Runs the tasks in one new interpreter per worker."""
    from concurrent import interpreters

    workers = job.worker_count()
    barrier = make_barrier(job, workers)
    remaining = interpreters.create_queue()
    for index in range(workers, len(job.arguments)):
        remaining.put((index, job.arguments[index]))
    settings = job.settings.plain()
    answers: dict[int, Any] = {}

    def work(number: int) -> None:
        with closing(interpreters.create()) as interpreter:
            interpreter.call(load_workload, settings[0])
            if barrier is not None:
                interpreter.call(run_untimed_task, job.settings, job.warmup_argument(number))
                barrier.wait()
            answers[number] = interpreter.call(_work, *settings, number, job.first_task(number), remaining)

    run_threads(work, workers, barrier)
    reports = [Report.from_interpreter(answers[number][0]) for number in range(workers)]
    return Outcome(reports, [result for _, results in answers.values() for result in results], workers)


def _work(
    reference: str, switch_interval_s: "float | None", number: int, first: "tuple[Task, ...]", remaining: "Any"
) -> "tuple[ReportState, tuple[Result, ...]]":
    """From and to plain values, see worker.run_plain_call."""
    settings = load_settings(reference, switch_interval_s)
    settings.apply()
    report = Report(number)
    results = run_tasks(settings, _take_tasks(first, remaining), Shared(settings.workload), report)
    return report.__getstate__(), tuple(results)


def _take_tasks(first: "tuple[Task, ...]", remaining: "Any") -> "Iterator[Task]":
    from concurrent.interpreters import QueueEmpty

    yield from first
    while True:
        try:
            yield remaining.get_nowait()
        except QueueEmpty:
            return


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """One interpreter per call, each in a thread of its own."""
    from concurrent import interpreters

    threads = [interpreters.create().call_in_thread(task, call) for call in calls]
    for thread in threads:
        thread.join()
