"""The table `counterparts`: a workload compared with the counterpart that its file declares, each run in the same way."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from gil_scaling.analysis.tables.changes import COLUMNS, gain_row
from gil_scaling.analysis.tables.combinations import arrays, key_columns

_SAME = ["machine", "python", "way"]


def counterparts(good: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per combination whose workload has a counterpart that was run in the same way.

    good: as pairs.comparable returns the runs. The same way: on the same machine and build, in the same experiment, with the
    same backend, workers, switch interval, start and scaling, and equal values of the parameters that both have. The gain is
    the time of the counterpart over that of the workload, over the rounds as in `changes`.
    """
    first = good.drop_duplicates("combination").reset_index()
    columns = ["index", "combination", "workload", "params", "panel", *_SAME]
    own = first.loc[first["counterpart"].notna(), [*columns, "counterpart"]]
    both = own.merge(
        first[columns], left_on=[*_SAME, "counterpart"], right_on=[*_SAME, "workload"], suffixes=("", "_against")
    )
    agrees = [_agree(*each) for each in zip(both["params"], both["params_against"], strict=True)]
    both = both[np.array(agrees, dtype=bool)]
    runs = dict(arrays(good, COLUMNS))
    rows = [
        gain_row(runs[own], runs[other], {})
        for own, other in zip(both["combination"], both["combination_against"], strict=True)
    ]
    keys = key_columns(good, both["index"].tolist(), "counterparts")
    table = pd.concat([keys, pd.DataFrame(rows)], axis=1)
    names = {"against_workload": "workload_against", "against_panel": "panel_against"}
    return table.assign(**{name: both[column].to_numpy(object) for name, column in names.items()})


def _agree(params: str, others: str) -> bool:
    """Whether the parameters that both have, as JSON, have equal values."""
    own, other = json.loads(params), json.loads(others)
    return all(own[name] == other[name] for name in own.keys() & other.keys())
