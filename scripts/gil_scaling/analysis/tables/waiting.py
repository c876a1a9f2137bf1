"""The table `waiting`: what the workers did with the time of their tasks, with one worker and with all, under the sampler."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from gil_scaling.analysis.columns import WAITING_SHARES

SHARES = [column.name for column in WAITING_SHARES]


def shares(measured: Mapping[str, Any]) -> dict[str, float]:
    """The parts of the workers' time in their tasks, which add up to 1 where all are known.

    A pause of the garbage collector stops one worker, which is on a CPU meanwhile, and makes the others wait where they are
    threads of one interpreter. For example, of 10 s with 5 s of CPU time, seen waiting for a lock half of the time, a pause of
    1 s of 2 workers is 0.1 of each.
    """
    samples = [sample for sample in measured["samples"] if sample["is_sampled"]]
    seen = measured["seen"]
    seen_s = sum(seen["states"].values())
    span_s = sum(sample["span_s"] for sample in samples)
    known = [sample["task_cpu_s"] for sample in samples if sample["task_cpu_s"] is not None]
    run_queue = seen["run_queue_s"] / seen_s
    running = seen["states"]["running"] / seen_s
    on_cpu = min(1.0, sum(known) / span_s) if len(known) == len(samples) else running - run_queue
    sums = run_queue, seen["states"]["lock"] / seen_s, seen["states"]["sleep"] / seen_s
    # CPU time is from a clock, the others are from what was seen, and may be more than what is left.
    fits = min(1.0, (1 - on_cpu) / sum(sums)) if sum(sums) else 1.0
    run_queue, lock, sleep = (fits * part for part in sums)
    pause, workers = measured["pauses"], max(sample["workers_used"] for sample in samples)
    collecting = min(pause["seconds"] / span_s, on_cpu) if pause else 0.0
    stopped = min(collecting * (workers - 1), lock) if pause and pause["stops_others"] else 0.0
    parts = {
        "on_cpu": on_cpu - collecting,
        "garbage_collector": collecting + stopped if pause else math.nan,
        "run_queue": run_queue,
        "lock_or_gil": lock - stopped,
        "sleep_or_io": sleep,
    }
    return {**parts, "unknown": max(0.0, 1 - sum(value for value in parts.values() if not math.isnan(value)))}


def waiting_row(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of one combination with one number of workers, medians and means over its runs; results: that are ok."""
    parts = [shares(measured) for measured in results]
    seen = [measured["seen"] for measured in results]
    return {
        "task_s": median(_task_s(measured) for measured in results),
        **{name: sum(each[name] for each in parts) / len(parts) for name in SHARES},
        "rounds": len(results),
        "method": seen[0]["method"],
        "reason": seen[0]["unreadable"],
        "samples": float(median(each["ticks"] for each in seen)),
        "sampler_cpus": median(each["cpu_s"] / each["window_s"] for each in seen),
        "sampler_slowdown": median(map(_slowdown, results)),
    }


def _task_s(measured: Mapping[str, Any]) -> float:
    samples = [sample for sample in measured["samples"] if sample["is_sampled"]]
    return float(sum(sample["span_s"] for sample in samples)) / float(sum(sample["tasks"] for sample in samples))


def _slowdown(measured: Mapping[str, Any]) -> float:
    """The median time of the samples that were sampled / that of the others after the warm-up."""
    _, *samples = measured["samples"]
    sampled, others = ([each["work_s"] for each in samples if each["is_sampled"] is flag] for flag in (True, False))
    return float(median(sampled) / median(others))
