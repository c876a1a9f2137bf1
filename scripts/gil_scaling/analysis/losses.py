"""What limits the combinations: whether they reach the bound, and where most of the workers' time beside the work goes."""

import math
from typing import Any

import pandas as pd

from gil_scaling.analysis import representatives
from gil_scaling.analysis.columns import BUDGET_SHARES, CI95

YES, NO, NOT_SHOWN = "yes", "no", "not shown"  # whether the bound is reached
_REACHED = 0.95  # of a limit
_MIN_LOSS = 0.03  # of the workers' time, to be named
_SHARES = [column.name for column in BUDGET_SHARES]
_LOSSES = {
    "extra_cpu": "CPU time beyond what sequential needs (memory, contended counters, slower CPUs)",
    "startup": "starting them",
    "imbalance": "having no task (imbalance)",
    "teardown": "ending them and returning the results",
}


def with_shares(summary: pd.DataFrame, budget: pd.DataFrame) -> pd.DataFrame:
    """The rows of the summary that have a budget, with its shares."""
    return summary.merge(budget[["combination", "experiment", *_SHARES]], on=["combination", "experiment"])


def limits(rows: pd.DataFrame) -> pd.DataFrame:
    """A typical row per workload, build and kind of backend, with what limits it.

    rows: as with_shares returns them. Added: reaches, whether the bound is reached (YES, NO or NOT_SHOWN); loss, where most of
    the workers' time beside the work goes, and its share, "" and NaN where it is little; is_at_ceiling, whether processes in
    steady state get no further.
    """
    found = []
    for _, own in rows.groupby(["panel", "build"], sort=False):
        sequential = own[own["backend_kind"] == "sequential"]
        before = sequential[_SHARES].mean().fillna(0)
        limited = own[own["efficiency_bound"].notna() & (own["workers"] > 1) & (own["workers_asked"] != "default")]
        for _, kind in limited.groupby("backend_kind", sort=False):
            line = representatives.plainest(kind)
            row = representatives.typical(line[line["backend_params"] == line["backend_params"].iloc[0]])
            found.append({**row, **_limit(row, before)})
    return pd.DataFrame(found)


def _limit(row: pd.Series, before: pd.Series) -> dict[str, Any]:
    """What one row reaches, and its largest loss: the part that it has most of beyond what sequential has (before)."""
    is_known = row["interval"] == CI95
    if is_known and row["speedup_low"] >= _REACHED * row["speedup_bound"]:
        return {"reaches": YES, "loss": "", "share": math.nan, "is_at_ceiling": False}
    is_below = is_known and row["speedup_high"] < _REACHED * row["speedup_bound"]
    losses = {name: row[name] - before[name] for name in _SHARES if name != "useful"}
    largest = max(losses, key=lambda name: losses[name])
    is_named = losses[largest] >= _MIN_LOSS
    return {
        "reaches": NO if is_below else NOT_SHOWN,
        "loss": _describe_loss(largest, row) if is_named else "",
        "share": losses[largest] if is_named else math.nan,
        "is_at_ceiling": is_known and bool(row["speedup_low"] >= _REACHED * row["speedup_ceiling"]),
    }


def _describe_loss(loss: str, row: pd.Series) -> str:
    if loss != "waiting":
        return _LOSSES[loss]
    if row["backend_kind"] == "threads" and row["gil"]:
        return "waiting for the GIL (or a lock, a CPU, I/O)"
    if row["workers"] > row["usable_cpus"]:
        return "waiting for a CPU, of which there are fewer than workers (or a lock, I/O)"
    return "waiting for a lock, a CPU, or I/O"
