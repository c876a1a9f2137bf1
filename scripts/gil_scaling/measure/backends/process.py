"""multiprocessing.Process with the build's default start method: forkserver from 3.14 on, fork before (Linux)."""

from gil_scaling.measure import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Calls, Job, Outcome, TaskFunction

kind = "processes"
one_thread_per_gil = True
together = True
snippet = """\
from multiprocessing import Process, SimpleQueue


def work(number, share, queue):
    queue.put((number, [task(argument) for argument in share]))


if __name__ == "__main__":
    queue = SimpleQueue()
    shares = [arguments[number::{workers}] for number in range({workers})]
    processes = [Process(target=work, args=(*numbered, queue)) for numbered in enumerate(shares)]
    for process in processes:
        process.start()
    results = [None] * len(arguments)
    for _ in processes:
        number, own = queue.get()
        results[number::{workers}] = own
    for process in processes:
        process.join()
"""


def run(job: "Job") -> "Outcome":
    """Runs the tasks in one new process per worker."""
    return processes.run(job)


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> "str | None":
    """One process per call."""
    return processes.by_hand(task, calls, consumed)
