"""Reads the records of a sweep into frames: a row a sample, a row a run."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from gil_scaling import record
from gil_scaling.analysis import facts
from gil_scaling.analysis.columns import KEYS, TIMES
from gil_scaling.analysis.flags import flags, said
from gil_scaling.analysis.tables.budget import occupancy
from gil_scaling.analysis.tables.metrics import sum_counts
from gil_scaling.decode import decode
from gil_scaling.text import printable

KEY_NAMES = [column.name for column in KEYS]
TIME_NAMES = [column.name for column in TIMES]
_SWITCHES = ("voluntary_switches", "involuntary_switches")
_USED = (*TIME_NAMES, *_SWITCHES, "worker_peak_mb")

DAMAGED = "damaged"


@dataclass(frozen=True)
class Loaded:
    """The records of a sweep as frames.

    samples: a row a sample; runs: a row a run and use, with object columns `tasks` and `segments` (of the sample nearest
    to the run's median), `occupancy` (likewise), `durations` (a task's median time in s, by its number), `reference`,
    `counts` (as metrics.sum_counts gives them), `is_ceiling`, `no_speedup` and `usable_cpus`;
    builds: {name: facts}; machine: its label.
    """

    samples: pd.DataFrame
    runs: pd.DataFrame
    builds: dict
    machine: str


def load(plan_path):
    """The frames of the plan in results/<machine>/<sweep>/plan.json, with the records beside its folder."""
    plan = facts.known(Path(plan_path), facts.plan)
    folder = Path(plan_path).parent.parent
    builds = {}
    for name in plan["builds"]:
        build = facts.known(folder / name, facts.build_facts)
        builds[build["name"]] = build
    machine = facts.known(folder / "machine.json", facts.machine_facts, ["usable_cpus"])
    samples, runs, seen = [], [], {}
    for planned in plan["runs"]:
        found = _record(folder / "runs" / f"{planned['run']}.json", builds, seen)
        row = {
            **_run_row(found, builds, machine, planned["waits"]),
            "no_speedup": planned.get("no_speedup", False),
            "sharing": planned.get("sharing"),
        }
        own_samples = _sample_rows(found)
        for use in planned["uses"]:
            own = {"machine": plan["machine"], **use}
            runs.append({**row, **own})
            samples += [{**_keys(found), **sample, **own} for sample in own_samples]
    return Loaded(pd.DataFrame(samples), pd.DataFrame(runs), builds, plan["machine"])


def _record(path, builds, seen):
    """A record, or what stands for one that cannot be used; seen: {what was asked for: the run} of those before."""
    try:
        found = decode(path)
    except record.RecordError as error:
        return _damaged(path.stem, printable(str(error).replace(str(path), path.name)))
    asked = json.dumps(found["spec"], sort_keys=True)
    problems = {
        f"is the record of the run {found['run']}": found["run"] != path.stem,
        f"is of the build {found['spec']['python']}, which the plan does not name": found["spec"]["python"]
        not in builds,
        f"holds the same run as {seen.get(asked)}.json": asked in seen,
    }
    for problem, is_so in problems.items():
        if is_so:
            return _damaged(path.stem, f"{path.name}: {problem}")
    seen[asked] = path.stem
    return found


def _damaged(name, problem):
    spec = dict.fromkeys(record.Spec.__annotations__)
    spec.update(params={}, backend_params={}, start="natural", workers="default")
    blank = dict.fromkeys(record.Record.__annotations__)
    return {
        **blank,
        "run": name,
        "spec": spec,
        "status": DAMAGED,
        "reason": problem,
        "state": {},
        "call": {"id": None},
    }


def _keys(found):
    spec = found["spec"]
    asked = spec["workers"]
    measured = found["measured"]
    workers = measured["samples"][-1]["workers"] if measured else (asked if asked != "default" else math.nan)
    return {
        "python": spec["python"],
        "workload": spec["workload"],
        "params": json.dumps(spec["params"], sort_keys=True),
        "backend": spec["backend"],
        "backend_params": json.dumps(spec["backend_params"], sort_keys=True),
        "workers": workers,
        "workers_asked": str(asked),
        "switch_interval_s": spec["switch_interval_s"],
        "start": spec["start"],
        "scaling": spec["scaling"],
        "timed": "work" if spec["start"] == "together" else "total",
        "round": spec["round"],
        "run": found["run"],
    }


def _sample_rows(found):
    rows = []
    for number, sample in enumerate(found["measured"]["samples"] if found["measured"] else []):
        names = [*TIME_NAMES, "warmup", "workers_used", "start_method", *_SWITCHES]
        row = {name: sample.get(name) for name in names}
        row["worker_peak_mb"] = _largest(sample["worker_peak_mb"])
        cpu_s, work_s = sample["task_cpu_s"], sample["work_s"]
        row["cores_used"] = cpu_s / work_s if cpu_s is not None and work_s > 0 else None
        rows.append({**row, "sample": number})
    return rows


def _largest(values):
    """The largest of values that may be None, None where all are, or where there is no list."""
    return max((value for value in values or () if value is not None), default=None)


def _state_row(found):
    """What the record says of the machine's state, as columns; None where it does not."""
    before, after, meanwhile = (found["state"].get(part, {}) for part in ("before", "after", "meanwhile"))
    return {
        "load_1min": before.get("load_1min"),
        **{name: meanwhile.get(name) for name in ("other_cpu_s", "steal_s", "throttled_s")},
        "reference_loop_before_s": before.get("reference_loop_s"),
        "reference_loop_after_s": after.get("reference_loop_s"),
        "waited_s": found["waited_s"],
        "attempts": found["attempts"],
        "noise": said(found["noise"] or []),
    }


