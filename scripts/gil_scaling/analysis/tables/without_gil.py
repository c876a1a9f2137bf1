"""The table `without_gil`: threads without the GIL, predicted from processes with it, beside what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.prediction import without_gil as predict
from gil_scaling.analysis.tables.combinations import Arrays, arrays, with_keys

SHARES = "its workers share an object, of which processes have copies: what that costs is not predicted"
NO_PROCESSES = "no processes in steady state, at as many workers on the build with the GIL, in a round of the same call"

_OF_CEILING = ["machine", "reference", "experiment", "workload", "params", "scaling", "workers", "round", "call"]


def without_gil(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per combination of threads without the GIL whose reference build has the GIL.

    runs: as pairing.with_baselines returns them. In each round that one call measured as a whole, the speedup over sequential
    on the reference build is predicted from the processes there and from the tax: the sequential times of both builds.
    """
    good = runs[runs["status"].eq("ok")]
    gil = good["gil"].eq(True)
    has_reference = good["reference_run"].notna() & good["python"].ne(good["reference"])
    with_gil = good.loc[gil, ["machine", "python"]].drop_duplicates().rename(columns={"python": "reference"})
    own = good[~gil & good["gil"].notna() & good["backend_kind"].eq("threads") & has_reference]
    own = own.merge(with_gil, on=["machine", "reference"]).merge(_ceilings(good[gil]), how="left", on=_OF_CEILING)
    own = own.assign(
        tax=own["base_timed_s"] / own["reference_timed_s"],
        measured=own["reference_timed_s"] * own["lists"] / own["timed_s"],
        ceiling=own["ceiling"].where(own["call"].eq(own["base_call"])),
    )
    columns = ["tax", "measured", "ceiling", "sharing"]
    rows = [{"combination": name, **_row(each)} for name, each in arrays(own, columns)]
    return with_keys(rows, own, "without_gil")


def _ceilings(runs: pd.DataFrame) -> pd.DataFrame:
    """What processes in steady state reach on each build, by round."""
    found = runs[runs["is_ceiling"].eq(True) & runs["call"].eq(runs["base_call"])]
    ceiling = found["base_timed_s"] * found["lists"] / found["timed_s"]
    found = found.assign(ceiling=ceiling.astype(float), reference=found["python"])
    return found[[*_OF_CEILING, "ceiling"]].drop_duplicates(_OF_CEILING, keep="last")


def _row(runs: Arrays) -> dict[str, Any]:
    """What is predicted and measured, as columns; or the reason why nothing is predicted."""
    if runs["sharing"][0] in ("read", "written", "locked"):
        return {"reason": SHARES}
    known = ~np.isnan(runs["ceiling"].astype(float))
    if not known.any():
        return {"reason": NO_PROCESSES}
    ceiling, tax, measured = (runs[name][known].astype(float) for name in ("ceiling", "tax", "measured"))
    predicted = predict(ceiling, tax)
    estimates = {
        "speedup_ceiling": intervals.paired_ratio(ceiling),
        "tax": intervals.paired_ratio(tax),
        "predicted": intervals.paired_ratio(predicted),
        "measured": intervals.paired_ratio(measured),
        "error": intervals.paired_ratio(predicted / measured),
    }
    columns = [estimate.columns(name) for name, estimate in estimates.items()]
    return {
        **{name: value for each in columns for name, value in each.items()},
        "rounds": int(known.sum()),
        "interval": estimates["error"].kind,
    }
