"""Reads the records of a sweep into frames: a row a sample, a row a run."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from scripts import record
from scripts.analysis.columns import KEYS, TIMES

KEY_NAMES = [column.name for column in KEYS]
TIME_NAMES = [column.name for column in TIMES]

DAMAGED = "damaged"

_TOO_SHORT = 100  # times what the clocks cost
_BUSY_SHARE, _BUSY_S = 0.01, 0.002
_ONE_THREAD = ("sequential", "asyncio")


@dataclass(frozen=True)
class Loaded:
    """The records of a sweep as frames.

    samples: a row a sample; runs: a row a run and use, with object columns `tasks` and `segments` (of the sample nearest
    to the run's median), `durations` (a task's median time in s, by its number), `reference`, `is_ceiling`, `no_speedup`
    and `usable_cpus`;
    builds: {name: facts}.
    """

    samples: pd.DataFrame
    runs: pd.DataFrame
    builds: dict


def load(plan_path):
    """The frames of the plan in results/<machine>/<sweep>/plan.json, with the records beside its folder."""
    plan = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    folder = Path(plan_path).parent.parent
    builds = {}
    for name in plan["builds"]:
        build = json.loads((folder / name).read_text(encoding="utf-8"))
        builds[build["name"]] = build
    machine = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    samples, runs = [], []
    for planned in plan["runs"]:
        path = folder / "runs" / f"{planned['run']}.json"
        try:
            found = record.read(path)
        except record.RecordError as error:
            found = _damaged(planned["run"], str(error).replace(str(path), path.name))
        row = {
            **_run_row(found, builds, machine, planned["waits"]),
            "no_speedup": planned.get("no_speedup", False),
        }
        own_samples = _sample_rows(found)
        for use in planned["uses"]:
            own = {"machine": plan["machine"], **use}
            runs.append({**row, **own})
            samples += [{**_keys(found), **sample, **own} for sample in own_samples]
    return Loaded(pd.DataFrame(samples), pd.DataFrame(runs), builds)


def _damaged(name, problem):
    spec = dict.fromkeys([field.name for field in record.SPEC_FIELDS])
    spec.update(params={}, backend_params={}, start="natural", workers="default")
    state = {"before": {"load_1min": None}}
    blank = dict.fromkeys([field.name for field in record.FIELDS])
    return {
        **blank,
        "run": name,
        "spec": spec,
        "status": DAMAGED,
        "reason": problem,
        "state": state,
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
        names = [*TIME_NAMES, "warmup", "workers_used", "start_method"]
        row = {name: sample.get(name) for name in names}
        cpu_s, work_s = sample["task_cpu_s"], sample["work_s"]
        row["cores_used"] = cpu_s / work_s if cpu_s is not None and work_s > 0 else None
        rows.append({**row, "sample": number})
    return rows


def _run_row(found, builds, machine, waits):
    row = {
        **_keys(found),
        "status": found["status"],
        "reason": found["reason"],
        "call": found["call"]["id"],
        "started": found["started"],
        "wall_s": found["wall_s"],
        "snakemake_cpu_s": found["snakemake_cpu_s"],
        "load_1min": found["state"]["before"].get("load_1min"),
        "usable_cpus": _usable_cpus(found["spec"], machine),
    }
    if found["status"] != "ok":
        return row
    counted = [
        (sample, rest)
        for sample, rest in zip(found["measured"]["samples"], _sample_rows(found), strict=True)
        if not sample["warmup"]
    ]
    for name in TIME_NAMES:
        values = [rest[name] for _, rest in counted]
        row[name] = None if None in values else median(values)
    nearest = _nearest([sample for sample, _ in counted], f"{row['timed']}_s", row)
    return {
        **row,
        "workers_used": min(sample["workers_used"] for sample, _ in counted),
        "start_method": nearest["start_method"],
        "peak_memory_mb": found["peak_memory_mb"],
        "memory_kind": found["memory_kind"],
        "clock_cost_s": found["measured"]["clock_cost_s"],
        "metrics": json.dumps(median_metrics([sample["metrics"] for sample, _ in counted]), sort_keys=True),
        "flags": _flags(found, counted, builds[found["spec"]["python"]], math.inf if waits else row["usable_cpus"]),
        "tasks": nearest["tasks"],
        "segments": nearest["segments"],
        "durations": _durations([sample for sample, _ in counted]),
    }


def _usable_cpus(spec, machine):
    return len(spec["cpus"]) if spec["cpus"] else machine["usable_cpus"]


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


def _flags(found, counted, build, usable_cpus):
    measured, spec = found["measured"], found["spec"]
    samples = [sample for sample, _ in counted]
    seen = {measured["gil_before"], measured["gil_after"], *(gil for sample in samples for gil in sample["gil"])}
    flags = []
    if seen != {build["gil"]}:
        flags.append("gil_differs" if build["gil"] else "gil_reenabled")
    asked = spec["switch_interval_s"]
    read_back = [value for sample in samples for value in sample["switch_intervals_s"]]
    if asked is not None and any(abs(value - asked) > 1e-6 for value in read_back):
        flags.append("interval_differs")
    used = min(sample["workers_used"] for sample in samples)
    if used < samples[-1]["workers"]:
        flags.append("idle_workers")
    if used > usable_cpus and spec["backend"] not in _ONE_THREAD:
        flags.append("oversubscribed")
    if _median_task_s(samples) < _TOO_SHORT * measured["clock_cost_s"]:
        flags.append("too_short")
    snakemake = found["snakemake_cpu_s"]
    if snakemake is not None and snakemake > max(_BUSY_S, _BUSY_SHARE * found["wall_s"]):
        flags.append("snakemake_busy")
    return flags


def _median_task_s(samples):
    last = samples[-1]
    if last["tasks"] is None:
        return median(worker["quantiles_s"][2] for worker in last["task_summary"])
    return median(np.subtract(last["tasks"]["end_s"], last["tasks"]["start_s"]).tolist())
