"""What if the GIL were gone? Predictions for threads beside what was measured, and how far they miss, from the table `without_gil`."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import CI95
from gil_scaling.analysis.report.contention import FEW_ROUNDS
from gil_scaling.analysis.report.html_tables import Table, chosen_columns
from gil_scaling.analysis.representatives import typical_thread_rows

_COLUMNS = {  # {head: column}
    "build": "build",
    "workload": "panel",
    "backend": "series",
    **{name: name for name in ("workers", "speedup_ceiling", "tax", "predicted", "measured", "error")},
}


def typical(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each workload and build the plainest threads, with the most workers up to the usable CPUs; none without a prediction."""
    if rows["error"].isna().all():
        return rows.head(0)
    return typical_thread_rows(rows, ["panel", "build"])


def sentences(rows: pd.DataFrame) -> Iterator[str]:
    """How far the predictions of each build miss, over all its workloads, and what is not predicted. rows: as typical gives them."""
    for (build, reference), own in rows.groupby(["build", "reference_build"], sort=False):
        known = own[own["error"].notna()].sort_values("error")
        if len(known):
            yield (
                f"For threads on {build}, processes on {reference} and the tax predict {_describe_errors(known)} the speedup that "
                f"is measured{_describe_range(known)}.{_no_claim(known)}"
            )
    for reason, own in rows[rows["error"].isna()].groupby("reason", sort=False):
        yield f"Not predicted: {phrases.join_words(own['panel'].drop_duplicates())}: {reason}."


def _describe_errors(rows: pd.DataFrame) -> str:
    """The error of one workload with its interval, or the median over several."""
    if len(rows) == 1:
        row = rows.iloc[0]
        error = phrases.format_ratio_ci(*(row[f"error{end}"] for end in ("", "_low", "_high")))
        return f"of {row['panel']} {error} times"
    return f"over {len(rows)} workloads in the median {phrases.format_ratio(rows['error'].median())} times"


def _describe_range(rows: pd.DataFrame) -> str:
    """The smallest and the largest error of several workloads."""
    if len(rows) == 1:
        return ""
    ends = [f"{phrases.format_ratio(row['error'])} ({row['panel']})" for _, row in rows.iloc[[0, -1]].iterrows()]
    return f", from {ends[0]} to {ends[1]}"


def _no_claim(rows: pd.DataFrame) -> str:
    """Of one workload, whose interval is shown, that it is none."""
    return FEW_ROUNDS if len(rows) == 1 and rows["interval"].ne(CI95).all() else ""


def table(rows: pd.DataFrame) -> Table:
    """The predictions beside what was measured."""
    return chosen_columns(rows[rows["error"].notna()], _COLUMNS, ["without_gil"])
