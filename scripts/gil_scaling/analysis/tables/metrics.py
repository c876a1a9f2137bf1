"""The metrics that workloads name, each with its interval over the rounds."""

from collections import defaultdict
from typing import TypeGuard

import numpy as np
import pandas as pd

from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.tables.combinations import with_keys
from gil_scaling.analysis.tables.pairing import Array, Rounds

CLOPPER_PEARSON = "clopper_pearson"


def metrics(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per combination and metric that is a number.

    runs: the object column `metrics` holds the median of each metric over the samples of a run, `counts` what sum_counts
    returns. The interval is that of the median over the rounds, also of a metric that is itself a quantile: the requests
    of one process are not independent. A metric x_share beside the counts x and x_of is a share: its interval is that of
    the counts summed over all timed samples, as if each counted event were independent; x shows how the rounds differ.
    """
    good = runs[runs["status"] == "ok"]
    counts = defaultdict(list)
    for combination, run_counts in zip(good["combination"], good["counts"], strict=True):
        for name, pair in run_counts.items():
            counts[combination, f"{name}_share"].append(pair)
    better = dict(zip(good["combination"], good["better"], strict=True))
    rows = []
    for (combination, name), (_, _, numbers) in metric_rounds(runs).items():
        estimate, interval = _estimate(numbers, counts.get((combination, name)))
        row = {"combination": combination, "metric": name, "rounds": len(numbers), "interval": interval}
        rows.append({**row, "better": better[combination].get(name), **estimate.columns("value")})
    return with_keys(rows, good, "metrics")


def metric_rounds(runs: pd.DataFrame) -> dict[tuple[str, str], Rounds]:
    """{(combination, metric): its values} of the runs that are ok, of the metrics that are numbers."""
    good = runs[runs["status"] == "ok"]
    found = defaultdict(list)
    for combination, number, call, run_metrics in zip(
        good["combination"], good["round"], good["call"], good["metrics"], strict=True
    ):
        for name, value in run_metrics.items():
            if _is_number(value):
                found[combination, name].append((number, call, value))
    return {name: _columns(rows) for name, rows in found.items()}


def _columns(rows: list[tuple[int, str, float]]) -> Rounds:
    rounds, calls, values = zip(*rows, strict=True)
    return Rounds(np.array(rounds), np.array(calls, object), np.array(values, float))


def _estimate(values: Array, counts: list[tuple[int, int]] | None) -> tuple[intervals.Estimate, str]:
    """The estimate of a metric and the kind of its interval; counts: (count, total) of each round of a share."""
    if counts is None:
        estimate = intervals.median(values)
        return estimate, estimate.kind
    return intervals.share(sum(count for count, _ in counts), sum(total for _, total in counts)), CLOPPER_PEARSON


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
