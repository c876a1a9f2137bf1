"""What qualifies the number of a run, in words: what its record read back, how its workers worked, what disturbed it."""

from statistics import median

import numpy as np

_TOO_SHORT = 100  # times what the clocks cost
_BUSY_SHARE, _BUSY_S = 0.01, 0.002
_ONE_THREAD = ("sequential", "asyncio")


def flags(found, samples, build, usable_cpus):
    """The flags of a run: a sorted list of words, each explained in columns.FLAG_MEANINGS.

    found: its record; samples: those that count; build: the facts of its build; usable_cpus: inf for tasks that wait.
    """
    measured, spec = found["measured"], found["spec"]
    used = min(sample["workers_used"] for sample in samples)
    snakemake = found["snakemake_cpu_s"]
    seen = {
        "gil_differs": build.gil and _gils(measured, samples) != {True},
        "gil_reenabled": not build.gil and _gils(measured, samples) != {False},
        "interval_differs": _interval_differs(spec["switch_interval_s"], samples),
        "settings_differ": _settings_differ(spec, measured["flags"]),
        "idle_workers": used < samples[-1]["workers"],
        "oversubscribed": used > usable_cpus and spec["backend"] not in _ONE_THREAD,
        "too_short": _median_task_s(samples) < _TOO_SHORT * measured["clock_cost_s"],
        "snakemake_busy": snakemake is not None and snakemake > max(_BUSY_S, _BUSY_SHARE * found["wall_s"]),
    }
    return sorted({name for name, is_so in seen.items() if is_so} | {one["flag"] for one in found["noise"]})


def _gils(measured, samples):
    """The states of the GIL that the main thread saw at the end and the workers after their last tasks."""
    of_workers = {gil for sample in samples for gil in sample["gil"] if gil is not None}
    return {measured["gil_before"], measured["gil_after"], *of_workers}


def _interval_differs(asked, samples):
    read_back = [value for sample in samples for value in sample["switch_intervals_s"]]
    return asked is not None and any(abs(value - asked) > 1e-6 for value in read_back)


def _settings_differ(spec, read_back):
    """Whether hash seed, JIT or thread limits are not what they are set to, where the record tells them."""
    env = spec["env"]
    limits = read_back.get("thread_limits") or {}
    seed = str(spec["round"])
    differing = (
        read_back.get("hash_seed", seed) != env.get("PYTHONHASHSEED", seed),
        read_back.get("jit") and env.get("PYTHON_JIT", "0") == "0",
        any(value != env.get(name, "1") for name, value in limits.items()),
    )
    return any(differing)


def _median_task_s(samples):
    last = samples[-1]
    if last["tasks"] is None:
        return median(worker["quantiles_s"][2] for worker in last["task_summary"])
    return median(np.subtract(last["tasks"]["end_s"], last["tasks"]["start_s"]).tolist())


def said(noise):
    """What disturbed a run, in words: `noisy: other_share 0.12, at most 0.05`."""
    return "; ".join(f"{one['flag']}: {one['reading']} {one['value']:.2g}, at most {one['limit']:g}" for one in noise)


def as_words(value):
    """The flags in a cell: a list of them, or the text that stands for it in a table, with ';' between; [] for none."""
    if isinstance(value, str):
        return value.split(";")
    return value if isinstance(value, list) else []
