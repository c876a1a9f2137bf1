"""The backends as they are written by hand, in a program of its own: for workloads whose tasks fail or die on purpose.

`python -m gil_scaling.measure.workloads._by_hand FOLDER` runs what FOLDER/order.json asks for. Each task tells of its start
and end in FOLDER/told, a line of JSON each; what the caller sees of a failure comes there too, if the caller lives on.
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

_NOTHING, _WAITS = "nothing", "nothing: it waits for ever"
DONE, FAILED, CUT_OFF, NOT_BEGUN = "done", "failed", "cut off", "not begun"

_PATIENCE_S = 1.0  # after a failure; a caller that still waits then is taken to wait for ever


def available(backend, by_hand):
    """None, or that the backend has no form by hand."""
    return None if by_hand else f"backend {backend!r} has no form by hand"


def run(backend, job, consumed):
    """Runs the job by hand in a program of its own; each task's result is its state and what the caller saw.

    consumed: whether the caller asks for the results, where the backend leaves it the choice.
    """
    with tempfile.TemporaryDirectory() as folder:
        order = {
            "backend": backend,
            "workers": job.workers_or_one_a_task(),
            "consumed": consumed,
            "arguments": job.arguments,
            "reference": job.setting.workload.reference,
            "switch_interval_s": job.setting.switch_interval_s,
        }
        with open(f"{folder}/order.json", "w") as file:
            json.dump(order, file)
        program = subprocess.run(
            [sys.executable, "-m", __name__, folder],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=60,
        )
        told = _told(folder)
    caller = _caller(told, program)
    pairs = [(index, (state, caller)) for index, state in _states(told, len(job.arguments))]
    reports = _reports(told)
    return Outcome(reports, pairs, max(len(reports), job.workers_or_one_a_task()))


def _caller(told, program):
    """What the caller saw, how long after the failure, and what became of its program."""
    failed_at = [line["at"] for line in told if line["what"] == "fails"]
    if not failed_at:
        raise RuntimeError(f"no task failed; {program.stderr.decode()[-1000:]}")
    end = next((line for line in told if line["what"] == "ends"), None)
    if end is None:
        code = program.returncode
        seen, after_s = "its own death", None
        became = f"died by {signal.Signals(-code).name}" if code < 0 else f"died with exit code {code}"
    else:
        seen, became = end["seen"], "lived on"
        after_s = None if seen in (_NOTHING, _WAITS) else end["at"] - failed_at[0]
    return {"seen": seen, "seen_after_s": after_s, "program": became, "on_stderr": bool(program.stderr.strip())}


def _states(told, count):
    states = dict.fromkeys(range(count), NOT_BEGUN)
    for line in told:
        if line["what"] in _STATE_AFTER:
            states[line["index"]] = _STATE_AFTER[line["what"]]
    return states.items()


_STATE_AFTER = {"begins": CUT_OFF, "fails": FAILED, "done": DONE}


def _reports(told):
    """A report a worker, of the tasks that ended or failed."""
    begun = {line["index"]: line for line in told if line["what"] == "begins"}
    reports = {}
    for line in told:
        if line["what"] not in ("done", "fails"):
            continue
        begin = begun[line["index"]]
        report = reports.setdefault(tuple(begin["worker"]), Report(tuple(begin["worker"])))
        report.gil_before, report.switch_interval_s = begin["gil"], begin["switch_interval_s"]
        report.tasks.append((line["index"], begin["at"], line["at"], None))
    return list(reports.values())


# ---- the program


class StillWaiting(Exception):
    """The caller has waited for as long as we had patience."""


def main(folder):
    """Runs the order and tells what the caller saw."""
    with open(f"{folder}/order.json") as file:
        order = json.load(file)
    if order["switch_interval_s"] is not None:
        sys.setswitchinterval(order["switch_interval_s"])
    calls = [(folder, order["reference"], index, argument) for index, argument in enumerate(order["arguments"])]
    signal.signal(signal.SIGALRM, lambda *_: _lose_patience(folder))
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S, _PATIENCE_S / 10)
    backend = load_backend(order["backend"])
    form = task_async if backend.kind == "coroutines" else task
    try:
        seen = backend.by_hand(form, calls, order["workers"], order["consumed"]) or _NOTHING
    except StillWaiting:
        seen = _WAITS
    except Exception as error:
        seen = f"{type(error).__name__}: {error}".partition("\n")[0]
    _tell(folder, what="ends", seen=seen)


def _lose_patience(folder):
    """Ends the waiting of the caller, who runs in this thread, once a failure is long enough ago."""
    failed_at = [line["at"] for line in _told(folder) if line["what"] == "fails"]
    if failed_at and time.perf_counter() - failed_at[0] > _PATIENCE_S:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise StillWaiting


def _told(folder):
    try:
        with open(f"{folder}/told") as file:
            return list(map(json.loads, file))
    except FileNotFoundError:
        return []


def _tell(folder, **said):
    """Appends a line, which the system keeps whole whoever else writes, also when the writer dies after it."""
    line = json.dumps({"at": time.perf_counter(), **said}).encode() + b"\n"
    file = os.open(f"{folder}/told", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)
    os.close(file)


def task(call):
    """One task of the workload, which tells of its start and end."""
    folder, reference, index, argument = call
    failing = _begin(folder, index)
    _workload(reference).task(argument, failing)
    _tell(folder, what="done", index=index)


async def task_async(call):
    """The same in its coroutine form."""
    folder, reference, index, argument = call
    failing = _begin(folder, index)
    await _workload(reference).task_async(argument, failing)
    _tell(folder, what="done", index=index)


def _workload(reference):
    return importlib.import_module(f"gil_scaling.measure.workloads.{reference}")


def _begin(folder, index):
    """Tells that a task begins; returns what the task calls just before it fails."""
    worker = (os.getpid(), threading.get_ident())
    facts = {"gil": gil_enabled(), "switch_interval_s": sys.getswitchinterval()}
    _tell(folder, what="begins", index=index, worker=worker, **facts)
    return lambda: _tell(folder, what="fails", index=index)


if __name__ == "__main__":
    main(sys.argv[1])
