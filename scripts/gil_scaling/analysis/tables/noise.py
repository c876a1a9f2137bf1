"""The noise floor of a machine: how much identical builds differ."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, SLOWER, claim
from gil_scaling.analysis.tables.combinations import Arrays, arrays, key_columns, with_keys
from gil_scaling.analysis.tables.pairing import ratio_of


def identical_builds(builds: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """{name: name of the first identical build}: of the same fingerprint, options and environment.

    builds: {name: facts} of one machine.
    """
    first: dict[str, str] = {}
    identities = {
        name: json.dumps([build["fingerprint"], build["options"], build["env"]], sort_keys=True)
        for name, build in builds.items()
    }
    firsts = {name: first.setdefault(identity, name) for name, identity in identities.items()}
    return {name: other for name, other in firsts.items() if other != name}


def noise(runs: pd.DataFrame, builds: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The table: one row per combination of a build that is identical to an earlier one, with the ratio of their times.

    builds: {name: facts} of the machine.
    """
    runs = runs[runs["status"] == "ok"]
    others = runs[["machine", "python", "case", "round", "timed_s", "call"]].rename(columns={"python": "against"})
    runs = runs.assign(against=runs["python"].map(identical_builds(builds))).dropna(subset="against")
    pairs = runs.merge(others, on=["machine", "against", "case", "round"], suffixes=("", "_against"))
    columns = ["timed_s", "timed_s_against", "call", "call_against"]
    rows = [_compare(combination, rounds) for combination, rounds in arrays(pairs, columns)]
    return with_keys(rows, key_columns(runs, "noise"))


def _compare(combination: str, rounds: Arrays) -> dict[str, Any]:
    above, below, calls = rounds["timed_s_against"], rounds["timed_s"], rounds["call"]
    estimate, pairing = ratio_of(above, below, is_one_call=bool((calls == rounds["call_against"]).all()))
    return {
        "combination": combination,
        "rounds": len(calls),
        **estimate.columns("ratio"),
        "interval": estimate.kind,
        "pairing": pairing,
        "claim": claim(estimate) if len(calls) >= intervals.MIN_ROUNDS else NO_CLAIM,
    }


def floor(table: pd.DataFrame) -> dict[str, Any] | None:
    """The noise floor that a noise table gives, None where it allows no claim.

    different_share: of the combinations called faster or slower although nothing differs, with its interval;
    floor: the 95 % quantile of the distances of the ratios from 1, as a share (the largest where there are fewer than 20);
    typical: their median.
    """
    judged = table[table["claim"] != NO_CLAIM] if len(table) else table
    if not len(judged):
        return None
    different = int(judged["claim"].isin([FASTER, SLOWER]).sum())
    distances = np.expm1(np.abs(np.log(judged["ratio"].to_numpy(float))))
    return {
        "combinations": len(judged),
        "different": different,
        "different_share": intervals.share(different, len(judged)),
        "floor": float(np.quantile(distances, 0.95, method="higher")),
        "typical": float(np.median(distances)),
    }
