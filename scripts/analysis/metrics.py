"""The figures that workloads name, each with its interval over the rounds."""

import json
import math

import pandas as pd

from scripts.analysis.columns import KEYS
from scripts.analysis.statistics import intervals

_COMBINATION = [column.name for column in KEYS if column.name != "workers"]
CLOPPER_PEARSON = "clopper_pearson"


def metrics(runs):
    """The table: a row a combination and metric that is a number.

    runs: a row a run and use, with the metrics of its median sample as JSON. A metric x_share beside the counts x and x_of
    is a share: its interval is that of the counts summed over the rounds.
    """
    rows = []
    good = runs[runs["status"] == "ok"]
    for key, group in good.groupby(_COMBINATION, dropna=False, sort=False):
        found = list(map(json.loads, group["metrics"]))
        own = {**dict(zip(_COMBINATION, key, strict=True)), "workers": group["workers"].iloc[0]}
        for name in dict.fromkeys(name for one in found for name in one):
            values = [one[name] for one in found if _is_number(one.get(name))]
            if values:
                estimate, kind = _estimate(name, values, found)
                ends = {"value": estimate.value, "value_low": estimate.low, "value_high": estimate.high}
                rows.append({**own, "metric": name, "rounds": len(values), **ends, "interval": kind})
    return pd.DataFrame(rows)


def _estimate(name, values, found):
    stem = name.removesuffix("_share")
    counts = [(one[stem], one[f"{stem}_of"]) for one in found if _is_number(one.get(f"{stem}_of")) and stem != name]
    counts = [(count, of) for count, of in counts if _is_number(count)]
    if not counts:
        estimate = intervals.median(values)
        return estimate, estimate.kind
    estimate = intervals.share(math.floor(sum(count for count, _ in counts)), math.ceil(sum(of for _, of in counts)))
    return estimate, CLOPPER_PEARSON


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
