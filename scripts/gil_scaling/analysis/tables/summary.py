"""The table `summary`: one row per combination, over its rounds, with confidence intervals, speedups and limits."""

from __future__ import annotations

import json
import math
from functools import cache
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import (
    MEMORY,
    NO_CLAIM,
    ORDER,
    PAIRED,
    ROLE_WORDS,
    STATUS_WORDS,
    TIMES,
    UNPAIRED,
    names,
    with_derived,
)
from gil_scaling.analysis.documents import Build, Builds
from gil_scaling.analysis.packages import COMPARED_FACTS, unlike_packages
from gil_scaling.analysis.rows import take_medians
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import claim
from gil_scaling.analysis.statistics.laws import karp_flatt
from gil_scaling.analysis.statistics.makespan import best_makespan, speedup_bound
from gil_scaling.analysis.tables.combinations import arrays, by_combination, key_columns
from gil_scaling.analysis.tables.pairing import Array, Ratio, Rounds, compare_rounds, medians_differ, ratio_of
from gil_scaling.analysis.tables.quality import is_disturbed

_MEASURES = [*(column.name for column in TIMES), MEMORY[0].name]
_FIRST = ("reference", "reference_build", "usable_cpus", "sharing")  # the same in all rounds
_MEDIANS = ("voluntary_switches", "involuntary_switches", "worker_peak_mb")


def summarise(runs: pd.DataFrame, builds: Builds) -> pd.DataFrame:
    """The table of the runs, as pairing.with_baselines returns them; builds: {(machine, python): facts}."""
    summary = _Summary(runs, builds)
    groups = list(by_combination(runs))
    keys = key_columns(runs, [rows[0] for rows in groups], "summary").drop(
        columns=["workers", "usable_cpus"], errors="ignore"
    )
    table = pd.concat([keys, pd.DataFrame([summary.row(rows) for rows in groups])], axis=1)
    table = with_derived(_with_ceiling(table.reindex(columns=[*names("summary"), "is_ceiling"]), runs))
    return table[names("summary")].sort_values(list(ORDER), ignore_index=True)


