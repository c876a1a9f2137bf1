"""multiprocessing.Process with the start method forkserver: forked from a small server process, which is started once."""

from gil_scaling.measure import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Calls, Job, Outcome, TaskFunction

kind = "processes"
one_thread_per_gil = True
together = True
snippet = """\
from multiprocessing import get_context


def work(number, share, queue):
    queue.put((number, [task(argument) for argument in share]))


if __name__ == "__main__":
    context = get_context("forkserver")
    queue = context.SimpleQueue()
    shares = [arguments[number::{workers}] for number in range({workers})]
    processes = [context.Process(target=work, args=(*numbered, queue)) for numbered in enumerate(shares)]
    for process in processes:
        process.start()
    results = [None] * len(arguments)
    for _ in processes:
        number, own = queue.get()
        results[number::{workers}] = own
    for process in processes:
        process.join()
"""


def available() -> "str | None":
    """None, or why this system cannot."""
    return processes.available("forkserver")


def run(job: "Job") -> "Outcome":
    """Runs the tasks in one new process per worker."""
    return processes.run(job, "forkserver")


def by_hand(task: "TaskFunction", calls: "Calls", workers: int, consumed: bool) -> "str | None":
    """One process per call."""
    return processes.by_hand(task, calls, consumed, "forkserver")
