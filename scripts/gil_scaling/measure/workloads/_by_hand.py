"""Runs the hand-written forms of the backends in a separate program, for workloads whose tasks fail or die on purpose.

`python -m gil_scaling.measure.workloads._by_hand FOLDER` runs FOLDER/spec.json. Each task logs its start and end in
FOLDER/events, one JSON object per line; if the caller survives, it adds what it saw of the failure.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from gil_scaling.measure.job import Outcome
from gil_scaling.measure.worker import Report, gil_enabled
from gil_scaling.measure.workload import load_backend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gil_scaling.measure.interfaces import Record
    from gil_scaling.measure.job import Job

    Call = tuple[str, str, int, Any]  # (folder, workload, index, argument)

_NOTHING, _WAITS, _DIES = "nothing", "nothing: it waits forever", "nothing: it dies"
DONE, FAILED, INTERRUPTED, NOT_STARTED = "done", "failed", "interrupted", "not started"

_PATIENCE_S = 1.0  # a caller that still waits so long after the last sign of a task counts as waiting forever


def available(backend: str, by_hand: "Any") -> "str | None":
    """None, or that the backend has no hand-written form."""
    return None if by_hand else f"backend {backend!r} has no hand-written form"


def run(backend: str, job: "Job", consumed: bool) -> Outcome:
    """Runs the job in a program of its own; each task's result is its state and what the caller saw.

    backend: its name or path; consumed: whether the caller asks for the results, where the backend leaves it the choice.
    """
    with tempfile.TemporaryDirectory() as folder:
        spec = {
            "backend": backend,
            "workers": job.worker_count(),
            "consumed": consumed,
            "arguments": job.arguments,
            "reference": job.settings.plain()[0],
            "switch_interval_s": job.settings.switch_interval_s,
        }
        with open(f"{folder}/spec.json", "w") as file:
            json.dump(spec, file)
        program = subprocess.run(
            [sys.executable, "-m", __name__, folder],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=60,
        )
        events = _read_events(folder)
    caller = _describe_caller(events, program)
    results = [(index, (state, caller)) for index, state in _states(events, len(job.arguments)).items()]
    reports = _reports(events)
    return Outcome(reports, results, max(len(reports), job.worker_count()))


def _describe_caller(events: "list[Record]", program: subprocess.CompletedProcess[bytes]) -> "Record":
    """What the caller saw, how long after the failure, and how its program ended."""
    failed_at = [event["at"] for event in events if event["event"] == "failure"]
    if not failed_at:
        raise RuntimeError(f"no task failed; {program.stderr.decode()[-1000:]}")
    end = next((event for event in events if event["event"] == "end"), None)
    seen, after_s, status = _DIES, None, "survived"
    if end is None:
        code = program.returncode
        status = f"killed by {signal.Signals(-code).name}" if code < 0 else f"died with exit code {code}"
    else:
        seen = end["seen"]
        after_s = None if seen in (_NOTHING, _WAITS) else end["at"] - failed_at[0]
    return {"seen": seen, "seen_after_s": after_s, "program": status, "on_stderr": bool(program.stderr.strip())}


def _states(events: "list[Record]", count: int) -> dict[int, str]:
    states = dict.fromkeys(range(count), NOT_STARTED)
    for event in events:
        if event["event"] in _STATE_AFTER:
            states[event["index"]] = _STATE_AFTER[event["event"]]
    return states


_STATE_AFTER = {"start": INTERRUPTED, "failure": FAILED, "done": DONE}


def _reports(events: "list[Record]") -> list[Report]:
    """A report per worker, of the tasks that ended or failed."""
    starts = {event["index"]: event for event in events if event["event"] == "start"}
    reports: dict[tuple[int, int], Report] = {}
    for event in events:
        if event["event"] not in ("done", "failure"):
            continue
        start = starts[event["index"]]
        key = tuple(start["worker"])
        report = reports.setdefault(key, Report(key))
        report.gil_before, report.switch_interval_s = start["gil"], start["switch_interval_s"]
        report.tasks.append((event["index"], start["at"], event["at"], None))
    return list(reports.values())


# ---- the program


class StillWaiting(Exception):
    """The caller has waited longer than our patience."""


def main(folder: str) -> None:
    """Runs the spec and logs what the caller saw."""
    with open(f"{folder}/spec.json") as file:
        spec = json.load(file)
    if spec["switch_interval_s"] is not None:
        sys.setswitchinterval(spec["switch_interval_s"])
    calls = [(folder, spec["reference"], index, argument) for index, argument in enumerate(spec["arguments"])]
    signal.signal(signal.SIGALRM, lambda *_: _stop_waiting(folder))
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S, _PATIENCE_S / 10)
    backend = load_backend(spec["backend"])
    function = task_async if backend.kind == "coroutines" else task
    try:
        seen = (backend.by_hand and backend.by_hand(function, calls, spec["workers"], spec["consumed"])) or _NOTHING
    except Exception as error:
        seen = f"{type(error).__name__}: {error}".partition("\n")[0]
    if signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0):  # not by the exception: `with lock` may turn it into its own
        seen = _WAITS
    _log(folder, event="end", seen=seen)


def _stop_waiting(folder: str) -> None:
    """Ends the waiting of the caller, who runs in this thread, if after a failure no task starts or ends any more."""
    events = _read_events(folder)
    if not any(event["event"] == "failure" for event in events):
        return
    longest_s = max(end - start for report in _reports(events) for _, start, end, _ in report.tasks)
    if time.perf_counter() - events[-1]["at"] > _PATIENCE_S + longest_s:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise StillWaiting


def _read_events(folder: str) -> "list[Record]":
    try:
        with open(f"{folder}/events") as file:
            return list(map(json.loads, file))
    except FileNotFoundError:
        return []


def _log(folder: str, **event: "Any") -> None:
    """Appends a line in one write, so that it stays whole whoever else writes, also when the writer dies after it."""
    line = json.dumps({"at": time.perf_counter(), **event}).encode() + b"\n"
    file = os.open(f"{folder}/events", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)
    os.close(file)


def task(call: "Call") -> None:
    """One task of the workload, which logs its start and end."""
    folder, reference, index, argument = call
    on_failure = _start(folder, index)
    _workload(reference).task(argument, on_failure)
    _log(folder, event="done", index=index)


async def task_async(call: "Call") -> None:
    """The same in its coroutine form."""
    folder, reference, index, argument = call
    on_failure = _start(folder, index)
    await _workload(reference).task_async(argument, on_failure)
    _log(folder, event="done", index=index)


def _workload(reference: str) -> "Any":
    return importlib.import_module(f"gil_scaling.measure.workloads.{reference}")


def _start(folder: str, index: int) -> "Callable[[], None]":
    """Logs that a task starts; returns what the task calls just before it fails."""
    worker = (os.getpid(), threading.get_ident())
    facts = {"gil": gil_enabled(), "switch_interval_s": sys.getswitchinterval()}
    _log(folder, event="start", index=index, worker=worker, **facts)
    return lambda: _log(folder, event="failure", index=index)


if __name__ == "__main__":
    main(sys.argv[1])
