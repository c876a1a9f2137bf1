"""What limits the combinations: whether they reach the bound, and where most of the workers' time beside the work goes."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gil_scaling.analysis import representatives
from gil_scaling.analysis.columns import BUDGET_SHARES, CI95

YES, NO, NOT_SHOWN = "yes", "no", "not shown"  # whether the bound is reached
_REACHED = 0.95  # of a limit
_MIN_LOSS = 0.03  # of the workers' time, to be named
_SHARES = [column.name for column in BUDGET_SHARES]
_PANEL = ["panel", "build"]
_KIND = [*_PANEL, "backend_kind"]
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
    sequential = rows[rows["backend_kind"] == "sequential"]
    before = sequential.groupby(_PANEL)[_SHARES].mean().fillna(0).to_dict("index")
    rows = rows.assign(place=rows.groupby(_PANEL, sort=False).ngroup())
    limited = rows[rows["efficiency_bound"].notna() & (rows["workers"] > 1) & (rows["workers_asked"] != "default")]
    limited = limited.assign(place_of_kind=limited.groupby(_KIND, sort=False).ngroup())
    line = representatives.plainest_rows(limited, _KIND)
    line = line[line["backend_params"] == line.groupby(_KIND)["backend_params"].transform("first")]
    shown = representatives.typical_row_of_each(line, _KIND).sort_values(["place", "place_of_kind"])
    found = [_limit(row, before.get((row["panel"], row["build"]), {})) for row in shown.to_dict("records")]
    return shown.assign(**pd.DataFrame(found, shown.index, ["reaches", "loss", "share", "is_at_ceiling"]))


def _limit(row: Mapping[str, Any], before: Mapping[str, float]) -> dict[str, Any]:
    """What one row reaches, and its largest loss: the part that it has most of beyond what sequential has (before)."""
    is_known = row["interval"] == CI95
    if is_known and row["speedup_low"] >= _REACHED * row["speedup_bound"]:
        return {"reaches": YES, "loss": "", "share": math.nan, "is_at_ceiling": False}
    is_below = is_known and row["speedup_high"] < _REACHED * row["speedup_bound"]
    losses = {name: row[name] - before.get(name, 0) for name in _SHARES if name != "useful"}
    largest = max(losses, key=lambda name: losses[name])
    is_named = losses[largest] >= _MIN_LOSS
    return {
        "reaches": NO if is_below else NOT_SHOWN,
        "loss": _describe_loss(largest, row) if is_named else "",
        "share": losses[largest] if is_named else math.nan,
        "is_at_ceiling": is_known and bool(row["speedup_low"] >= _REACHED * row["speedup_ceiling"]),
    }


def _describe_loss(loss: str, row: Mapping[str, Any]) -> str:
    if loss != "waiting":
        return _LOSSES[loss]
    if row["backend_kind"] == "threads" and row["gil"]:
        return "waiting for the GIL (or a lock, a CPU, I/O)"
    if row["workers"] > row["usable_cpus"]:
        return "waiting for a CPU, of which there are fewer than workers (or a lock, I/O)"
    return "waiting for a lock, a CPU, or I/O"
