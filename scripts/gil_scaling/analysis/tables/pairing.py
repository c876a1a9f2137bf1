"""Finds for each run the one that it is held against, and the ratio of their times over the rounds."""

import math

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import KEYS
from gil_scaling.analysis.statistics import intervals

# What tells combinations apart: of `workers` only what was asked, for a run that failed tells no more.
COMBINATION = [key.name for key in KEYS if key.name != "workers"]
BLOCK = ("machine", "experiment", "python", "workload", "params")  # what shares a baseline

PAIRED, UNPAIRED = "paired", "unpaired"
_HELD = ["round", "call", "cost_s"]


class Baselines:
    """The sequential run of each block and round; where its own threads make the interval an axis, of each interval."""

    def __init__(self, runs):
        found = runs[(runs["backend"] == "sequential") & (runs["status"] == "ok") & ~runs["no_speedup"].eq(True)]
        self._rows = {}
        for row in found.to_dict("records"):
            block = (*(row[name] for name in BLOCK), row["round"])
            self._rows.setdefault(block, row)
            self._rows[(*block, row["switch_interval_s"])] = row

    def of(self, run, python=None):
        """The baseline of a run, on its own build or on another one; None where there is none."""
        block = {**{name: run[name] for name in BLOCK}, "python": python or run["python"]}
        key = (*(block[name] for name in BLOCK), run["round"])
        return self._rows.get((*key, run["switch_interval_s"]), self._rows.get(key))


def combinations(runs):
    """(keys as a dictionary, runs) of each combination; `workers` is what the first run that knows it had."""
    for key, group in runs.groupby(COMBINATION, dropna=False, sort=False):
        known = group["workers"].dropna()
        workers = known.iloc[0] if len(known) else math.nan
        yield {**dict(zip(COMBINATION, key, strict=True)), "workers": workers}, group


def with_times(runs):
    """The runs that belong to a build, with the column timed_s: the time that counts, in seconds."""
    runs = runs[runs["python"].notna()].copy()
    runs["timed_s"] = np.where(runs["timed"] == "work", column(runs, "work_s"), column(runs, "total_s"))
    return runs


def column(frame, name):
    """A column of a frame; of unknown values where it has none of this name."""
    return frame[name] if name in frame else pd.Series(math.nan, frame.index)


def ratio(pairs, times):
    """The ratio base / run over the rounds, and how it was taken: paired within one call of Snakemake, else unpaired.

    pairs: (run, base) of the rounds, base None where there is none; times: the name of the time that counts. With weak
    scaling the run did as many task lists as it had workers, so the ratio is that of the throughputs.
    """
    pairs = [(run, base) for run, base in pairs if base is not None]
    above = np.array([base[times] * lists_of(run) for run, base in pairs])
    below = np.array([run[times] for run, _ in pairs])
    return ratio_of(above, below, all(run["call"] == base["call"] for run, base in pairs))


def ratio_of(above, below, is_one_call):
    """The ratio of two times over the rounds, and how it was taken; above, below: (rounds,), the same round at each place."""
    if is_one_call:
        return intervals.paired_ratio(above / below), PAIRED
    return intervals.unpaired_ratio(above, below), UNPAIRED


def held_against(own, base):
    """The ratio base / own of the column cost_s, and how it was taken: within the rounds where one call measured both.

    own, base: a row a round, with the columns round, call and cost_s. Below 6 rounds of either, a range.
    """
    both = own[_HELD].merge(base[_HELD], on="round", suffixes=("", "_base"))
    if len(both) and both["call"].eq(both["call_base"]).all():
        return ratio_of(both["cost_s_base"].to_numpy(float), both["cost_s"].to_numpy(float), is_one_call=True)
    times = (side["cost_s"].to_numpy(float) for side in (base, own))
    return intervals.unpaired_ratio(*times, min_rounds=intervals.MIN_ROUNDS), UNPAIRED


def with_costs(runs):
    """The runs with the column cost_s: the time of one task list, in seconds; they have the column timed_s."""
    workers = runs["workers"].astype(float)
    return runs.assign(cost_s=runs["timed_s"].astype(float) / workers.where(runs["scaling"].eq("weak"), 1.0))


def one(run, base, times):
    """The ratio base / run of one round."""
    return base[times] * lists_of(run) / run[times]


def lists_of(run):
    """How many task lists a run did: one, or with weak scaling one for each worker."""
    return run["workers"] if run["scaling"] == "weak" else 1
