"""threading.Thread: worker i begins with task i and then takes the next that is left."""

from collections import deque

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import gate_of, run_crew, start_and_join
from gil_scaling.measure.worker import Report, untimed_task, work_through

kind = "threads"
one_thread_per_gil = False
together = True


def run(job):
    """Runs the tasks in as many threads as there are workers."""
    workers = job.workers_or_one_a_task()
    gate = gate_of(job, workers)
    beyond = deque(range(workers, len(job.arguments)))
    reports = [Report(number) for number in range(workers)]
    done = []

    def work(number):
        if gate is not None:
            untimed_task(job.setting, job.warm_argument(number))
            gate.wait()
        pairs = job.pairs(number, beyond)
        done.extend(work_through(job.setting, pairs, job.shared, reports[number]))

    run_crew(work, workers, gate)
    return Outcome(reports, done, workers)


def by_hand(task, calls, workers, consumed):
    """One thread per call."""
    start_and_join(task, calls)