class _Summary:
    """Makes the rows; holds the columns of the runs as arrays, of which each row takes its rounds."""

    def __init__(self, runs: pd.DataFrame, builds: Builds) -> None:
        self.builds = builds
        numbers = [
            *_MEASURES,
            *_MEDIANS,
            "timed_s",
            "lists",
            "workers",
            "usable_cpus",
            "base_timed_s",
            "reference_timed_s",
        ]
        self.numbers = {name: runs[name].to_numpy(float) for name in dict.fromkeys((*numbers, "base_task_cpu_s"))}
        self.values = {name: runs[name].to_numpy(object) for name in runs if name not in self.numbers}
        self.makespan = cache(lambda base, workers: best_makespan(self.durations[base], workers))
        self.durations: dict[str, list[float]] = {}

    def row(self, rows: Array) -> dict[str, Any]:
        """One row, but for its keys; rows: the row numbers of its runs, one per round."""
        value = self.values
        is_ok = value["status"][rows] == "ok"
        good, bad = rows[is_ok], rows[~is_ok]
        workers = self.numbers["workers"][rows]
        row = {
            "workers": next((number for number in workers if not math.isnan(number)), math.nan),
            "role": min(value["role"][rows], key=ROLE_WORDS.index),
            **{name: value[name][rows[0]] for name in _FIRST if name in value},
            "usable_cpus": self.numbers["usable_cpus"][rows[0]],
            "is_ceiling": bool(value["is_ceiling"][rows].any()),
            "rounds_ok": len(good),
            "status": max(value["status"][rows], key=STATUS_WORDS.index),
            "reason": value["reason"][bad[0]] if len(bad) else None,
            "interval": intervals.RANGE,
        }
        if not len(good):
            return row
        for name in _MEASURES:
            row.update(intervals.median(self.numbers[name][good]).columns(name))
        self._add_speedups(row, good)
        row.update(self._used(good))
        row["flags"] = ";".join(sorted(self._flags(row, good)))
        return row

    def _used(self, good: Array) -> dict[str, Any]:
        """What the workers used and what the workload reports, over the rounds."""
        value = self.values
        medians = {name: _median(self.numbers[name][good]) for name in _MEDIANS}
        return {
            **medians,
            "gil": value["gil"][good[-1]],
            "task_count": value["task_count"][good[-1]],
            "workers_used": min(value["workers_used"][good]),
            "start_method": value["start_method"][good[-1]],
            "memory_kind": value["memory_kind"][good[-1]],
            "metrics": json.dumps(take_medians(list(value["metrics"][good])), sort_keys=True),
            "rounds_disturbed": sum(map(is_disturbed, value["flags"][good])),
        }

    def _flags(self, row: dict[str, Any], good: Array) -> set[str]:
        value = self.values
        machine, python, reference = (value[name][good[0]] for name in ("machine", "python", "reference"))
        conditions = {
            "few_rounds": row["interval"] != intervals.CI95,
            "medians_differ": self._medians_differ(good, row["speedup"]),
            "separate_calls": row["pairing"] == UNPAIRED,
            "unlike_builds": unlike(self.builds.get((machine, python)), self.builds.get((machine, reference))),
        }
        return {flag for flags in value["flags"][good] for flag in flags} | {
            name for name, is_so in conditions.items() if is_so
        }

    def _medians_differ(self, good: Array, speedup: float) -> bool:
        base_s = self.numbers["base_timed_s"][good] * self.numbers["lists"][good]
        return medians_differ(base_s[~np.isnan(base_s)], self.numbers["timed_s"][good], speedup)

    def _ratio(self, good: Array, side: str) -> tuple[Ratio, Array]:
        """The speedup over the baselines of one side, base or reference, and the row numbers that have one."""
        base_s = self.numbers[f"{side}_timed_s"]
        paired = good[~np.isnan(base_s[good])]
        is_one_call = bool((self.values["call"][paired] == self.values[f"{side}_call"][paired]).all())
        above = base_s[paired] * self.numbers["lists"][paired]
        return ratio_of(above, self.numbers["timed_s"][paired], is_one_call=is_one_call), paired

    def _add_speedups(self, row: dict[str, Any], good: Array) -> None:
        """Add both speedups with their intervals, the claims that these support, and the limits."""
        (own, own_pairing), based = self._ratio(good, "base")
        (other, other_pairing), against = self._ratio(good, "reference")
        row.update(own.columns("speedup") | other.columns("speedup_reference"))
        known = [estimate for estimate in (own, other) if not math.isnan(estimate.value)]
        row["pairing"] = (UNPAIRED if UNPAIRED in (own_pairing, other_pairing) else PAIRED) if known else None
        is_enough = len(good) >= intervals.MIN_ROUNDS and all(estimate.kind == intervals.CI95 for estimate in known)
        row["interval"] = intervals.CI95 if is_enough else intervals.RANGE
        for name, estimate, side, rows in (
            ("claim", own, "base", based),
            ("claim_reference", other, "reference", against),
        ):
            is_itself = (self.values["run"][rows] == self.values[f"{side}_run"][rows]).all()
            row[name] = None if math.isnan(estimate.value) or is_itself else claim(estimate) if is_enough else NO_CLAIM
        row["rounds_needed"] = self._rounds_needed(good, based)
        if self.values["scaling"][good[0]] == "strong" and len(based):
            self._add_limits(row, based)

    def _rounds_needed(self, good: Array, based: Array) -> float:
        """Of the speedup in each round; of the time, where the row is the baseline itself or has none."""
        number = self.numbers
        values = number["timed_s"][good]
        if self.values["backend_kind"][good[0]] != "sequential" and len(based):
            values = number["base_timed_s"][based] * number["lists"][based] / number["timed_s"][based]
        return intervals.rounds_needed(np.log(values))

    def _add_limits(self, row: dict[str, Any], based: Array) -> None:
        row["speedup_bound"] = float(np.median([self._bound(place) for place in based]))
        allowed = float(np.median([self._task_limit(place) for place in based]))
        row["karp_flatt"] = karp_flatt(row["speedup"] * row["workers"] / allowed, row["workers"])

    def _bound(self, place: int) -> float:
        """The speedup that the tasks and the CPUs allow."""
        base_s, cpu_s, workers, usable = (
            float(self.numbers[name][place]) for name in ("base_timed_s", "base_task_cpu_s", "workers", "usable_cpus")
        )
        makespan_s = self._makespan(place)
        if makespan_s is not None:
            return speedup_bound(base_s, makespan_s, cpu_s, usable)
        # Too many tasks to be recorded one by one: none of them is the limit.
        return min(workers, base_s * usable / cpu_s) if cpu_s else workers

    def _task_limit(self, place: int) -> float:
        """The speedup that the best schedule of the tasks reaches, however many CPUs there are; `workers` for equal ones."""
        makespan_s = self._makespan(place)
        if makespan_s is None:
            return float(self.numbers["workers"][place])
        return math.fsum(self.values["base_durations"][place]) / makespan_s

    def _makespan(self, place: int) -> float | None:
        """Best makespan of the baseline's tasks on so many workers, None where they were not recorded one by one."""
        durations = self.values["base_durations"][place]
        if not isinstance(durations, list):
            return None
        base = f"{self.values['machine'][place]}/{self.values['base_run'][place]}"
        self.durations[base] = durations
        return float(self.makespan(base, int(self.numbers["workers"][place])))


