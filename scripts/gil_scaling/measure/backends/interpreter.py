"""concurrent.interpreters (3.14+): a new interpreter with a GIL of its own in each of as many threads as there are workers.

Worker i begins with task i and then takes the next from a queue that the interpreters share.
"""

from contextlib import closing

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.threads import gate_of, run_crew
from gil_scaling.measure.worker import Report, Setting, Shared, know, untimed_task, work_through
from gil_scaling.measure.workload import load

kind = "interpreters"
one_thread_per_gil = True
together = True


def available():
    """None, or why this build cannot."""
    try:
        from concurrent import interpreters  # noqa: F401
    except ImportError:
        return "there is no concurrent.interpreters before Python 3.14"
    return None


def run(job):
    """Runs the tasks in as many interpreters as there are workers."""
    from concurrent import interpreters

    workers = job.workers_or_one_a_task()
    gate = gate_of(job, workers)
    beyond = interpreters.create_queue()
    for index in range(workers, len(job.arguments)):
        beyond.put((index, job.arguments[index]))
    plain = (job.setting.workload.reference, job.setting.switch_interval_s)
    done = {}

    def work(number):
        with closing(interpreters.create()) as interpreter:
            interpreter.call(know, plain[0])
            if gate is not None:
                interpreter.call(untimed_task, job.setting, job.warm_argument(number))
                gate.wait()
            done[number] = interpreter.call(_work, *plain, number, job.first_pair(number), beyond)

    run_crew(work, workers, gate)
    reports = [Report.of(done[number][0]) for number in range(workers)]
    return Outcome(reports, [pair for _, results in done.values() for pair in results], workers)


def by_hand(task, calls, workers, consumed):
    """One interpreter per call, each in a thread of its own."""
    from concurrent import interpreters

    threads = [interpreters.create().call_in_thread(task, call) for call in calls]
    for thread in threads:
        thread.join()


def _work(reference, switch_interval_s, number, first, beyond):
    """From and to plain values, which interpreters share as they are; one thing more among them, and all are pickled."""
    setting = Setting(load(reference), switch_interval_s)
    setting.apply()
    report = Report(number)
    results = work_through(setting, _pairs(first, beyond), Shared(setting.workload), report)
    return report.__getstate__(), tuple(results)


def _pairs(first, beyond):
    from concurrent.interpreters import QueueEmpty

    yield from first
    while True:
        try:
            yield beyond.get_nowait()
        except QueueEmpty:
            return
