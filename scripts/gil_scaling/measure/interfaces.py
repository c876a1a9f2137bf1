"""Types of what the measuring side passes around; imported by type checkers only, so that no run pays for typing."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any as Any
from typing import Optional, Protocol

from gil_scaling.measure.job import Job as Job
from gil_scaling.measure.job import Outcome as Outcome

Notify = Callable[[str], None]  # sends an event to the launcher
Task = tuple[int, Any]  # (index, argument)
Result = tuple[int, Any]  # (index, result)
TaskTime = tuple[int, float, float, Optional[float]]  # (index, start, end, CPU time), in seconds of the clock

# (CPU seconds, voluntary context switches, involuntary ones, peak memory in MiB); None: unknown
Usage = tuple[float, Optional[int], Optional[int], float]
HookTime = tuple[float, float]  # of before_sample: wall-clock and CPU seconds
PlainSettings = tuple[str, Optional[float], int]  # arguments of worker.load_settings
ReportState = tuple[Any, Optional[int], tuple[TaskTime, ...], tuple[Any, ...]]  # as pickled

Record = dict[str, Any]  # a part of a run record, or the spec of a run
TaskFunction = Callable[..., Any]
Calls = list[Any]  # the arguments of a task function, of hand-written forms
CoroutineFunction = Callable[..., Awaitable[Any]]

# (head, children, size of the groups of children whose order does not count; 0: the order counts), see digest.py
Node = tuple[bytes, Iterable[Any], int]


class Backend(Protocol):
    """A backend file: what it declares, and how it runs a job."""

    kind: str
    one_thread_per_gil: bool
    together: bool
    by_hand: Optional[Callable[[TaskFunction, Calls, int, bool], Optional[str]]]

    def run(self, job: Job, **params: Any) -> Any:
        """Runs the job; returns an Outcome, or what the job's calls returned."""


class Barrier(Protocol):
    """A barrier of threading or multiprocessing."""

    def wait(self) -> int:
        """Waits until all workers are there."""

    def abort(self) -> None:
        """Releases all waiting workers with an error."""


class HasTask(Protocol):
    """What a worker needs of a workload."""

    has_shared: bool
    is_coroutine: bool
    opened: tuple[Optional[int], Any]

    @property
    def module(self) -> Any:
        """The workload's file, loaded."""

    @property
    def task(self) -> Callable[..., Any]:
        """Runs one task."""

    @property
    def task_async(self) -> Optional[CoroutineFunction]:
        """Runs one task as a coroutine."""
