"""threading.Thread: worker i begins with task i and then takes the next that is left."""

import threading
from collections import deque

from scripts.measure.job import Outcome
from scripts.measure.worker import Report, untimed_task, work_through

one_thread_per_gil = False


def run(job):
    """Runs the tasks in as many threads as there are workers."""
    workers = job.workers_or_one_a_task()
    gate = threading.Barrier(workers) if job.together else None
    beyond = deque(range(workers, len(job.arguments)))
    reports = [Report(number) for number in range(workers)]
    done = []
    failures = []

    def work(number):
        try:
            if gate is not None:
                untimed_task(job.setting, job.warm_argument(number))
                gate.wait()
            pairs = job.pairs(number, beyond)
            done.extend(work_through(job.setting, pairs, job.shared, reports[number]))
        except BaseException as error:
            failures.append(error)
            if gate is not None:
                gate.abort()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Outcome(reports, done, workers)
