"""threading.Thread: worker i begins with task i and then takes the next that is left."""

from collections import deque

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import make_barrier, run_threads, start_and_join
from gil_scaling.measure.worker import Report, run_tasks, run_untimed_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Calls, Job, Result, TaskFunction

kind = "threads"
one_thread_per_gil = False
together = True
snippet = """\
from threading import Thread

results = [None] * len(arguments)


def work(number):
    for place in range(number, len(arguments), {workers}):
        results[place] = task(arguments[place])


threads = [Thread(target=work, args=(number,)) for number in range({workers})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def run(job: "Job") -> Outcome:
    """Runs the tasks in one new thread per worker."""
    workers = job.worker_count()
    barrier = make_barrier(job, workers)
    remaining = deque(range(workers, len(job.arguments)))
    reports = [Report(number) for number in range(workers)]
    results: list[Result] = []

    def work(number: int) -> None:
        if barrier is not None:
            run_untimed_task(job.settings, job.warmup_argument(number))
            barrier.wait()
        tasks = job.tasks_of(number, remaining)
        results.extend(run_tasks(job.settings, tasks, job.shared, reports[number]))

    run_threads(work, workers, barrier)
    return Outcome(reports, results, workers)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> None:
    """One thread per call."""
    start_and_join(task, calls)
