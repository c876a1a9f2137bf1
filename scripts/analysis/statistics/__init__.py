"""Estimates with intervals, claims, bounds and laws: pure functions on sequences of numbers."""

from scripts.analysis.statistics.break_even import BreakEven, break_even, break_even_workers
from scripts.analysis.statistics.claims import claim
from scripts.analysis.statistics.intervals import (
    CI95,
    LEAST_ROUNDS,
    LEAST_UNPAIRED,
    RANGE,
    Estimate,
    median,
    paired_ratio,
    quantile,
    rounds_needed,
    share,
    unpaired_ratio,
)
from scripts.analysis.statistics.laws import Amdahl, Usl, amdahl, fit_amdahl, fit_usl, karp_flatt, usl
from scripts.analysis.statistics.makespan import best_makespan, lpt_makespan, speedup_bound

__all__ = [
    "CI95",
    "LEAST_ROUNDS",
    "LEAST_UNPAIRED",
    "RANGE",
    "Amdahl",
    "BreakEven",
    "Estimate",
    "Usl",
    "amdahl",
    "best_makespan",
    "break_even",
    "break_even_workers",
    "claim",
    "fit_amdahl",
    "fit_usl",
    "karp_flatt",
    "lpt_makespan",
    "median",
    "paired_ratio",
    "quantile",
    "rounds_needed",
    "share",
    "speedup_bound",
    "unpaired_ratio",
    "usl",
]
