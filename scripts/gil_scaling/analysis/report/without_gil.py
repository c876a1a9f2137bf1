"""What if the GIL were gone? Predictions for threads, and how far such predictions miss, from the table `without_gil`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
    if rows["predicted"].isna().all():
        return rows.head(0)
    return typical_thread_rows(rows, ["panel", "build"])


def sentences(rows: pd.DataFrame) -> Iterator[str]:
    """How far the predictions of each build miss, over all its workloads, and what is not predicted. rows: as typical gives them.

    Where another sweep measured the tax, nothing is measured here: how far its own predictions missed.
    """
    for (build, reference), own in rows.groupby(["build", "reference_build"], sort=False):
        known = own[own["error"].notna()].sort_values("error")
        if len(known):
            yield (
                f"The speedup of threads on {build} that processes on {reference} and the tax predict is {_describe_errors(known)} "
                f"the measured one{_describe_range(known)}.{_no_claim(known)}"
            )
    for (build, source), own in rows.groupby(["build", "tax_source"], sort=False):
        yield (
            f"Without the GIL, threads are predicted to be {_describe_predictions(own)} times as fast as sequential on {build}: as "
            f"processes in steady state, less the tax of {own['tax_build'].iloc[0]} in {source} (the brackets combine "
            f"that of the processes with that of the tax; no claim). {_describe_their_errors(own.iloc[0])}"
        )
    for reason, own in rows[rows["predicted"].isna()].groupby("reason", sort=False):
        yield f"Not predicted: {phrases.join_words(own['panel'].drop_duplicates())}: {reason}."


def _describe_predictions(rows: pd.DataFrame) -> str:
    """The prediction of one workload, or of several the lowest and the highest, each with its interval."""
    ordered = rows.sort_values("predicted")
    ends = [
        f"{phrases.format_ratio_ci(*(row[f'predicted{end}'] for end in ('', '_low', '_high')))} ({row['panel']})"
        for _, row in ordered.iloc[[0, -1]].iterrows()
    ]
    return ends[0] if len(rows) == 1 else f"from {ends[0]} to {ends[1]}"


def _describe_their_errors(row: Mapping[str, Any]) -> str:
    """How far predictions missed in the sweep that the tax is from."""
    error, low, high = (phrases.format_ratio(row[f"tax_error{end}"]) for end in ("", "_low", "_high"))
    if row["tax_workloads"] == 1:
        return f"There the prediction of one workload was {error} times what was measured."
    return (
        f"There the predictions of {row['tax_workloads']} workloads were in the median {error} times what was measured, from {low} "
        f"to {high}."
    )


def _describe_errors(rows: pd.DataFrame) -> str:
    """The error of one workload with its interval, or the median over several."""
    if len(rows) == 1:
        row = rows.iloc[0]
        error = phrases.format_ratio_ci(*(row[f"error{end}"] for end in ("", "_low", "_high")))
        return f"for {row['panel']} {error} times"
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
    """The predictions beside what was measured, where it was."""
    return chosen_columns(rows[rows["predicted"].notna()], _COLUMNS, ["without_gil"])
