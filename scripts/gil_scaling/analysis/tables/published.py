"""The table `published`: speedups that others published, beside those of the nearest combination here."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import CI95, CONTROLS, DEFAULT_INTERVAL_S, INSIDE, NO_CLAIM, OUTSIDE

DATA = Path(__file__).parent.with_name("published.csv")

_SHOWN = ("workload", "python", "machine", "cores", "date")  # columns of the data that get the prefix published_


class Combination(NamedTuple):
    """What a published number is compared with: a combination of any size, parameters as texts."""

    workload: str
    params: dict[str, str]
    backend: str
    scaling: str


def parse_combination(text: str) -> Combination:
    """The combination of a text such as `numpy_ufunc operation=sin size=4/thread weak`; without `weak` it is strong."""
    what, _, how = text.partition("/")
    workload, *params = what.split()
    backend, *scaling = how.split()
    return Combination(workload, dict(param.split("=") for param in params), backend, *(scaling or ["strong"]))


def read_data(path: Path = DATA) -> pd.DataFrame:
    """One row per published ratio: its columns, and those of its combination."""
    data = pd.read_csv(path, dtype={"workers": "Int64", "value": float}, keep_default_na=False)
    combinations = pd.DataFrame(map(parse_combination, data["combination"]), index=data.index)
    renamed = {"value": "published", **{name: f"published_{name}" for name in _SHOWN}}
    return data.rename(columns=renamed).drop(columns="combination").join(combinations)


def published(summary: pd.DataFrame, data: pd.DataFrame | None = None) -> pd.DataFrame:
    """The table: a row per published ratio and combination that is like it, with the same number of workers.

    Alike are workload, the parameters that the source fixes, backend, scaling and whether the GIL is on. Backends with other
    parameters than their default, other switch intervals and more workers than usable CPUs are left out.
    """
    data = read_data() if data is None else data
    own = summary[_is_comparable(summary)].rename(columns={"rounds_ok": "rounds"})
    own = own.assign(gil=own["gil"].map({True: "on", False: "off"}))
    both = own.merge(data, on=["workload", "backend", "scaling", "workers", "gil"], suffixes=("", "_fixed"))
    is_alike = [_has(*each) for each in zip(both["params"], both["params_fixed"], strict=True)]
    both = both[np.array(is_alike, dtype=bool)]
    return both.assign(verdict=_verdict(both))


def _is_comparable(summary: pd.DataFrame) -> pd.Series:
    interval_s = summary["switch_interval_s"]
    return (
        summary["speedup"].notna()
        & ~summary["role"].isin(CONTROLS)
        & summary["workers"].le(summary["usable_cpus"])
        & summary["backend_params"].eq("{}")
        & (interval_s.isna() | interval_s.eq(DEFAULT_INTERVAL_S))  # sources mention no other
    )


def _has(params: str, fixed: dict[str, str]) -> bool:
    """Whether parameters, as JSON, have the values that a source fixes."""
    own = json.loads(params)
    return all(str(own.get(name)) == value for name, value in fixed.items())


def _verdict(both: pd.DataFrame) -> pd.Series:
    """Whether the published ratio lies in the interval of the speedup here; no claim where that is a range."""
    is_inside = both["published"].between(both["speedup_low"], both["speedup_high"])
    words = np.where(is_inside, INSIDE, OUTSIDE)
    return pd.Series(np.where(both["interval"].eq(CI95), words, NO_CLAIM), both.index, dtype=object)
