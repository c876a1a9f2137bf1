"""The noise floor of a machine: what two names of the same build differ by, and what disturbed the runs."""

import json
import math

import numpy as np
import pandas as pd

from gil_scaling.analysis.statistics import claims, intervals
from gil_scaling.analysis.tables.pairing import COMBINATION, column, combinations, ratio_of

_DISTURBANCES = ("noisy", "drifting")
_COUNTED = (*_DISTURBANCES, "throttled")  # which a run's own workers may have caused


def twins(builds):
    """{name: name of the first build that is the same}: of one fingerprint, with the same options and environment."""
    first, found = {}, {}
    for name, build in builds.items():
        own = json.dumps([build["fingerprint"], build["options"], build["env"]], sort_keys=True)
        if first.setdefault(own, name) != name:
            found[name] = first[own]
    return found


def noise(runs, builds):
    """The table: a row a combination of a build that has a twin, with the ratio of their times over the rounds."""
    rows = []
    good = runs[runs["status"] == "ok"]
    by_round = {_round_key(run): run for run in good.to_dict("records")}
    for name, first in twins(builds).items():
        for key, group in combinations(good[good["python"] == name]):
            pairs = [(run, by_round.get(_round_key({**run, "python": first}))) for run in group.to_dict("records")]
            pairs = [(run, other) for run, other in pairs if other is not None]
            if pairs:
                rows.append({**key, "against": first, **_compared(pairs)})
    return pd.DataFrame(rows)


def _compared(pairs):
    below, above = (np.array([one["timed_s"] for one in side]) for side in zip(*pairs, strict=True))
    estimate, pairing = ratio_of(above, below, all(run["call"] == other["call"] for run, other in pairs))
    is_enough = len(pairs) >= intervals.MIN_ROUNDS
    return {
        "rounds": len(pairs),
        **estimate.columns("ratio"),
        "interval": estimate.kind,
        "pairing": pairing,
        "claim": claims.claim(estimate) if is_enough else claims.NO_CLAIM,
    }


def _round_key(run):
    values = (run[name] for name in (*COMBINATION, "round"))
    return tuple(None if value != value else value for value in values)  # a NaN is not equal to itself


def floor(table):
    """What a noise table says of its machine, None where it allows no claim.

    different_share: of the combinations called faster or slower though nothing differs, with its interval;
    floor: the 95 % quantile of how far the ratios are from 1, as a share (the largest where there are fewer than 20);
    typical: their median.
    """
    judged = table[table["claim"] != claims.NO_CLAIM] if len(table) else table
    if not len(judged):
        return None
    different = int(judged["claim"].isin([claims.FASTER, claims.SLOWER]).sum())
    distances = np.expm1(np.abs(np.log(judged["ratio"].to_numpy(float))))
    return {
        "combinations": len(judged),
        "different": different,
        "different_share": intervals.share(different, len(judged)),
        "floor": float(np.quantile(distances, 0.95, method="higher")),
        "typical": float(np.median(distances)),
    }


def quality(runs):
    """The table: for each build and backend how many runs were disturbed, repeated, or waited for."""
    good = runs[runs["status"] == "ok"].drop_duplicates("run")
    rows = []
    for (machine, python, backend), group in good.groupby(["machine", "python", "backend"], sort=True):
        flags = [set(words) for words in group["flags"]]
        counts = {name: sum(name in words for words in flags) for name in _COUNTED}
        row = {"machine": machine, "python": python, "backend": backend, "runs": len(group), **counts}
        waited_s = math.fsum(column(group, "waited_s"))
        rows.append({**row, "repeated": int((column(group, "attempts") - 1).sum()), "waited_s": waited_s})
    return pd.DataFrame(rows)


def is_disturbed(flags):
    """Whether a run's flags say that something else disturbed it."""
    return not set(_DISTURBANCES).isdisjoint(flags)
