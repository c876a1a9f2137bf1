"""Gives each run its identity: ids of its combination and case, and how it is drawn; joins and figures use these columns."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable

import pandas as pd

from gil_scaling.analysis.columns import BLOCK, CASE, DEFAULT_INTERVAL_S, LINE, WAY
from gil_scaling.analysis.labels import label_combinations


def identify(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with the columns of columns.IDENTITY, reference_build, and the keys of groups of cases.

    block: what shares a baseline; family: a case at any switch interval; line: a case at any number of workers; way: a case of any workload.

    Where the switch interval has no effect, the case is that of the interval nearest to the default among those in force in
    the same case of another build, so that builds are compared by their cases alone.
    """
    known = runs["python"].notna()
    text = {name: runs[name].astype("str").where(known, runs["run"]) for name in dict.fromkeys((*CASE, "python"))}
    stem = _joined(text, CASE)
    interval = _representative_interval(stem, runs["switch_interval_s"].astype(float))
    interval_text = interval.map(lambda value: "" if math.isnan(value) else repr(value))
    case_key = stem + "|" + interval_text
    readable = (
        text["experiment"] + "-" + text["workload"] + "-" + text["backend"] + "-" + _workers_text(text["workers_asked"])
    )
    case = readable + "-" + _digests(case_key)
    several = runs["machine"].nunique() > 1
    prefix = runs["machine"] + " · " if several else ""
    of_machine = {**text, "machine": runs["machine"]}
    made = runs.assign(
        case=case,
        combination=runs["machine"] + "/" + text["python"] + "/" + case,
        block=_joined(of_machine, BLOCK),
        family=stem,
        line=_joined(text, LINE) + "|" + interval_text,
        way=_joined(text, WAY) + "|" + interval_text,
        build=prefix + text["python"],
        reference_build=prefix + runs["reference"],
    )
    return label_combinations(made)


def _joined(text: dict[str, pd.Series], names: Iterable[str]) -> pd.Series:
    parts = [text[name] for name in names]
    first, *others = parts
    return first.str.cat(others, sep="|")


def _workers_text(asked: pd.Series) -> pd.Series:
    return asked.where(asked.eq("default"), "w" + asked)


def _digests(keys: pd.Series) -> pd.Series:
    different = {key: hashlib.sha256(key.encode()).hexdigest()[:8] for key in keys.unique()}
    return keys.map(different)


def _representative_interval(stem: pd.Series, interval: pd.Series) -> pd.Series:
    """The interval itself; where it is not in force, the nearest to the default of the same case elsewhere, NaN for none."""
    in_force = pd.DataFrame({"stem": stem, "interval": interval, "distance": (interval - DEFAULT_INTERVAL_S).abs()})
    in_force = in_force.dropna().sort_values(["distance", "interval"], kind="stable")
    nearest = in_force.drop_duplicates("stem").set_index("stem")["interval"]
    return interval.fillna(stem.map(nearest).astype(float))
