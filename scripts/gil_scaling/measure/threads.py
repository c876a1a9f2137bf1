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

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def gate_of(job, workers):
    """The barrier at which all workers wait before they begin; None where they begin as they come."""
    return threading.Barrier(workers) if job.together else None
