"""Which combinations stay below their bound, as an order of extra runs for launch.why.

`python -m gil_scaling.analysis.tables.shortfalls PLAN FOLDER WHY` writes FOLDER/why/order.json from the tables in FOLDER. PLAN is
the plan's file for the launcher, WHY the key `why` of the config as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gil_scaling.analysis import tables
from gil_scaling.analysis.columns import CONTROLS, LINE
from gil_scaling.analysis.documents import exit_on_error
from gil_scaling.analysis.representatives import typical_rows
from gil_scaling.result_set import TABLES, WHY, write_text

DEFAULTS = {"rounds": 6, "below": 0.9, "limit": 12}
_MIN_IN_TASKS = 0.05  # of the workers' time: with less, their lines explain nothing
_RUN_S, _SEEN_S, _SAMPLES = 0.6, 1.0, 3  # of an extra run beside its samples, of these at least, and how many at least


def main(plan: Path, folder: Path, why: str) -> None:
    """Writes the order of the extra runs."""
    key = json.loads(why)
    settings = {**DEFAULTS, **(key if isinstance(key, dict) else {})}
    found = tables.read(folder / TABLES, ("summary", "budget", "runs"))
    chosen = choose(found, settings)
    order = make_order(chosen, found["runs"], settings)
    (folder / WHY).mkdir(exist_ok=True)
    write_text(folder / WHY / "order.json", json.dumps({"plan": str(plan), **order}) + "\n")


def choose(found: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of the summary to explain, those that lose most in their tasks first.

    Those that `combinations` of the settings names; else of each way to run a workload the typical number of workers, where the
    interval of its speedup lies below that share `below` of its bound, and its budget shows that its tasks lose time.
    """
    rows = found["summary"]
    rows = rows[rows["status"].eq("ok") & rows["workers"].gt(1) & ~rows["role"].isin(CONTROLS)]
    budget = found["budget"].rename(columns={"waiting": "in_waiting"})
    budget = budget.assign(in_tasks=budget["extra_cpu"] + budget["in_waiting"])
    rows = rows.merge(budget[["combination", "in_tasks", "in_waiting"]], how="left", on="combination")
    rows = rows.sort_values("in_tasks", ascending=False, kind="stable").drop_duplicates("combination")
    if "combinations" in settings:
        return rows[_is_named(rows, settings["combinations"])].head(settings["limit"])
    bound = rows["speedup_bound"].fillna(rows[["workers", "usable_cpus"]].min(axis=1).astype(float))
    is_below = rows["speedup_high"].lt(settings["below"] * bound) & rows["in_tasks"].ge(_MIN_IN_TASKS)
    rows = rows[is_below]
    if rows.empty:
        return rows
    keys = (
        rows[["machine", "python", *LINE, "switch_interval_s"]].astype("str").fillna("")
    )  # of groups, which NaN has none of
    line = keys.agg("|".join, axis=1)
    return typical_rows(rows.assign(line=line), ["line"]).head(settings["limit"])


def _is_named(rows: pd.DataFrame, wanted: list[dict[str, Any]]) -> pd.Series:
    """Whether a row has all values of one of the mappings."""
    named = pd.Series(data=False, index=rows.index)
    for each in wanted:
        named |= pd.concat([rows[name].eq(value) for name, value in each.items()], axis=1).all(axis=1)
    return named


def make_order(chosen: pd.DataFrame, runs: pd.DataFrame, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The order; runs: of runs.csv.

    In each round a run with one worker and one with all, the one or the other first; then, where threads wait or the settings
    name them, one with metered locks.
    """
    is_named = "combinations" in settings
    names = runs.sort_values("round").drop_duplicates("combination").set_index("combination")["run"]
    combinations = [
        {
            "combination": row["combination"],
            "run": names[row["combination"]],
            "workers": int(row["workers"]),
            "backend_kind": row["backend_kind"],
            "has_locks": row["backend_kind"] == "threads" and bool(is_named or row["in_waiting"] >= _MIN_IN_TASKS),
            "about_s": _RUN_S + max(_SEEN_S, _SAMPLES * float(row["total_s"])),
        }
        for _, row in chosen.iterrows()
    ]
    return {
        "rounds": settings["rounds"],
        "combinations": combinations,
        "runs": [
            run for number in range(1, settings["rounds"] + 1) for each in combinations for run in _runs(each, number)
        ],
    }


def _runs(combination: Mapping[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """The runs of a combination in a round."""
    pair = [("lines", 1), ("lines", combination["workers"])]
    metered = [("locks", combination["workers"])] if combination["has_locks"] else []
    shared = {name: combination[name] for name in ("run", "backend_kind", "about_s")}
    for what, workers in [*(pair if number % 2 else reversed(pair)), *metered]:
        file = f"{what}-w{workers}-r{number}-{combination['run']}"
        yield {"what": what, "file": file, "workers": workers, "round": number, **shared}


if __name__ == "__main__":
    with exit_on_error():
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
