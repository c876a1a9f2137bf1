"""The noise floor of a machine: how much identical builds differ."""

import json
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.documents import Builds
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, SLOWER, claim
from gil_scaling.analysis.tables.combinations import Arrays, arrays, with_keys
from gil_scaling.analysis.tables.pairing import ratio_of


def identical_builds(builds: Builds) -> dict[tuple[str, str], str]:
    """{(machine, name): name of the first identical build there}: of the same fingerprint, options and environment."""
    first: dict[tuple[str, str], str] = {}
    identical = {}
    for (machine, name), build in builds.items():
        identity = json.dumps([build.fingerprint, build.options, build.env], sort_keys=True)
        if first.setdefault((machine, identity), name) != name:
            identical[machine, name] = first[machine, identity]
    return identical


def noise(runs: pd.DataFrame, builds: Builds) -> pd.DataFrame:
    """The table: one row per combination of a build that is identical to an earlier one, with the ratio of their times."""
    runs = runs[runs["status"] == "ok"]
    others = runs[["machine", "python", "case", "round", "timed_s", "call"]].rename(columns={"python": "against"})
    identical = identical_builds(builds)
    sides = zip(runs["machine"], runs["python"], strict=True)
    runs = runs.assign(against=pd.Series([identical.get(side) for side in sides], runs.index, dtype="str"))
    runs = runs.dropna(subset="against")
    pairs = runs.merge(others, on=["machine", "against", "case", "round"], suffixes=("", "_against"))
    columns = ["timed_s", "timed_s_against", "call", "call_against"]
    rows = [_compare(combination, rounds) for combination, rounds in arrays(pairs, columns)]
    return with_keys(rows, runs, "noise")


def _compare(combination: str, rounds: Arrays) -> dict[str, Any]:
    above, below, calls = rounds["timed_s_against"], rounds["timed_s"], rounds["call"]
    ratio = ratio_of(above, below, is_one_call=bool((calls == rounds["call_against"]).all()))
    return {
        "combination": combination,
        "rounds": len(calls),
        **ratio.columns("ratio"),
        "claim": claim(ratio.estimate) if len(calls) >= intervals.MIN_ROUNDS else NO_CLAIM,
    }


def find_floor(table: pd.DataFrame) -> dict[str, Any] | None:
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
