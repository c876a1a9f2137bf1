"""Sums runs up over the rounds: a row a combination, with intervals, speedups and limits."""

import json
import math

import numpy as np
import pandas as pd

from gil_scaling import record
from gil_scaling.analysis.columns import MEMORY, TIMES, USED, names
from gil_scaling.analysis.read import DAMAGED, median_metrics
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import NO_CLAIM, claim
from gil_scaling.analysis.statistics.laws import karp_flatt
from gil_scaling.analysis.statistics.makespan import best_makespan, speedup_bound
from gil_scaling.analysis.tables.pairing import BLOCK, PAIRED, UNPAIRED, column, combinations, one, ratio
from gil_scaling.analysis.tables.quality import is_disturbed

ORDER = ("experiment", "workload", "params", "python", "backend", "workers", "switch_interval_s")
_ROLES = ["asked", "baseline", "ceiling"]
_STATUSES = (*record.STATUSES, DAMAGED)


def summarise(runs, baselines, builds):
    """The summary table of the runs.

    runs: a row a run and use, as load gives them, with the column timed_s; baselines: their Baselines;
    builds: {name: facts of pythons/<name>.json}.
    """
    rows = [_row(key, group, baselines, builds) for key, group in combinations(runs)]
    table = _with_ceiling(pd.DataFrame(rows).reindex(columns=[*names("summary"), "is_ceiling"]))
    return table[names("summary")].sort_values(list(ORDER), ignore_index=True)


def _row(key, group, baselines, builds):
    """One row: the group holds the runs of one combination, one a round."""
    good = group[group["status"] == "ok"]
    bad = group[group["status"] != "ok"]
    row = {
        **key,
        "role": min(group["role"], key=_ROLES.index),
        "reference": group["reference"].iloc[0],
        "usable_cpus": group["usable_cpus"].iloc[0],
        "sharing": group["sharing"].iloc[0],
        "is_ceiling": group["is_ceiling"].any(),
        "rounds_ok": len(good),
        "status": max(group["status"], key=_STATUSES.index),
        "reason": bad["reason"].iloc[0] if len(bad) else None,
        "interval": intervals.RANGE,
    }
    if not len(good):
        return row
    for measure in (*TIMES, MEMORY[0]):
        values = column(good, measure.name)
        row.update(intervals.median(values if values.notna().all() else []).columns(measure.name))
    _add_speedups(row, good, baselines)
    row.update(_used(good), flags=";".join(sorted(_flags(row, good, builds))))
    return row


def _used(good):
    """What the workers used and what the workload names, over the rounds."""
    last = good.iloc[-1]
    medians = {name: pd.to_numeric(column(good, name)).median() for name in (used.name for used in USED[2:])}
    return {
        **medians,
        "gil": last["gil"],
        "workers_used": good["workers_used"].min(),
        "start_method": last["start_method"],
        "memory_kind": last["memory_kind"],
        "metrics": json.dumps(median_metrics(list(map(json.loads, good["metrics"]))), sort_keys=True),
        "rounds_disturbed": sum(map(is_disturbed, good["flags"])),
    }


def _flags(row, good, builds):
    flags = {flag for found in good["flags"] for flag in found}
    conditions = {
        "few_rounds": row["interval"] != intervals.CI95,
        "separate_calls": row["pairing"] == UNPAIRED,
        "unlike_builds": unlike(builds.get(row["python"]), builds.get(good["reference"].iloc[0])),
    }
    return flags | {flag for flag, holds in conditions.items() if holds}


def _add_speedups(row, good, baselines):
    """Adds both speedups with their intervals, what these allow to be said, and the limits."""
    times = f"{row['timed']}_s"
    pairs = [(run, baselines.of(run)) for run in good.to_dict("records")]
    against = [(run, baselines.of(run, run["reference"])) for run, _ in pairs]
    (own, own_pairing), (other, other_pairing) = ratio(pairs, times), ratio(against, times)
    row.update(own.columns("speedup") | other.columns("speedup_reference"))
    known = [found for found in (own, other) if not math.isnan(found.value)]
    row["pairing"] = (UNPAIRED if UNPAIRED in (own_pairing, other_pairing) else PAIRED) if known else None
    is_enough = len(good) >= intervals.MIN_ROUNDS and all(found.kind == intervals.CI95 for found in known)
    row["interval"] = intervals.CI95 if is_enough else intervals.RANGE
    row["claim"] = _claim(own, is_enough, pairs)
    row["claim_reference"] = _claim(other, is_enough, against)
    row["rounds_needed"] = _rounds_needed(row, good, pairs, times)
    row["efficiency"] = row["speedup"] / row["workers"]
    if row["scaling"] == "strong":
        _add_limits(row, pairs, times)


def _claim(estimate, is_enough, pairs):
    """What may be said of a ratio; nothing where there is none, or where a run is its own baseline."""
    if math.isnan(estimate.value) or all(base is None or run["run"] == base["run"] for run, base in pairs):
        return None
    return claim(estimate) if is_enough else NO_CLAIM


def _rounds_needed(row, good, pairs, times):
    """Of the speedup in each round; of the time, where the row is the baseline itself or has none."""
    held = [one(run, base, times) for run, base in pairs if base is not None]
    values = good[times] if row["backend"] == "sequential" or not held else held
    return intervals.rounds_needed(np.log(np.asarray(values, dtype=float)))


def _add_limits(row, pairs, times):
    based = [(run, base) for run, base in pairs if base is not None]
    if not based:
        return
    row["speedup_bound"] = float(np.median([_bound(run, base, times) for run, base in based]))
    row["efficiency_bound"] = row["speedup"] / row["speedup_bound"]
    allowed = float(np.median([_allowed_by_tasks(run, base) for run, base in based]))
    row["karp_flatt"] = karp_flatt(row["speedup"] * row["workers"] / allowed, row["workers"])


def _bound(run, base, times):
    workers, usable = int(run["workers"]), run["usable_cpus"]
    if isinstance(base["durations"], list):
        return speedup_bound(base[times], base["durations"], base["task_cpu_s"], workers, usable)
    # Too many tasks to be recorded one by one: none of them is the limit.
    return min(workers, base[times] * usable / base["task_cpu_s"]) if base["task_cpu_s"] else workers * 1.0


def _allowed_by_tasks(run, base):
    """The speedup that the best schedule of the tasks reaches, however many CPUs there are; `workers` for equal ones."""
    if not isinstance(base["durations"], list):
        return run["workers"]
    return math.fsum(base["durations"]) / best_makespan(base["durations"], int(run["workers"]))


def _with_ceiling(table):
    """Adds the speedup that processes reach in steady state at the same worker count, and the efficiency against it."""
    by = [*BLOCK, "scaling", "workers"]
    ceilings = table[table["is_ceiling"].eq(True)].set_index(by)["speedup"].to_dict()
    found = [ceilings.get(tuple(row[name] for name in by), math.nan) for row in table.to_dict("records")]
    is_one = table["backend"] == "sequential"
    table["speedup_ceiling"] = np.where(is_one, math.nan, found)
    table["efficiency_ceiling"] = table["speedup"] / table["speedup_ceiling"]
    return table


def unlike(build, reference):
    """What two builds differ in, so that their speeds tell of more than the GIL: {what: (this one's, the reference's)}."""
    if build is None or reference is None:
        return {}
    pairs = {name: (build[name], reference[name]) for name in ("version", "compiler", "pgo", "lto")}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and not any(map(pd.isna, pair))}
