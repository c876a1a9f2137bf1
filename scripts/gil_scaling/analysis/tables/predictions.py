"""Speedups predicted beyond the worker counts of each series, or why there is no prediction."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gil_scaling.analysis.statistics import prediction
from gil_scaling.analysis.statistics.intervals import MIN_ROUNDS
from gil_scaling.analysis.tables.combinations import Arrays, arrays, with_keys
from gil_scaling.analysis.tables.series import speedup_matrix, strong_runs


def predictions(runs: pd.DataFrame, physical_cpus: Mapping[str, int | None]) -> pd.DataFrame:
    """The table: one row per series with strong scaling that has two worker counts up to the usable CPUs or more.

    physical_cpus: {label of the machine: its physical cores}, None where not known.
    """
    runs = strong_runs(runs)
    runs = runs.assign(physical_cpus=runs["machine"].map(physical_cpus).astype(float))
    columns = ["workers", "round", "speedup", "usable_cpus", "physical_cpus"]
    rows = [_predict(group, series) for group, series in arrays(runs, columns, by="group")]
    of_series = runs.drop(columns="speedup")  # the measured ones: the table has those predicted
    return with_keys([row for row in rows if row], of_series, "predictions", by="group")


def _predict(group: int, series: Arrays) -> dict[str, Any] | None:
    """The prediction of a series as columns, or the reason why there is none; None for fewer than two worker counts."""
    counts, speedups = speedup_matrix(series["workers"], series["round"], series["speedup"])
    if len(counts) < 2:
        return None
    largest, usable = int(counts[-1]), int(series["usable_cpus"].max())
    row = {"group": group, "worker_counts": len(counts), "rounds": len(speedups), "measured_workers": largest}
    limit = _most_workers(largest, usable, series["physical_cpus"][0])
    if limit <= largest:
        reason = "all usable CPUs were measured" if largest >= usable else "no workers that share a core were measured"
        return row | {"reason": reason}
    if len(speedups) < MIN_ROUNDS:
        return row | {"reason": f"fewer than {MIN_ROUNDS} rounds"}
    check = prediction.check(counts, speedups)
    row |= {"checks": check.predicted, "checks_covered": check.covered}
    if check.predicted < prediction.MIN_CHECKS:
        return row | {"reason": "too few counts to check it"}
    if not check.is_passed:
        return row | {"reason": "the largest counts, left out, would not have been predicted"}
    count = min(limit, prediction.MAX_GROWTH * largest)
    value, low, high = prediction.predict(counts, speedups, count)
    return row | {"predicted_workers": count, "speedup": value, "speedup_low": low, "speedup_high": high}


def _most_workers(largest: int, usable: int, physical: float) -> int:
    """How many workers a prediction may be about: no two on a core where only so many were measured that none shared one.

    physical: physical cores, NaN where not known. For example, 16 on 16 cores with 32 CPUs up to 16 workers, 32 from 17 on.
    """
    return int(min(usable, physical)) if physical >= largest else usable
