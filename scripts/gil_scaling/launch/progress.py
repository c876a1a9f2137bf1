"""The call of Snakemake that jobs belong to, and the line that is shown after each run."""

from __future__ import annotations

import os
import time

from gil_scaling import quick_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gil_scaling.launch.interfaces import CallInfo
    from gil_scaling.record import Record, Spec

VARIABLE = "GIL_SCALING_CALL"
_CLEAR_LINE = "\r\x1b[K"


def announce(plan: str | os.PathLike[str], clock: Callable[[], float] = time.time) -> str:
    """Puts the call of Snakemake and its plan into the environment, for the jobs; returns its id."""
    now = clock()
    name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now))}-{os.getpid()}"
    call = make_call(name, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)), str(plan))
    os.environ[VARIABLE] = quick_json.dumps(call)
    return call["id"]


def make_call(name: str, began: str = "", plan: str = "") -> CallInfo:
    """The call of this process; by default one that measures one run after the other for no sweep."""
    host = os.uname().nodename
    return {"id": name, "time": began, "pid": os.getpid(), "host": host, "plan": plan}


def current_call() -> CallInfo:
    """The call that this job belongs to."""
    call: CallInfo = quick_json.loads(os.environ[VARIABLE])
    return call


def outcome(result: Record) -> tuple[int | str, str]:
    """(number of workers, median time or what went wrong) of a run."""
    measured = result["measured"]
    if measured is None:
        last_line = (result["reason"] or "").strip().rpartition("\n")[2]
        return result["spec"]["workers"], f"{result['status']}: {last_line}"
    return measured["samples"][-1]["workers"], duration(counted_s(result))


def counted_s(result: Record) -> float:
    """The median time of the samples of a run that is ok: their total, or the work of workers that started together."""
    samples = [sample for sample in (result["measured"] or {"samples": []})["samples"] if not sample["warmup"]]
    together = result["spec"]["start"] == "together"
    times = sorted(sample["work_s"] if together else sample["total_s"] for sample in samples)
    return times[len(times) // 2]


def line(
    done: int, runs: int, spec: Spec, workers: int | str, outcome: str, left: str = "", role: str = "", bound: str = ""
) -> str:
    """For example: [ 37/480] 3.14t py_loop process (ceiling) w4 round 2: 0.53 s, about 3 to 4 min left.

    left: the time that is left; role: of a run that the config does not ask for; bound: "up to " where there may be fewer runs.
    """
    width = len(str(runs))
    backend = f"{spec['backend']} ({role})" if role else spec["backend"]
    run = f"{spec['python']} {spec['workload']} {backend} w{workers} round {spec['round']}"
    return f"[{done:>{width}}/{bound}{runs}] {run}: {outcome}{f', {bound}about {left} left' if left and done < runs else ''}"


def write_line(text: str) -> None:
    """Writes a line to stderr if anybody reads it; sys.stderr would retry at exit, and then fail the job.

    On a terminal it takes the place of the line of progress.
    """
    try:
        start = _CLEAR_LINE if os.isatty(2) else ""
        os.write(2, f"{start}{text}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        pass


def duration(seconds: float) -> str:
    """A time for people: 0.53 s, 12 s, 3 min, 2 h 05 min."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms" if seconds < 0.1 else f"{seconds:.2g} s"
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
