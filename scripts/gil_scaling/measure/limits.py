"""Tells what a backend cannot do from what failed: by what was raised, and by how the same tasks do in sequence.

Objects that cannot be pickled or are bound to their thread, signal handlers outside the main thread, children of daemonic
processes, threads that an interpreter forbids, options that a pool rejects: these are no failures of the workload.
"""

import os
import pickle
import re

from gil_scaling.measure.check import Unsupported, run_in_sequence
from gil_scaling.measure.job import WorkerFailed
from gil_scaling.measure.reasons import format_exception, traceback_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gil_scaling.measure.interfaces import Record
    from gil_scaling.measure.job import Job

_SENDING = re.compile(r"pickl|serializ|shareable|cross-interpreter", re.IGNORECASE)  # in a traceback
_LIMIT = re.compile(  # in the message of an exception
    r"(main|same|different|another|wrong|current) thread|thread that created|daemonic process|daemon thread"
    r"|no (current|running) event loop|loop is already running|sub[-)]*interpreter|main interpreter|once per process|(event|different) loop|pickle|shareable|Can't get attribute"
)


_NEW_PROCESS = "the same tasks work sequentially; workers may import the workload anew, without what it, tasks() or context() set later"
_IN_SEQUENCE = {
    "threads": "the same tasks work sequentially; threads share globals, but not thread-local values and context variables",
    "coroutines": "the same tasks work sequentially",
    "processes": _NEW_PROCESS,
    "interpreters": _NEW_PROCESS,
}


def raise_limit(error: Exception, spec: "Record", kind: str, make_job: "Callable[[], Job]") -> None:
    """Raises Unsupported where the error of a sample is a limit of its backend, and the tasks work in sequence.

    Raises WorkerFailed, which says so, where the tasks work in sequence and the error is no known limit.

    kind: of the backend; make_job: makes the job of one more sample.
    """
    if kind == "sequential" or isinstance(error, MemoryError):
        return
    text = traceback_of(error)
    is_sent = kind in ("processes", "interpreters") and _SENDING.search(text)
    line = _raised(text)
    rejects = _rejects_options(error, spec, text)
    if _has_died(error):
        return
    try:
        results = run_in_sequence(make_job())
    except Exception:
        return  # the workload's own failure
    if is_sent:
        _check_pickled("arguments", make_job().arguments)
        _check_pickled("results", results)
    if rejects:
        raise Unsupported(f"the backend rejects {spec['backend_params']!r}: {line}") from error
    if _LIMIT.search(line):
        raise Unsupported(f"{line} (the same tasks work sequentially)") from error
    message = str(error) if isinstance(error, WorkerFailed) else format_exception(error)
    raise WorkerFailed(f"{message} ({_IN_SEQUENCE[kind]})", text) from error


def _raised(text: str) -> str:
    """The line of a traceback that names the exception: the first one about a limit, or the last."""
    lines = [
        line.partition("ExecutionFailed: ")[2] or line for line in text.splitlines() if re.match(r"[\w.]+: ", line)
    ]
    return next(filter(_LIMIT.search, lines), lines[-1] if lines else "")


def _has_died(error: Exception) -> bool:
    """Whether a worker died instead of raising: the same task would end this process, too."""
    from concurrent.futures import BrokenExecutor

    return isinstance(error, BrokenExecutor) or (isinstance(error, WorkerFailed) and not error.traceback)


def _rejects_options(error: Exception, spec: "Record", text: str) -> bool:
    """Whether a backend of ours failed before it ran a task, and has other options than the default."""
    is_ours = os.sep not in spec["backend_reference"]
    has_begun = "in run_tasks" in text
    return is_ours and bool(spec["backend_params"]) and isinstance(error, (TypeError, ValueError)) and not has_begun


def _check_pickled(what: str, values: "list[Any]") -> None:
    """Raises Unsupported for the first value that does not survive pickling."""
    for number, value in enumerate(values):
        try:
            pickle.loads(pickle.dumps(value))
        except Exception as error:
            reason = re.sub(" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")
            raise Unsupported(f"the {what} of tasks cannot be pickled (task {number}: {reason})") from error
