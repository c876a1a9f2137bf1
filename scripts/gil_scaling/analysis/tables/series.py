"""The speedups of parallel runs, as matrices over what grows: the number of workers, or a parameter of the workload."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gil_scaling.analysis.columns import KEYS

_DERIVED = ("case", "combination", "panel", "series", "label")  # from the other key columns


def parallel_runs(runs: pd.DataFrame, varied: tuple[str, ...]) -> pd.DataFrame:
    """The parallel runs that are ok, with a column `group`: the number of those that differ in the varied keys alone.

    Runs with the default number of workers are left out. Further columns: speedup and speedup_reference, against
    sequential on the same and on the reference build; NaN where another call measured the baseline.
    """
    runs = runs[runs["status"].eq("ok") & runs["backend"].ne("sequential") & runs["workers_asked"].ne("default")]
    varied = (*varied, "workers", *_DERIVED)
    fixed = [key.name for key in KEYS if key.name in runs and key.name not in varied]
    group = runs.groupby(fixed, dropna=False, sort=False).ngroup()
    return runs.assign(group=group, speedup=_speedup(runs, "base"), speedup_reference=_speedup(runs, "reference"))


def strong_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """The parallel runs with strong scaling up to the usable CPUs; `group` numbers the series, over their worker counts."""
    runs = parallel_runs(runs, varied=("workers", "workers_asked"))
    return runs[runs["scaling"].eq("strong") & runs["workers"].le(runs["usable_cpus"])]


def _speedup(runs: pd.DataFrame, baseline: str) -> pd.Series:
    ratio = runs[f"{baseline}_timed_s"].astype(float) * runs["lists"] / runs["timed_s"]
    return ratio.where(runs[f"{baseline}_call"] == runs["call"])


def speedup_matrix(axis: ArrayLike, rounds: ArrayLike, speedups: ArrayLike) -> tuple[list[float], NDArray[np.float64]]:
    """(values of the axis in ascending order (k,), speedups (rounds, k)) of the rounds with a speedup at each value.

    All arguments: (n,), one entry per run; a speedup that is NaN is left out with its run.
    """
    known = ~np.isnan(np.asarray(speedups, dtype=float))
    values, columns = np.unique(np.asarray(axis, dtype=float)[known], return_inverse=True)
    codes, labels = pd.factorize(np.asarray(rounds)[known])
    matrix = np.full((len(labels), len(values)), np.nan)
    matrix[codes, columns] = np.asarray(speedups, dtype=float)[known]
    return values.tolist(), matrix[~np.isnan(matrix).any(axis=1)]
