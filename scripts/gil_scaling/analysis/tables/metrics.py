"""The figures that workloads name, each with its interval over the rounds."""

import json

import pandas as pd

from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.tables.pairing import combinations

CLOPPER_PEARSON = "clopper_pearson"


def metrics(runs):
    """The table: a row a combination and metric that is a number.

    runs: a row a run and use, with the medians of its metrics over its samples as JSON, and the object column `counts`. The
    interval is that of the median over the rounds, also of a metric that is itself a quantile: the requests of one process
    are not independent. A metric x_share beside the counts x and x_of is a share: its interval is that of the counts
    summed over all samples that count, which takes each of the counted for itself; how the rounds differ, x tells.
    """
    rows = []
    for own, group in combinations(runs[runs["status"] == "ok"]):
        found = list(map(json.loads, group["metrics"]))
        for name in dict.fromkeys(name for one in found for name in one):
            values = [one[name] for one in found if _is_number(one.get(name))]
            if values:
                estimate, kind = _estimate(name, values, group["counts"])
                rows.append(
                    {**own, "metric": name, "rounds": len(values), **estimate.columns("value"), "interval": kind}
                )
    return pd.DataFrame(rows)


def _estimate(name, values, counts):
    stem = name.removesuffix("_share")
    sums = [found[stem] for found in counts if stem != name and stem in found]
    if not sums:
        estimate = intervals.median(values)
        return estimate, estimate.kind
    return intervals.share(sum(count for count, _ in sums), sum(of for _, of in sums)), CLOPPER_PEARSON


def sums_of_counts(metrics):
    """{name: (count, of how many)} summed over the samples, of those metrics x that have an x_of beside them.

    metrics: a dictionary of each sample.
    """
    found = {}
    for one in metrics:
        for name, of in one.items():
            stem = name.removesuffix("_of")
            if stem != name and _is_whole(of) and _is_whole(one.get(stem)):
                before = found.get(stem, (0, 0))
                found[stem] = (before[0] + one[stem], before[1] + of)
    return found


def _is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
