"""The flags of a run: what its record read back, how its workers worked, and what disturbed it qualify its numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gil_scaling.analysis.documents import Build

_MIN_TASK = 100  # times the measured cost of the clocks
_MAX_BUSY_SHARE, _MAX_BUSY_S = 0.01, 0.002  # CPU time of Snakemake
_MAX_INTERVAL_ERROR_S = 1e-6
_ONE_THREAD = ("sequential", "coroutines")  # kinds of backends whose workers share one
ONE_PROCESS = ("sequential", "threads", "coroutines")  # kinds whose samples all run in the same process
_ENABLES_GIL = re.compile(
    r"global interpreter lock \(GIL\) has been enabled to load module '([^']+)'"
)  # CPython's warning
WARM_RATIO = 2.0  # from here on, later samples count as several times faster than the first
_MIN_WARM_S = 0.001  # that they are faster; less is the cost of running code for the first time


def find_flags(
    record: dict[str, Any],
    samples: Sequence[dict[str, Any]],
    build: Build,
    usable_cpus: float,
    backend_kind: str,
) -> list[str]:
    """The flags of a run, sorted; columns.FLAG_MEANINGS explains each.

    record: of a run that is ok; samples: its samples without warm-ups; usable_cpus: inf for tasks that wait.
    """
    measured, spec = record["measured"], record["spec"]
    used = min(sample["workers_used"] for sample in samples)
    snakemake_s = record["snakemake_cpu_s"]
    conditions = {
        "gil_differs": build.gil and _gil_states(measured, samples) != {True},
        "gil_reenabled": not build.gil and _gil_states(measured, samples) != {False},
        "interval_differs": _interval_differs(spec["switch_interval_s"], samples),
        "settings_differ": _settings_differ(spec, measured["flags"]),
        "idle_workers": used < samples[-1]["workers"],
        "oversubscribed": used > usable_cpus and backend_kind not in _ONE_THREAD,
        "warm_state": backend_kind in ONE_PROCESS and is_warm(measured["samples"]),
        "arguments_changed": bool(measured["flags"].get("arguments_changed")),
        "too_short": is_too_short(samples[-1], measured["clock_cost_s"]),
        "snakemake_busy": snakemake_s is not None
        and snakemake_s > max(_MAX_BUSY_S, _MAX_BUSY_SHARE * record["wall_s"]),
    }
    disturbances = {disturbance["flag"] for disturbance in record["noise"]}
    return sorted({flag for flag, holds in conditions.items() if holds} | disturbances)


def find_gil_modules(stderr: str) -> list[str]:
    """The modules that switched the GIL on, each once, as the warnings of CPython in the stderr of a run name them."""
    return list(dict.fromkeys(_ENABLES_GIL.findall(stderr)))


def describe_noise(noise: Sequence[dict[str, Any]]) -> str:
    """The disturbances of a run in words: `noisy: other_share 0.12, at most 0.05`."""
    return "; ".join(f"{one['flag']}: {one['reading']} {one['value']:.2g}, at most {one['limit']:g}" for one in noise)


def is_warm(samples: Sequence[dict[str, Any]]) -> bool:
    """Whether the later samples, warm-ups included, are several times faster than the first."""
    first_s, *later_s = (sample["work_s"] for sample in samples)
    if not later_s:
        return False
    usual_s = median(later_s)
    return bool(first_s >= WARM_RATIO * usual_s and first_s - usual_s >= _MIN_WARM_S)


def _gil_states(measured: dict[str, Any], samples: Sequence[dict[str, Any]]) -> set[bool]:
    """Whether the GIL was on, as read by the main thread before and after, and by the workers after their last tasks."""
    of_workers = {gil for sample in samples for gil in sample["gil"] if gil is not None}
    return {measured["gil_before"], measured["gil_after"], *of_workers}


def _interval_differs(interval_s: float | None, samples: Sequence[dict[str, Any]]) -> bool:
    """Whether a worker read back another switch interval than the one that was set; never if none was."""
    read_back = [value for sample in samples for value in sample["switch_intervals_s"]]
    return interval_s is not None and any(abs(value - interval_s) > _MAX_INTERVAL_ERROR_S for value in read_back)


def _settings_differ(spec: dict[str, Any], read_back: dict[str, Any]) -> bool:
    """Whether the hash seed, the JIT or the thread limits that the record has differ from what was set."""
    env = spec["env"]
    seed = str(spec["round"])
    limits = read_back.get("thread_limits") or {}
    return (
        read_back.get("hash_seed", seed) != env.get("PYTHONHASHSEED", seed)
        or (bool(read_back.get("jit")) and env.get("PYTHON_JIT", "0") == "0")
        or any(value != env.get(name, "1") for name, value in limits.items())
    )


def is_too_short(sample: dict[str, Any], clock_cost_s: float) -> bool:
    """Whether the tasks of a sample are too short to be timed one by one."""
    return median_task_s(sample) < _MIN_TASK * clock_cost_s


def median_task_s(sample: dict[str, Any]) -> float:
    """The median duration of the tasks of a sample, in seconds."""
    if sample["tasks"] is None:
        times = [worker["quantiles_s"][2] for worker in sample["task_summary"]]
    else:
        times = np.subtract(sample["tasks"]["end_s"], sample["tasks"]["start_s"]).tolist()
    return float(median(times))
