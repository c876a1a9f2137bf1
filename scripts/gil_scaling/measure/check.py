"""Checks the results of samples: by the workload's own check, or against those of the same tasks in sequence."""

import hashlib
from reprlib import Repr

from gil_scaling.measure.backends import sequential
from gil_scaling.measure.digest import SIZE, digest_each
from gil_scaling.measure.reasons import describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gil_scaling.measure.job import Job
    from gil_scaling.measure.workload import Workload

_MAX_SHOWN = 100  # characters of a value in a reason
_FUTURES = (
    ("concurrent.futures._base", "Future"),
    ("multiprocessing.pool", "ApplyResult"),
    ("multiprocessing.pool", "MapResult"),
)
_LAZY = ("__await__", "__anext__", "__next__")  # what makes a type one whose work is done only on demand


class WrongResult(Exception):
    """The results of a sample are not what they must be."""


class Unsupported(Exception):
    """This build, system or backend cannot run the combination; the message says why."""


class Checker:
    """Checks the results of each sample as it comes, and compares them with those in sequence at the end.

    expected: the digest of the correct results, None where not known yet; make_job: makes the job of one more sample.
    Between two samples it keeps digests only: results would use memory, and slow down the next sample's garbage collection.
    """

    def __init__(self, workload: "Workload", expected: "str | None", make_job: "Callable[[], Job]") -> None:
        self._workload = workload
        self._expected = expected
        self._make_job = make_job
        self._has_check = hasattr(workload.module, "check")
        self._samples: list[bytes] = []  # the digests of each sample's results
        self._results: list[Any] = []  # of the latest sample

    def begin(self) -> None:
        """Forgets the results of the sample before."""
        self._results = []

    def add(self, results: "list[Any]", job: "Job") -> None:
        """Checks the results of a sample; raises WrongResult, or TypeError where they cannot be compared."""
        if len(results) != len(job.arguments):
            raise WrongResult(f"expected {len(job.arguments)} results, one per task; got {len(results)}")
        _check_done(results)
        try:
            returned = self._workload.call_hook("check", results, job.arguments, *job.shared.arguments())
        except Exception as error:
            raise WrongResult(describe(error, self._workload.reference)) from error
        if type(returned).__name__ in ("bool", "bool_") and not returned:  # numpy's, too
            raise WrongResult("check() returned False (it may also raise, with a message that says what is wrong)")
        if not self._has_check:
            self._results = results
            self._samples.append(digest_each(results))

    def finish(self, note: str) -> "str | None":
        """Compares all samples with the tasks in sequence; returns the digest of these, None for a workload with a check.

        note: what workers of this backend do not share with the parent, for the reason of a wrong result.
        """
        if self._has_check:
            return None
        sequence: list[Any] | None = None
        expected = self._expected
        if expected is None:
            sequence = run_in_sequence(self._make_job())
            expected = _combine(digest_each(sequence))
        wrong = [number for number, each in enumerate(self._samples) if _combine(each) != expected]
        if wrong:
            raise WrongResult(self._explain(wrong[-1], sequence or run_in_sequence(self._make_job()), note))
        return expected

    def _explain(self, number: int, sequence: "list[Any]", note: str) -> str:
        """Why the results of a sample are wrong: the first task that differs, with both values."""
        again = run_in_sequence(self._make_job())
        digests, own = digest_each(sequence), self._samples[number]
        task = _first_difference(digests, digest_each(again))
        if task is not None:
            values = _show_two("first", sequence[task], "then", again[task])
            return (
                f"task {task}, run twice sequentially, gave {values}: the results are random, or a task changes what the next "
                "execution finds. Add a check() to the workload, or seed it"
            )
        task = _first_difference(own, digests)
        if task is None:
            return (
                f"the results are those of this process in sequence (task 0: {_show(sequence[0])}), but another process "
                "gave others: they depend on the process or the time. Add a check() to the workload"
            )
        reason, remedy = (
            f"task {task} of sample {number} gave ",
            "if it may depend on the worker or the time, add a check()",
        )
        if number == len(self._samples) - 1:
            reason += _show_two("", self._results[task], "sequential gave", sequence[task])
        else:
            reason += f"another result than in later samples and in sequence: {_show(sequence[task])}"
        return f"{reason} ({note}; {remedy})" if note else f"{reason} ({remedy})"


def run_in_sequence(job: "Job") -> "list[Any]":
    """The results of a job's tasks, run one after the other in this thread."""
    return sequential.run(job).results


def _check_done(results: "list[Any]") -> None:
    """Raises TypeError for a coroutine, a generator, a future: nobody did the work of such a task, or somebody else does."""
    for kind in set(map(type, results)):
        if any(hasattr(kind, name) for name in _LAZY) and kind.__module__ in ("builtins", "itertools", "_asyncio"):
            remedy = "await it in a task_async" if hasattr(kind, "__await__") else "return a list of its items"
            raise TypeError(f"task returned a {kind.__name__}, whose work is not done yet: {remedy}")
        if (kind.__module__, kind.__name__) in _FUTURES:
            raise TypeError(f"task returned a {kind.__name__}, whose work may not be done yet: return its result")


def _combine(digests: bytes) -> str:
    return hashlib.sha256(digests).hexdigest()


def _first_difference(first: bytes, second: bytes) -> "int | None":
    """The index of the first task whose digests differ."""
    starts = range(0, len(first), SIZE)
    return next((at // SIZE for at in starts if first[at : at + SIZE] != second[at : at + SIZE]), None)


def _show_two(before: str, first: "Any", between: str, second: "Any") -> str:
    shown, other = _show(first), _show(second)
    note = " (they differ in what is not shown)" if shown == other else ""
    return f"{before} {shown}, {between} {other}{note}".strip()


def _show(value: "Any") -> str:
    return _Short().repr(value)


class _Short(Repr):
    """Values cut short; integers of thousands of digits, which Python refuses to print, in hexadecimal."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = _MAX_SHOWN

    def repr_int(self, value: int, level: int) -> str:
        """The value, or its first and last hexadecimal digits."""
        if value.bit_length() < 4 * _MAX_SHOWN:
            return repr(value)
        text = hex(value)
        return f"{text[:20]}…{text[-20:]} ({value.bit_length()} bits)"
