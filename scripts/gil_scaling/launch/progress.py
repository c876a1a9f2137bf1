"""The progress of a call of Snakemake: the line that is printed after each run."""

from __future__ import annotations

import json
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gil_scaling.launch.interfaces import CallInfo
    from gil_scaling.record import Record, Spec

VARIABLE = "GIL_SCALING_CALL"


def announce(runs: int, plan: str | os.PathLike[str], clock: Callable[[], float] = time.time) -> str:
    """Puts the call of Snakemake, its plan and its number of runs into the environment, for the jobs; returns its id."""
    now = clock()
    name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now))}-{os.getpid()}"
    call = make_call(name, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)), runs, str(plan))
    os.environ[VARIABLE] = json.dumps(call)
    return call["id"]


def make_call(name: str, began: str = "", runs: int = 1, plan: str = "") -> CallInfo:
    """The call of this process; by default one that measures one run after the other for no sweep."""
    host = os.uname().nodename
    return {"id": name, "time": began, "pid": os.getpid(), "host": host, "runs": runs, "plan": plan}


def current_call() -> CallInfo:
    """The call that this job belongs to."""
    call: CallInfo = json.loads(os.environ[VARIABLE])
    return call


def advance(call: CallInfo, started: float, clock: Callable[[], float] = time.time) -> tuple[int, float]:
    """Counts one more run of the call, started at the time `started`; returns (runs done, seconds left)."""
    path = os.path.join(os.path.dirname(call["plan"]), f"{call['id']}.progress")
    with open(path, "a+") as file:
        if not file.tell():
            file.write(f"{started}\n")
        file.write(f"{clock()}\n")
        file.seek(0)
        times = [float(line) for line in file]
    done = len(times) - 1
    return done, (times[-1] - times[0]) / done * max(call["runs"] - done, 0)


def outcome(result: Record) -> tuple[int | str, str]:
    """(number of workers, median time or what went wrong) of a run."""
    measured = result["measured"]
    if measured is None:
        last_line = (result["reason"] or "").strip().rpartition("\n")[2]
        return result["spec"]["workers"], f"{result['status']}: {last_line}"
    together = result["spec"]["start"] == "together"
    counted = [sample for sample in measured["samples"] if not sample["warmup"]]
    times = sorted(sample["work_s"] if together else sample["total_s"] for sample in counted)
    return counted[0]["workers"], duration(times[len(times) // 2])


def line(done: int, runs: int, spec: Spec, workers: int | str, outcome: str, left_s: float) -> str:
    """For example: [ 37/480] 3.14t py_loop thread w4 round 2: 0.53 s, about 3 min left."""
    width = len(str(runs))
    run = f"{spec['python']} {spec['workload']} {spec['backend']} w{workers} round {spec['round']}"
    left = "" if done >= runs else f", about {duration(max(1, round(left_s)))} left"
    return f"[{done:>{width}}/{max(runs, done)}] {run}: {outcome}{left}"


def write_line(text: str) -> None:
    """Writes a line to stderr if anybody reads it; sys.stderr would retry at exit, and then fail the job."""
    try:
        os.write(2, f"{text}\n".encode("utf-8", "backslashreplace"))
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
