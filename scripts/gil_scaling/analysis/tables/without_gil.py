"""The table `without_gil`: threads without the GIL, predicted from processes with it, beside what was measured, if it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.prediction import without_gil as predict
from gil_scaling.analysis.tables.combinations import Arrays, arrays, with_keys
from gil_scaling.analysis.tables.taxes import Taxes

SHARES = "its workers share an object, of which processes have copies: what that costs is not predicted"
NO_PROCESSES = "no processes in steady state, at as many workers on the build with the GIL, in a round of the same call"

_OF_CEILING = ["machine", "reference", "experiment", "workload", "params", "scaling", "workers", "round", "call"]


def without_gil(runs: pd.DataFrame, taxes: Taxes | None = None) -> pd.DataFrame:
    """The table: one row per combination of threads without the GIL whose reference build has the GIL.

    runs: as pairing.with_baselines returns them. In each round that one call measured as a whole, the speedup over sequential
    on the reference build is predicted from the processes there and from the tax: the sequential times of both builds.
    taxes: of another sweep. If no run is without the GIL, there is a row per combination of threads with it instead: what these
    would be without the GIL, predicted with that tax.
    """
    good = runs[runs["status"].eq("ok")]
    gil = good["gil"].eq(True)
    if not good["gil"].eq(False).any():
        return _with_other_taxes(good[gil], taxes) if taxes else pd.DataFrame()
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


def _with_other_taxes(runs: pd.DataFrame, taxes: Taxes) -> pd.DataFrame:
    """The table of runs that all have the GIL."""
    own = runs[runs["backend_kind"].eq("threads")].assign(reference_build=runs["build"], reference=runs["python"])
    own = own.merge(_ceilings(runs), how="left", on=_OF_CEILING)
    own = own.assign(ceiling=own["ceiling"].where(own["call"].eq(own["base_call"])))
    columns = ["ceiling", "sharing", "workload", "params", "python"]
    rows = [{"combination": name, **_row_by_other_tax(each, taxes)} for name, each in arrays(own, columns)]
    return with_keys(rows, own, "without_gil")


def _row_by_other_tax(runs: Arrays, taxes: Taxes) -> dict[str, Any]:
    """What is predicted, as columns, with the error of such predictions where the tax is from; or the reason why nothing is.

    The tax is that of the same workload, with its interval, or else the median over all workloads, between the lowest and the
    highest. The ends of the prediction hold for both: that of the processes' interval with the opposite one of the tax.
    """
    reason, known = _usable(runs)
    if reason:
        return {"reason": reason}
    of_build = taxes.rows[taxes.rows["build"].eq(_choose_build(taxes.rows, runs["python"][0]))]
    same = of_build[of_build["workload"].eq(runs["workload"][0]) & of_build["params"].eq(runs["params"][0])]
    tax, tax_low, tax_high = same.iloc[0][["tax", "tax_low", "tax_high"]] if len(same) else _spread(of_build["tax"])
    ceiling = intervals.paired_ratio(runs["ceiling"][known].astype(float))
    ends = np.array([ceiling.value, ceiling.low, ceiling.high]), np.array([tax, tax_high, tax_low])
    predicted, low, high = map(float, predict(*ends))
    error, error_low, error_high = _spread(of_build["error"])
    return {
        **ceiling.columns("speedup_ceiling"),
        **intervals.Estimate(tax, tax_low, tax_high, intervals.RANGE).columns("tax"),
        **intervals.Estimate(predicted, low, high, intervals.RANGE).columns("predicted"),
        "rounds": int(known.sum()),
        "interval": intervals.RANGE,
        "tax_source": taxes.source,
        "tax_build": of_build["build"].iloc[0],
        "tax_workloads": len(of_build),
        "tax_error": error,
        "tax_error_low": error_low,
        "tax_error_high": error_high,
    }


def _choose_build(rows: pd.DataFrame, python: str) -> str:
    """The build whose tax is relative to a build of that name, or else the first one."""
    same = rows[rows["reference_build"].eq(python)]
    return str((same if len(same) else rows)["build"].iloc[0])


def _spread(values: pd.Series) -> tuple[float, float, float]:
    return values.median(), values.min(), values.max()


def _usable(runs: Arrays) -> tuple[str | None, NDArray[np.bool_]]:
    """(why nothing can be predicted, which runs have processes beside them)."""
    known = ~np.isnan(runs["ceiling"].astype(float))
    if runs["sharing"][0] in ("read", "written", "locked"):
        return SHARES, known
    return None if known.any() else NO_PROCESSES, known


def _row(runs: Arrays) -> dict[str, Any]:
    """What is predicted and measured, as columns; or the reason why nothing is predicted."""
    reason, known = _usable(runs)
    if reason:
        return {"reason": reason}
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
