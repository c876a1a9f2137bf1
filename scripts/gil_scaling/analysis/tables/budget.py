"""The table `budget`: where the workers' time went, in parts of workers × the timed interval that add up to 1.

The parts follow the parallel efficiency metrics of the HPC community (POP Centre of Excellence, "POP standard metrics for
parallel performance analysis", pop-coe.eu; Rosas, Giménez, Labarta, "Scalability prediction for fundamental performance
factors", 2014): POP's useful computation is here the CPU time inside the tasks.
"""

from __future__ import annotations

import math

import pandas as pd

from gil_scaling.analysis.columns import BUDGET_METRICS, BUDGET_SHARES
from gil_scaling.analysis.occupancy import Occupancy
from gil_scaling.analysis.tables.combinations import by_combination, key_columns

SHARES = [column.name for column in BUDGET_SHARES]
METRICS = [column.name for column in BUDGET_METRICS]


def shares(occupied: Occupancy, sequential_cpu_s: float) -> dict[str, float]:
    """The parts of the capacity, which add up to 1, and POP's efficiencies.

    sequential_cpu_s: CPU time of the same tasks run sequentially. That much is useful; beyond it lies extra CPU time. For
    example, of a capacity of 12 s with 6 s busy, 5 s of CPU time and 4 s sequential a third is useful, 1/12 extra and 1/12
    waiting.
    """
    useful_s = min(sequential_cpu_s, occupied.cpu_s)
    parts_s = (
        useful_s,
        occupied.cpu_s - useful_s,
        occupied.busy_s - occupied.cpu_s,
        occupied.startup_s,
        occupied.imbalance_s,
        occupied.teardown_s,
    )
    found = dict(zip(SHARES, (_divide(part, occupied.capacity_s) for part in parts_s), strict=True))
    return {**found, **dict(zip(METRICS, _efficiencies(occupied, sequential_cpu_s), strict=True))}


def _efficiencies(occupied: Occupancy, sequential_cpu_s: float) -> tuple[float, ...]:
    """POP's: the parallel efficiency is the product of the first two, the global one that of the third and the fourth."""
    mean_s, interval_s = occupied.cpu_s / occupied.workers, occupied.capacity_s / occupied.workers
    return (
        _divide(mean_s, occupied.longest_cpu_s),
        _divide(occupied.longest_cpu_s, interval_s),
        _divide(mean_s, interval_s),
        _divide(sequential_cpu_s, occupied.cpu_s),
        _divide(sequential_cpu_s, occupied.capacity_s),
    )


def _divide(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def budget(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per combination whose baseline is known, each share the mean over its rounds."""
    good = runs[runs["status"].eq("ok") & runs["base_occupancy"].notna()].reset_index(drop=True)
    own, base, lists = (good[name].to_numpy(object) for name in ("occupancy", "base_occupancy", "lists"))
    parts = [shares(one, other.cpu_s * count) for one, other, count in zip(own, base, lists, strict=True)]
    table = pd.DataFrame(parts, columns=[*SHARES, *METRICS])
    groups = list(by_combination(good))
    values = table.to_numpy(float)
    means = pd.DataFrame([values[rows].mean(axis=0) for rows in groups], columns=table.columns)
    keys = key_columns(good, [rows[0] for rows in groups], "budget")
    return pd.concat([keys, means.assign(rounds=[len(rows) for rows in groups])], axis=1)
