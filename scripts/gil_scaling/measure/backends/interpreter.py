"""concurrent.interpreters (3.14+): a thread per worker, each with a new interpreter that has a GIL of its own.

Worker i begins with task i and then takes the next from a queue that the interpreters share.
"""

from contextlib import closing

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import make_barrier, run_threads
from gil_scaling.measure.worker import Report, thread_usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Any, Calls, Job, PlainSettings, ReportState, Result, Task, TaskFunction

kind = "interpreters"
one_thread_per_gil = True
together = True
snippet = """\
from concurrent import interpreters
from threading import Thread

results = [None] * len(arguments)


def work(number):
    interpreter = interpreters.create()
    for place in range(number, len(arguments), {workers}):
        results[place] = interpreter.call(task, arguments[place])
    interpreter.close()


if __name__ == "__main__":
    threads = [Thread(target=work, args=(number,)) for number in range({workers})]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


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
    remaining = _queue_remaining(job, workers)
    settings = job.settings.plain()
    reports: dict[int, Report] = {}
    all_results: list[Result] = []

    def work(number: int) -> None:
        with closing(interpreters.create()) as interpreter:
            interpreter.call(_load, settings[0])
            if barrier is not None:
                interpreter.call(_warm_up, settings, job.warmup_argument(number))
                barrier.wait()
            state, results = interpreter.call(_work, settings, number, job.first_task(number), remaining)
        reports[number] = Report.from_interpreter(state)
        reports[number].usage = thread_usage()
        all_results.extend(results)

    run_threads(work, workers, barrier)
    return Outcome([reports[number] for number in range(workers)], all_results, workers)


def _queue_remaining(job: "Job", workers: int) -> "Any":
    """The queue of the tasks beyond the first of each worker; None without such tasks, which spares its import."""
    from concurrent import interpreters

    if len(job.arguments) <= workers:
        return None
    remaining = interpreters.create_queue()
    for index in range(workers, len(job.arguments)):
        remaining.put((index, job.arguments[index]))
    return remaining


# Interpreters call these: with no global name but those of builtins, they are handed over as code. Other functions are
# pickled, so that each new interpreter would import pickle, this module and all that it imports.


def _load(reference: str) -> None:
    from gil_scaling.measure.workload import load

    load(reference)  # it defines the classes of the arguments that follow


def _warm_up(settings: "PlainSettings", argument: "Any") -> None:
    from gil_scaling.measure.worker import load_settings, warm_up

    warm_up(load_settings(*settings), argument)


def _work(
    settings: "PlainSettings", number: int, first: "tuple[Task, ...]", remaining: "Any"
) -> "tuple[ReportState, tuple[Result, ...]]":
    from gil_scaling.measure.worker import run_plain_worker

    return run_plain_worker(settings, number, first, remaining)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """One interpreter per call, each in a thread of its own."""
    from concurrent import interpreters

    threads = [interpreters.create().call_in_thread(task, call) for call in calls]
    for thread in threads:
        thread.join()
