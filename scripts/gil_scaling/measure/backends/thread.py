"""threading.Thread: worker i begins with task i and then takes the next that is left."""

from collections import deque

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import gate_of, run_crew
from gil_scaling.measure.worker import Report, untimed_task, work_through

one_thread_per_gil = False


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