def _median(values: Array) -> float:
    known = values[~np.isnan(values)].tolist()
    return float(median(known)) if known else math.nan


def _with_ceiling(table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Add the speedup that processes reach in steady state at the same worker count, and the share of it that each row reaches."""
    by = ["machine", "python", "experiment", "workload", "params", "scaling", "workers"]
    ceilings = table.loc[table["is_ceiling"].eq(True), [*by, "speedup", "combination"]]
    ceiling = table[by].merge(ceilings.drop_duplicates(by, keep="last"), "left", by)
    is_parallel = table["backend_kind"].ne("sequential")
    table["speedup_ceiling"] = ceiling["speedup"].astype(float).where(is_parallel)
    costs = _costs(runs)
    pairs = zip(table["combination"], ceiling["combination"].where(is_parallel), strict=True)
    shares = [_share_of_ceiling(costs.get(own), costs.get(other)) for own, other in pairs]
    return table.assign(**pd.DataFrame(shares, table.index))


def _costs(runs: pd.DataFrame) -> dict[Any, Rounds]:
    """{combination: its time per task list / that of sequential}, of those that have a baseline."""
    good = runs[runs["status"].eq("ok") & runs["base_timed_s"].notna()]
    good = good.assign(cost=good["timed_s"].astype(float) / (good["base_timed_s"] * good["lists"]).astype(float))
    columns = ("round", "call", "cost")
    return {name: Rounds(*(own[column] for column in columns)) for name, own in arrays(good, columns)}


def _share_of_ceiling(own: Rounds | None, ceiling: Rounds | None) -> dict[str, float]:
    """The speedup of a combination / that of its ceiling, as columns; below 6 rounds without an interval."""
    if own is None or ceiling is None:
        return {}
    (value, low, high, kind), _ = compare_rounds(own, ceiling)
    ends = (low, high) if kind == intervals.CI95 else (math.nan, math.nan)
    return intervals.Estimate(value, *ends, kind).columns("efficiency_ceiling")


def unlike(build: Build | None, reference: Build | None) -> dict[str, tuple[Any, Any]]:
    """What two builds differ in besides the GIL: {what: (value of this one, value of the reference)}."""
    if build is None or reference is None:
        return {}
    pairs = {name: (getattr(build, name), getattr(reference, name)) for name in COMPARED_FACTS}
    packages = unlike_packages(build.package_versions, reference.package_versions)
    return {**{name: pair for name, pair in pairs.items() if pair[0] != pair[1]}, **packages}
