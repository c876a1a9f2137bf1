"""A crew of threads: what the backends share whose workers are threads of ours."""

import threading


def run_crew(work, workers, gate=None):
    """Runs work(number) in a thread for each worker and waits for them all; raises what the first to fail raised.

    gate: the barrier at which they meet, if any; a failure opens it for the others.
    """
    failures = []

    def guarded(number):
        try:
            work(number)
        except BaseException as error:
            failures.append(error)
            if gate is not None:
                gate.abort()

    start_and_join(guarded, range(workers))
    if failures:
        raise failures[0]


def start_and_join(target, arguments):
    """Starts a thread for each argument and waits for them all; an exception ends its own thread only."""
    threads = [threading.Thread(target=target, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def gate_of(job, workers):
    """The barrier at which all workers wait before they begin; None where they begin as they come."""
    return threading.Barrier(workers) if job.together else None
