"""Turns one run record into the rows of the frames: one per run, one per sample."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from statistics import median
from typing import Any

import msgspec
import numpy as np

from gil_scaling.analysis.columns import DAMAGED, TIMES
from gil_scaling.analysis.documents import Build, PlannedRun
from gil_scaling.analysis.flags import describe_noise, find_flags, find_gil_modules
from gil_scaling.analysis.occupancy import occupancy

_TIME_NAMES = [column.name for column in TIMES]
_SWITCHES = ("voluntary_switches", "involuntary_switches")
USED_COLUMNS = (*_TIME_NAMES, *_SWITCHES, "worker_peak_mb")
SAMPLE_COLUMNS = (*USED_COLUMNS, "sample", "warmup", "workers_used", "start_method")


MEASURED_COLUMNS = (
    *USED_COLUMNS,
    *(
        "gil",
        "workers_used",
        "start_method",
        "peak_memory_mb",
        "memory_kind",
        "clock_cost_s",
        "gil_modules",
        "thread_libraries",
        "task_count",
        "metrics",
        "counts",
        "flags",
    ),
    *("occupancy", "tasks", "segments", "durations"),
)


def damaged_record(run: str, problem: str) -> dict[str, Any]:
    """What stands for the record of a run that cannot be used: nothing is known of it but its name and the problem."""
    spec: dict[str, Any] = dict.fromkeys(
        (
            "python",
            "workload",
            "backend",
            "switch_interval_s",
            "round",
            "protocol",
            "cpus",
            "workload_digest",
            "backend_digest",
        )
    )
    spec.update(params={}, backend_params={}, start="natural", scaling="strong", workers="default")
    times = dict.fromkeys(("started", "wall_s", "snakemake_cpu_s", "waited_s", "attempts"))
    return {
        **times,
        "run": run,
        "spec": spec,
        "status": DAMAGED,
        "reason": problem,
        "state": {},
        "noise": [],
        "call": {"id": None, "host": None},
        "measured": None,
    }


def make_run_row(
    record: dict[str, Any], planned: PlannedRun, build: Build | None, usable_cpus: int | None
) -> dict[str, Any]:
    """The row of a run: columns of runs.csv, and objects for the tables as read.Frames names them.

    build: the facts of its build; usable_cpus: CPUs of the machine, None where not known.
    """
    spec, measured = record["spec"], record["measured"]
    asked = spec["workers"]
    workers = measured["samples"][-1]["workers"] if measured else (asked if asked != "default" else math.nan)
    usable = len(spec["cpus"]) if spec["cpus"] else usable_cpus or math.nan
    row = {
        "run": planned.run,
        "waits": planned.waits,
        "no_speedup": planned.no_speedup,
        "sharing": planned.sharing,
        "better": planned.better,
        "counterpart": planned.counterpart,
        "backend_kind": planned.backend_kind,
        "python": spec["python"],
        "workload": spec["workload"],
        "params": _as_text(msgspec.json.encode(spec["params"])),
        "backend": spec["backend"],
        "backend_params": _as_text(msgspec.json.encode(spec["backend_params"])),
        "workers": workers,
        "workers_asked": str(asked),
        "switch_interval_s": spec["switch_interval_s"],
        "start": spec["start"],
        "scaling": spec["scaling"],
        "timed": "work" if spec["start"] == "together" else "total",
        "round": spec["round"],
        "status": record["status"],
        "reason": record["reason"],
        "call": record["call"]["id"],
        "host": record["call"]["host"],
        "started": record["started"],
        "wall_s": record["wall_s"],
        "snakemake_cpu_s": record["snakemake_cpu_s"],
        "usable_cpus": usable,
        "source": "+".join(filter(None, [spec["workload_digest"], spec["backend_digest"]])) or None,
        "protocol": spec["protocol"],
        **_state_columns(record),
    }
    if record["status"] == "ok" and build is not None:
        row.update(_measured_columns(record, row, build, math.inf if planned.waits else usable))
    return row


@lru_cache(maxsize=1000)
def _as_text(content: bytes) -> str:
    """Encoded JSON as a text with sorted keys."""
    return json.dumps(json.loads(content), sort_keys=True)


def _state_columns(record: dict[str, Any]) -> dict[str, Any]:
    """The state of the machine before, during and after a run; None where the record lacks it."""
    before, after, meanwhile = (record["state"].get(part, {}) for part in ("before", "after", "meanwhile"))
    return {
        "load_1min": before.get("load_1min"),
        **{name: meanwhile.get(name) for name in ("other_cpu_s", "steal_s", "throttled_s")},
        "reference_loop_before_s": before.get("reference_loop_s"),
        "reference_loop_after_s": after.get("reference_loop_s"),
        "waited_s": record["waited_s"],
        "attempts": record["attempts"],
        "noise": describe_noise(record["noise"]),
    }


def _measured_columns(record: dict[str, Any], row: dict[str, Any], build: Build, usable_cpus: float) -> dict[str, Any]:
    """What a run that is ok measured, over the samples that count."""
    measured = record["measured"]
    samples = [sample for sample in measured["samples"] if not sample["warmup"]]
    columns: dict[str, Any] = {}
    for name in USED_COLUMNS:
        values = [_VALUES[name](sample) for sample in samples]
        columns[name] = None if None in values else median(values)
    timed = f"{row['timed']}_s"
    nearest = min(samples, key=lambda sample: abs(sample[timed] - columns[timed]))
    metrics = [sample["metrics"] for sample in samples]
    return {
        **columns,
        "gil": measured["gil_after"],
        "workers_used": min(sample["workers_used"] for sample in samples),
        "start_method": nearest["start_method"],
        "peak_memory_mb": record["peak_memory_mb"],
        "memory_kind": record["memory_kind"],
        "clock_cost_s": measured["clock_cost_s"],
        "gil_modules": "; ".join(find_gil_modules(record["stderr_tail"])) or None,
        "thread_libraries": _describe_libraries(measured["flags"].get("thread_libraries") or {}),
        "task_count": _count_tasks(nearest),
        "metrics": take_medians(metrics),
        "counts": sum_counts(metrics),
        "flags": find_flags(record, samples, build, usable_cpus, row["backend_kind"]),
        "occupancy": occupancy(nearest, row["timed"]),
        "tasks": _as_arrays(nearest["tasks"]),
        "segments": _as_arrays(nearest["segments"]),
        "durations": _median_durations(samples) if row["backend"] == "sequential" else None,
    }


def make_sample_rows(record: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """A row per sample: the run, then the columns of SAMPLE_COLUMNS."""
    for number, sample in enumerate(record["measured"]["samples"] if record["measured"] else []):
        values = {name: _VALUES[name](sample) for name in USED_COLUMNS}
        own = (number, sample["warmup"], sample["workers_used"], sample["start_method"])
        yield (record["run"], *values.values(), *own)


def _cores_used(sample: dict[str, Any]) -> float | None:
    cpu_s, work_s = sample["task_cpu_s"], sample["work_s"]
    return cpu_s / work_s if cpu_s is not None and work_s > 0 else None


def _largest_peak(sample: dict[str, Any]) -> float | None:
    return max((value for value in sample["worker_peak_mb"] or () if value is not None), default=None)


def _describe_libraries(limits: dict[str, str]) -> str | None:
    return "; ".join(f"{library}: {limit}" for library, limit in limits.items()) or None


def _getter(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda sample: sample[name]


_VALUES = {
    **{name: _getter(name) for name in USED_COLUMNS},
    "cores_used": _cores_used,
    "worker_peak_mb": _largest_peak,
}


def _count_tasks(sample: dict[str, Any]) -> int:
    if sample["tasks"] is not None:
        return len(sample["tasks"]["index"])
    return sum(worker["count"] for worker in sample["task_summary"])


def _as_arrays(columns: dict[str, list[Any]] | None) -> dict[str, Any] | None:
    """Columns as arrays, which take a quarter of the memory of lists of numbers."""
    if columns is None:
        return None
    return {
        name: np.array(values, dtype=float if name.endswith("_s") else np.int32) for name, values in columns.items()
    }


def _median_durations(samples: list[dict[str, Any]]) -> list[float] | None:
    """Median time of each task over the samples, by the task's number; None where samples lack some or all."""
    tasks = [sample["tasks"] for sample in samples]
    if any(columns is None for columns in tasks) or len({tuple(columns["index"]) for columns in tasks}) > 1:
        return None
    times = [np.subtract(columns["end_s"], columns["start_s"]) for columns in tasks]
    durations: list[float] = np.median(times, axis=0).tolist()
    return durations


def take_medians(metrics: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each metric over dictionaries of them; for words, the last value."""
    result = {}
    for name in metrics[-1]:
        values = [own.get(name) for own in metrics]
        is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        result[name] = median(values) if is_number else values[-1]  # type: ignore[type-var]
    return result


def sum_counts(metrics: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """{name: (count, total)} summed over the samples, of the metrics x that have an x_of beside them.

    metrics: a dictionary per sample.
    """
    found: dict[str, tuple[int, int]] = {}
    for own in metrics:
        for name, total in own.items():
            stem = name.removesuffix("_of")
            if stem != name and _is_whole(total) and _is_whole(own.get(stem)):
                before = found.get(stem, (0, 0))
                found[stem] = (before[0] + own[stem], before[1] + total)
    return found


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
