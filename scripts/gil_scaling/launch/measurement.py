"""Measures one run: starts the build, watches the machine meanwhile, and makes the record, whatever happens."""

from __future__ import annotations

import os
import time

from gil_scaling import __version__, quick_json, record
from gil_scaling.launch import disturbance, environment, processes, run_folder, sources, supervisor
from gil_scaling.text import printable, scrub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from gil_scaling.launch.interfaces import CallInfo, Entry

    Outcome = tuple[str, "str | None", Any]

_MAX_KEPT = 2_000  # characters of stderr and of a reason in the record


def measure_when_quiet(entry: Entry, call: CallInfo, expected: str | None) -> record.Record:
    """The record of a run: after waiting for a quiet machine, or of the last of several attempts, as the config asks.

    expected: the digest of the correct results, None where not known yet.
    """
    waited_s, attempts = 0.0, 1
    if entry["on_noise"] == "wait":
        waited_s = disturbance.wait_for_quiet(_cpus_of(entry), lambda: processes.own_cpu_s(call))
    result = measure(entry, call, expected)
    while entry["on_noise"] == "repeat" and attempts <= disturbance.REPEAT_LIMIT and _is_unsteady(result):
        attempts += 1
        result = measure(entry, call, expected)
    return {**result, "waited_s": waited_s, "attempts": attempts}


def _is_unsteady(result: record.Record) -> bool:
    flags = {noise["flag"] for noise in result["noise"]}
    return result["status"] == "ok" and not flags.isdisjoint(disturbance.UNSTEADY)


def measure(entry: Entry, call: CallInfo, expected: str | None) -> record.Record:
    """The record of a run that is measured now."""
    watch = _watch(entry, call)
    stamps = sources.read_stamps(sources.stamps_path(call["plan"])) if call["plan"] else {}
    changed = sources.changed(entry["sources"], stamps)
    ended, result = (supervisor.Ended(), None) if changed else _run_build(entry, expected, "run")
    output = ended.output.decode("utf-8", "replace")
    changed = changed or sources.changed(entry["sources"], stamps)  # while it was measured
    status, reason = ("failed", _of_changed(changed)) if changed else judge(entry, ended, result, output)
    measured = result.get("measured") if result and status == "ok" else None
    return _validated(_make_record(entry, call, watch, ended, output, status, reason, measured))


def _of_changed(names: list[str]) -> str:
    return f"{', '.join(names)} changed since the plan was made; the next call measures what is there then"


def record_killed_launcher(entry: Entry, call: CallInfo, number: int) -> record.Record:
    """The record of a run whose launcher was killed by a signal."""
    reason = f"the launcher was killed by {_signal_name(number)} (by the workload, or the out-of-memory killer)"
    return record_unmeasured(entry, call, "crashed", reason)


def record_unmeasured(entry: Entry, call: CallInfo, status: str, reason: str) -> record.Record:
    """The record of a run that was not measured, or not to its end."""
    return _validated(_make_record(entry, call, _watch(entry, call), supervisor.Ended(), "", status, reason, None))


def _watch(entry: Entry, call: CallInfo) -> disturbance.Watch:
    path = os.path.join(os.path.dirname(call["plan"]), f"{call['id']}.loop") if call["plan"] else None
    return disturbance.Watch(
        _cpus_of(entry), lambda: processes.own_cpu_s(call), lambda: processes.snakemake_cpu_s(call), path
    )


