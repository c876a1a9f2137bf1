"""Decides, after a round of a sweep with the key `until`, which combinations of its experiments stop there.

`python -m gil_scaling.analysis.tables.look results/<machine>/<sweep>/plan.json ROUND OUT.json`
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.documents import Until, exit_on_error, read_plan
from gil_scaling.analysis.read import read_sweep
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, SAME, SLOWER
from gil_scaling.analysis.tables import builds_by_machine
from gil_scaling.analysis.tables.pairing import with_baselines
from gil_scaling.analysis.tables.summary import summarise
from gil_scaling.result_set import write_text
from gil_scaling.stopping import level, look_rounds

CLAIM, KNOWN, LAST, FAILED, UNUSED = "claim", "half_width", "max_rounds", "failed", "not needed"
_GOES_ON = ""
_SETTLED = (FASTER, SLOWER, SAME)  # claims
_SHARED = ["machine", "experiment", "workload", "params"]  # what a row has in common with its baselines and limits


def main(plan_path: Path, look: int, out: Path) -> None:
    """Write which combinations of which experiments stop after a round, and why."""
    plan = read_plan(plan_path, look)
    looking = {name: until for name, until in plan.until.items() if look in look_rounds(until.max_rounds)}
    if not looking:
        raise SystemExit(f"{plan_path}: has no look after round {look}")
    frames = read_sweep(plan_path, look)
    runs = with_baselines(frames.runs)
    digests = {planned.run: planned.of for planned in plan.runs}
    of_rows = runs.drop_duplicates("combination").set_index("combination")["run"].map(digests)
    stopped = {}
    for name, until in looking.items():
        with intervals.at_level(level(until.max_rounds)):
            own = runs[runs["experiment"] == name].reset_index(drop=True)
            summary = summarise(own, builds_by_machine(frames.sets))
        reasons = settle(summary, until, look)
        stopped[name] = {of_rows[combination]: reason for combination, reason in reasons.items() if reason != _GOES_ON}
    write_text(str(out), json.dumps({"stopped": stopped}, sort_keys=True, indent=1) + "\n")


def settle(summary: pd.DataFrame, until: Until, look: int) -> dict[str, str]:
    """{combination: why it stops after a round, "" where it goes on}.

    summary: at the level of the look. A combination stops where each of its speedups supports a claim, or is known to within
    the half-width; one without speedups, or with nothing to compare with, where its time is. Baselines, ceilings and
    controls stop with the last combination that is compared with them, failed combinations at once, and all after the last
    round.
    """
    is_sequential, is_control = summary["backend_kind"].eq("sequential"), summary["role"].isin(CONTROLS)
    keys = list(summary[[*_SHARED, "python"]].itertuples(index=False, name=None))
    compared = _sides(summary[~is_control & ~(is_sequential & summary["python"].eq(summary["reference"]))])
    is_base = summary["role"].eq("baseline") | (is_sequential & np.array([key in compared for key in keys]))
    own = {
        row.combination: _reason(row, until.half_width, is_base_row)
        for row, is_base_row in zip(summary.itertuples(), is_base, strict=True)
    }
    used = _sides(summary[summary["combination"].map(own).eq(_GOES_ON) & ~is_control])
    reasons = {}
    for combination, others, key in zip(summary["combination"], is_control | is_base, keys, strict=True):
        reason = own[combination]
        if others and reason != FAILED:
            reason = _GOES_ON if key in used else reason or UNUSED
        reasons[combination] = LAST if reason == _GOES_ON and look == until.max_rounds else reason
    return reasons


def _sides(summary: pd.DataFrame) -> set[tuple[Any, ...]]:
    """What the rows compare, as the columns _SHARED and a build: their own, and their reference."""
    sides = summary[[*_SHARED, "python", "reference"]].itertuples(index=False)
    return {(*shared, python) for *shared, build, reference in sides for python in (build, reference)}


def _reason(row: object, half_width: float, is_base: bool) -> str:
    """Why a row of the summary needs no more rounds for its own sake, "" where it does; is_base: others are compared with it."""
    value = row._asdict()  # type: ignore[attr-defined]
    if value["status"] != "ok":
        return FAILED
    claims = {
        ratio: value[claim]
        for ratio, claim in (("speedup", "claim"), ("speedup_reference", "claim_reference"))
        if isinstance(value[claim], str)
    }
    if claims and all(claim in _SETTLED for claim in claims.values()):
        return CLAIM
    if not claims and pd.notna(value["speedup"]) and is_base:
        return UNUSED
    time = "work_s" if value["timed"] == "work" else "total_s"
    unclaimed = [name for name, claim in claims.items() if claim not in _SETTLED] or [time]
    is_known = value["interval"] == intervals.CI95 and all(_is_known(value, name, half_width) for name in unclaimed)
    return KNOWN if is_known else _GOES_ON


def _is_known(row: dict[str, float], name: str, half_width: float) -> bool:
    """Whether both ends of an interval are within a factor of 1 + half_width of the value."""
    low, middle, high = (float(row[f"{name}{end}"]) for end in ("_low", "", "_high"))
    return middle <= low * (1 + half_width) and high <= middle * (1 + half_width)


if __name__ == "__main__":
    with exit_on_error():
        main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
