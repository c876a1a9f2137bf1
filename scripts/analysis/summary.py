"""Sums runs up over the rounds: a row a combination, with intervals, speedups and limits."""

import json
import math

import numpy as np
import pandas as pd

from scripts import record
from scripts.analysis import statistics
from scripts.analysis.columns import KEYS, MEMORY, TIMES, names
from scripts.analysis.load import DAMAGED, median_metrics

# What tells combinations apart: of `workers` only what was asked, for a run that failed tells no more.
_COMBINATION = [column.name for column in KEYS if column.name != "workers"]
_BLOCK = ["experiment", "python", "workload", "params"]  # what shares a baseline
_ROLES = ["asked", "baseline", "ceiling"]
_STATUSES = (*record.STATUSES, DAMAGED)


def summarise(runs, builds):
    """The summary table of the runs.

    runs: a row a run and use, as load gives them; builds: {name: facts of pythons/<name>.json}.
    """
    runs = runs[runs["python"].notna()].copy()
    runs["timed_s"] = np.where(runs["timed"] == "work", _column(runs, "work_s"), _column(runs, "total_s"))
    baselines = _Baselines(runs)
    rows = [
        _row(dict(zip(_COMBINATION, key, strict=True)), group, baselines, builds)
        for key, group in runs.groupby(_COMBINATION, dropna=False, sort=False)
    ]
    table = _with_ceiling(pd.DataFrame(rows).reindex(columns=[*names("summary"), "is_ceiling"]))
    return table[names("summary")].sort_values(
        ["experiment", "workload", "params", "python", "backend", "workers", "switch_interval_s"], ignore_index=True
    )


def _column(frame, name):
    return frame[name] if name in frame else pd.Series(math.nan, frame.index)


class _Baselines:
    """The sequential run of each block and round; where its own threads make the interval an axis, of each interval."""

    def __init__(self, runs):
        found = runs[(runs["backend"] == "sequential") & (runs["status"] == "ok") & ~runs["no_speedup"].eq(True)]
        self._rows = {}
        for row in found.to_dict("records"):
            block = (*(row[name] for name in _BLOCK), row["round"])
            self._rows.setdefault(block, row)
            self._rows[(*block, row["switch_interval_s"])] = row

    def of(self, run, python):
        """The baseline of a run on a build, None where there is none."""
        block = {**{name: run[name] for name in _BLOCK}, "python": python}
        key = (*(block[name] for name in _BLOCK), run["round"])
        return self._rows.get((*key, run["switch_interval_s"]), self._rows.get(key))


def _row(key, group, baselines, builds):
    """One row: the group holds the runs of one combination, one a round."""
    good = group[group["status"] == "ok"]
    bad = group[group["status"] != "ok"]
    row = {
        **key,
        "workers": group["workers"].dropna().iloc[0] if group["workers"].notna().any() else math.nan,
        "role": min(group["role"], key=_ROLES.index),
        "is_ceiling": group["is_ceiling"].any(),
        "rounds_ok": len(good),
        "status": max(group["status"], key=_STATUSES.index),
        "reason": bad["reason"].iloc[0] if len(bad) else None,
        "interval": statistics.RANGE,
    }
    if not len(good):
        return row
    for column in (*TIMES, MEMORY[0]):
        values = _column(good, column.name)
        _put(row, column.name, statistics.median(values if values.notna().all() else []))
    flags = {flag for found in good["flags"] for flag in found}
    ratios = _add_speedups(row, good, baselines, flags)
    if len(good) >= statistics.LEAST_ROUNDS and all(ratio.kind == statistics.CI95 for ratio in ratios):
        row["interval"] = statistics.CI95
    else:
        flags.add("few_rounds")
    if unlike(builds.get(row["python"]), builds.get(good["reference"].iloc[0])):
        flags.add("unlike_builds")
    last = good.iloc[-1]
    row.update(
        workers_used=good["workers_used"].min(),
        start_method=last["start_method"],
        memory_kind=last["memory_kind"],
        metrics=json.dumps(median_metrics(list(map(json.loads, good["metrics"]))), sort_keys=True),
        flags=";".join(sorted(flags)),
    )
    return row


def _put(row, name, estimate):
    row[name], row[f"{name}_low"], row[f"{name}_high"] = estimate[:3]


def _add_speedups(row, good, baselines, flags):
    """Adds both speedups with intervals, and the limits that rest on the baseline; returns the ratios that are known."""
    times = f"{row['timed']}_s"
    factor = row["workers"] if row["scaling"] == "weak" else 1
    pairs = [(run, baselines.of(run, run["python"])) for run in good.to_dict("records")]
    against = [(run, baselines.of(run, run["reference"])) for run, _ in pairs]
    ratios = [_ratio(pairs, times, factor, flags), _ratio(against, times, factor, flags)]
    _put(row, "speedup", ratios[0])
    _put(row, "speedup_reference", ratios[1])
    row["efficiency"] = row["speedup"] / row["workers"]
    if row["scaling"] == "strong":
        _add_limits(row, pairs, times)
    return [ratio for ratio in ratios if not math.isnan(ratio.value)]


def _add_limits(row, pairs, times):
    bounds = [_bound(run, base, times) for run, base in pairs if base is not None]
    row["speedup_bound"] = float(np.median(bounds)) if bounds else math.nan
    row["efficiency_bound"] = row["speedup"] / row["speedup_bound"]
    row["karp_flatt"] = statistics.karp_flatt(row["speedup"], row["workers"])


def _ratio(pairs, times, factor, flags):
    """The ratio baseline / run over the rounds: paired within one call, else unpaired and flagged."""
    pairs = [(run, base) for run, base in pairs if base is not None]
    above = np.array([base[times] * factor for _, base in pairs])
    below = np.array([run[times] for run, _ in pairs])
    if all(run["call"] == base["call"] for run, base in pairs):
        return statistics.paired_ratio(above / below)
    flags.add("separate_calls")
    return statistics.unpaired_ratio(above, below)


def _bound(run, base, times):
    workers, usable = run["workers"], run["usable_cpus"]
    if not isinstance(base["durations"], list):
        return workers * 1.0  # too many tasks to be recorded one by one: none of them is the limit
    return statistics.speedup_bound(base[times], base["durations"], base["task_cpu_s"], int(workers), usable)


def _with_ceiling(table):
    """Adds the speedup that processes reach in steady state at the same worker count, and the efficiency against it."""
    by = [*_BLOCK, "scaling", "workers"]
    ceilings = table[table["is_ceiling"].eq(True)].set_index(by)["speedup"].to_dict()
    found = [ceilings.get(tuple(row[name] for name in by), math.nan) for row in table.to_dict("records")]
    is_one = table["backend"] == "sequential"
    table["speedup_ceiling"] = np.where(is_one, math.nan, found)
    table["efficiency_ceiling"] = table["speedup"] / table["speedup_ceiling"]
    return table


def unlike(build, reference):
    """Whether two builds differ in compiler, PGO or LTO, so that their speeds tell of more than the GIL."""
    if build is None or reference is None:
        return False
    return any(build[key] != reference[key] for key in ("compiler", "pgo", "lto"))