def _cpus_of(entry: Entry) -> list[int]:
    """The ids of the CPUs that a run may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(entry["spec"]["cpus"] or os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def measure_sending(entry: Entry) -> Any:
    """What sending the tasks of a run to another process takes, as measure.sending returns it; None where it fails."""
    _, result = _run_build(entry, None, "send")
    return result and result.get("measured")


def explain(entry: Entry, stamps: Mapping[str, list[int] | None], command: str, facts: dict[str, Any]) -> Outcome:
    """(status, reason, what was measured) of an extra run that explains a combination: a command of measure/__main__.py.

    stamps: of the sources, as sources.stamps returns them; facts: of the run, which the build gets with its spec.
    """
    changed = sources.changed(entry["sources"], stamps)
    if changed:
        return "failed", _of_changed(changed), None
    given = {**facts, "command": entry["command"], "limit_s": entry["timeout_s"]}
    ended, result = _run_build(entry, None, command, given)
    status, reason = judge(entry, ended, result, ended.output.decode("utf-8", "replace"))
    changed = sources.changed(entry["sources"], stamps)
    if changed:
        status, reason = "failed", _of_changed(changed)
    return status, reason and _clean_reason(reason), result.get("measured") if result and status == "ok" else None


def _run_build(
    entry: Entry, expected: str | None, command: str, facts: Mapping[str, Any] | None = None
) -> tuple[supervisor.Ended, dict[str, Any] | None]:
    """Runs the build with a temporary folder, and a command of measure/__main__.py; returns how it ended, and its result."""
    references = {"reference": entry["reference"], "backend_reference": entry["backend_reference"]}
    settings = {"directory": os.getcwd(), "expected": expected, "thread_limits": environment.THREAD_LIMITS}
    spec = {**entry["spec"], **references, **settings, **(facts or {})}
    with run_folder.RunFolder(spec) as folder:
        if entry["rejected"]:
            return supervisor.Ended(), None
        program = [*entry["command"], "-m", "gil_scaling.measure", command, folder]
        variables = environment.environment(entry["env"], entry["spec"]["round"])
        variables[processes.FOLDER_VARIABLE] = folder
        variables["TMPDIR"] = variables.get("TMPDIR") or folder
        ended = supervisor.run(program, variables, folder, entry["timeout_s"])
        return ended, run_folder.read_result(folder)


def judge(entry: Entry, ended: supervisor.Ended, result: dict[str, Any] | None, output: str) -> tuple[str, str | None]:
    """The status of a run and its reason, from how the build ended and what it returned."""
    if entry["rejected"]:
        return "unsupported", entry["rejected"]
    if ended.problem:
        return "crashed", f"cannot be started: {ended.problem}"
    if ended.timed_out:
        return "timeout", f"exceeded the time limit of {entry['timeout_s']:g} s"
    if ended.exit_code is not None and ended.exit_code < 0 and not ended.lingered:
        return "crashed", f"killed by {_signal_name(-ended.exit_code)}"
    if result is None:
        last_line = output.strip().rpartition("\n")[2]
        return "crashed", f"exited with code {ended.exit_code} without a result: {last_line}".rstrip(": ")
    return result["status"], result.get("reason")


def _signal_name(number: int) -> str:
    import signal  # here, because few runs need it

    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _make_record(
    entry: Entry,
    call: CallInfo,
    watch: disturbance.Watch,
    ended: supervisor.Ended,
    output: str,
    status: str,
    reason: str | None,
    measured: Any,
) -> record.Record:
    """The record of a run that has just ended."""
    seconds, microseconds = divmod(watch.started_ns // 1000, 1_000_000)
    seen = watch.stop(ended.cpu_s)
    return {
        "format": record.FORMAT,
        "gil_scaling": __version__,
        "run": entry["run"],
        "spec": entry["spec"],
        "status": status,
        "reason": reason and _clean_reason(reason),
        "call": {"id": call["id"], "time": call["time"], "host": os.uname().nodename},
        "started": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{microseconds:06}Z",
        "wall_s": ended.wall_s,
        "exit_code": ended.exit_code,
        "stderr_tail": output and _clean(output)[-_MAX_KEPT:],
        "snakemake_cpu_s": seen.snakemake_cpu_s,
        "state": seen.state,
        "noise": seen.noise,
        "waited_s": 0.0,
        "attempts": 1,
        "peak_memory_mb": ended.peak_memory_mb,
        "memory_kind": ended.memory_kind,
        "measured": measured,
    }


def _clean(text: str) -> str:
    return printable(scrub(text))


def _clean_reason(text: str) -> str:
    return _shorten(_clean(_shorten(text, 10 * _MAX_KEPT)), _MAX_KEPT)


def _shorten(text: str, length: int) -> str:
    """The beginning and the end of a long text."""
    return text if len(text) <= length else f"{text[: length // 2]} … {text[-length // 2 :]}"


def _validated(result: record.Record) -> record.Record:
    """The record, or that of a failed run where the build returned what a record cannot hold."""
    try:
        record.check(result)
        quick_json.dumps(result, allow_nan=False)
    except (record.RecordError, ValueError, RecursionError) as error:
        reason = _clean_reason(f"the build returned an invalid result: {error}")
        return {**result, "status": "failed", "reason": reason, "measured": None}
    return result
