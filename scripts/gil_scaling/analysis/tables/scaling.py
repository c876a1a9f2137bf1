"""Laws of scaling fitted to the speedups of each series over its worker counts."""

from typing import Any

import pandas as pd

from gil_scaling.analysis.statistics.intervals import MIN_ROUNDS
from gil_scaling.analysis.statistics.laws import fit_amdahl, fit_usl
from gil_scaling.analysis.tables.combinations import Arrays, arrays, with_keys
from gil_scaling.analysis.tables.series import speedup_matrix, strong_runs

BOOTSTRAP = "bootstrap"


def scaling(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per series with strong scaling, where its worker counts up to the usable CPUs suffice for a fit."""
    runs = strong_runs(runs)
    columns = ["workers", "round", "speedup", "usable_cpus"]
    fits = [_fit(group, series) for group, series in arrays(runs, columns, by="group")]
    return with_keys([fit for fit in fits if fit], runs, "scaling", by="group")


def _fit(group: int, series: Arrays) -> dict[str, Any] | None:
    """The fits of a series as columns, None for too few worker counts."""
    counts, speedups = speedup_matrix(series["workers"], series["round"], series["speedup"])
    amdahl = fit_amdahl(counts, speedups) if len(speedups) else None
    if amdahl is None:
        return None
    row = {
        "group": group,
        "worker_counts": len(counts),
        "rounds": len(speedups),
        "interval": BOOTSTRAP if len(speedups) >= MIN_ROUNDS else None,
        **amdahl.serial.columns("serial"),
    }
    reaches_bend = counts[-1] > series["usable_cpus"].max() / 2  # speedups far below the bend do not show where it is
    usl = fit_usl(counts, speedups) if reaches_bend else None
    if usl is not None:
        row |= usl.sigma.columns("sigma") | usl.kappa.columns("kappa") | usl.peak.columns("peak_workers")
    return row
