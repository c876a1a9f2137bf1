"""What the backends of processes share: workers of multiprocessing.Process, and how those of a pool meet."""

import multiprocessing
import os
from collections import deque
from multiprocessing.connection import wait

from gil_scaling.measure.job import Outcome, WorkerFailed
from gil_scaling.measure.worker import Report, Shared, untimed_task, used_by_new_process, work_through


def available(method):
    """None, or why this system cannot start processes in this way."""
    if method not in multiprocessing.get_all_start_methods():
        return f"this system has no start method {method!r}"
    return None


def run(job, method=None):
    """Runs the job in its own processes; those tasks that no worker begins with are handed out one by one."""
    context = multiprocessing.get_context(method)
    workers = job.workers_or_one_a_task()
    gate = context.Barrier(workers) if job.together else None
    beyond = deque(enumerate(job.arguments))
    for _ in range(min(workers, len(job.arguments))):
        beyond.popleft()
    crew = {}
    try:
        for number in range(workers):
            here, there = context.Pipe()
            warm = (gate, job.warm_argument(number)) if gate else None
            arguments = (job.setting, job.first_pair(number), bool(beyond), warm, there)
            process = context.Process(target=_work, args=arguments)
            process.start()
            there.close()
            crew[here] = (number, process)
        done = _hand_out(crew, beyond)
    except BaseException:
        for _, process in crew.values():
            process.kill()
        raise
    finally:
        for _, process in crew.values():
            process.join()
    reports = [report for report, _ in done]
    pairs = [pair for _, results in done for pair in results]
    return Outcome(reports, pairs, workers, context.get_start_method())


def _hand_out(crew, beyond):
    """Answers the workers until each has sent its report and results; these, by number of the worker."""
    done = {}
    waiting = dict(crew)
    while waiting:
        for connection in wait(list(waiting)):
            number, process = waiting[connection]
            try:
                message = connection.recv()
            except (EOFError, ConnectionError):
                process.join()
                raise WorkerFailed(f"worker {number} died with exit code {process.exitcode}") from None
            if message is None:
                connection.send(beyond.popleft() if beyond else None)
            elif isinstance(message, str):
                raise WorkerFailed(f"worker {number} raised:\n{message}")
            else:
                done[number] = message
                del waiting[connection]
    return [done[number] for number in sorted(done)]


def by_hand(task, calls, consumed, method=None):
    """One process per call; the exit code of the first that failed, if the caller looks at them."""
    context = multiprocessing.get_context(method)
    processes = [context.Process(target=task, args=(call,)) for call in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes if process.exitcode]
    return f"exit code {codes[0]}" if codes and consumed else None


_gate = None


def enter(gate):
    """Begins a worker of a pool: keeps the barrier at which the workers meet, None where they do not."""
    global _gate
    _gate = gate


def meet(setting, argument):
    """Runs one untimed task in a worker of a pool and waits for the other workers."""
    untimed_task(setting, argument)
    _gate.wait()


def _work(setting, first, more, warm, connection):
    try:
        setting.apply()
        if warm is not None:
            gate, argument = warm
            untimed_task(setting, argument)
            gate.wait()
        report = Report(os.getpid())
        shared = Shared(setting.workload)
        pairs = _asked_for(first, connection) if more else first
        results = work_through(setting, pairs, shared, report, used_by_new_process)
        connection.send((report, results))
    except BaseException:
        import traceback  # here, because its import would take longer than many a task

        connection.send(traceback.format_exc())


def _asked_for(first, connection):
    yield from first
    while True:
        connection.send(None)
        pair = connection.recv()
        if pair is None:
            return
        yield pair