def _run_row(found, builds, machine, waits):
    row = {
        **_keys(found),
        "status": found["status"],
        "reason": found["reason"],
        "call": found["call"]["id"],
        "started": found["started"],
        "wall_s": found["wall_s"],
        "snakemake_cpu_s": found["snakemake_cpu_s"],
        **_state_row(found),
        "usable_cpus": _usable_cpus(found["spec"], machine),
        "source": _source(found["spec"]),
        "protocol": found["spec"]["protocol"],
    }
    if found["status"] != "ok":
        return row
    counted = [
        (sample, rest)
        for sample, rest in zip(found["measured"]["samples"], _sample_rows(found), strict=True)
        if not sample["warmup"]
    ]
    for name in _USED:
        values = [rest[name] for _, rest in counted]
        row[name] = None if None in values else median(values)
    own = [sample for sample, _ in counted]
    nearest = _nearest(own, f"{row['timed']}_s", row)
    return {
        **row,
        "gil": found["measured"]["gil_after"],
        "workers_used": min(sample["workers_used"] for sample in own),
        "start_method": nearest["start_method"],
        "peak_memory_mb": found["peak_memory_mb"],
        "memory_kind": found["memory_kind"],
        "clock_cost_s": found["measured"]["clock_cost_s"],
        "counts": sum_counts([sample["metrics"] for sample in own]),
        "metrics": json.dumps(median_metrics([sample["metrics"] for sample in own]), sort_keys=True),
        "flags": flags(found, own, builds[found["spec"]["python"]], math.inf if waits else row["usable_cpus"]),
        "occupancy": occupancy(nearest, row["timed"]),
        "tasks": nearest["tasks"],
        "segments": nearest["segments"],
        "durations": _durations(own),
    }


def _usable_cpus(spec, machine):
    return len(spec["cpus"]) if spec["cpus"] else machine["usable_cpus"]


def _source(spec):
    """What stands for the source of the workload, and of a backend of the user's own; None where it is not known."""
    return "+".join(filter(None, [spec["workload_digest"], spec["backend_digest"]])) or None


def _nearest(samples, timed, row):
    return min(samples, key=lambda sample: abs(sample[timed] - row[timed]))


def median_metrics(metrics):
    """The median of each metric over dictionaries of them; for words, the last."""
    result = {}
    for name in metrics[-1]:
        values = [one.get(name) for one in metrics]
        is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        result[name] = median(values) if is_number else values[-1]
    return result


def _durations(samples):
    """The median time of each task over the samples, by the task's number; None where samples lack some or all."""
    if any(sample["tasks"] is None for sample in samples):
        return None
    if len({tuple(sample["tasks"]["index"]) for sample in samples}) > 1:
        return None
    times = [np.subtract(sample["tasks"]["end_s"], sample["tasks"]["start_s"]) for sample in samples]
    return np.median(times, axis=0).tolist()
