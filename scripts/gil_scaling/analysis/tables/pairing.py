"""Pairs each run with its sequential baseline, and gives the ratio of their times over the rounds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gil_scaling.analysis.columns import PAIRED, UNPAIRED
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.intervals import Estimate

Array = npt.NDArray[Any]

_OF_BASE = ("run", "call", "total_s", "work_s", "task_cpu_s", "durations", "occupancy")


def with_baselines(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of known builds with their times, and with those of their baselines beside them.

    runs: as in read.Frames. Added: timed_s, the time that counts; lists, the number of task lists that the run did (with weak
    scaling one per worker); base_<name>, of the sequential run of the same block and round, and reference_<name>, of that on
    the reference build, for the names run, call, timed_s (the same kind of time as the run's), total_s, work_s, task_cpu_s,
    durations and occupancy; all are missing where there is no baseline. Combinations whose baseline is warm have the flag
    warm_state and no speedup. Without a baseline, their own flag counts: many threads may be slow the first time that they run
    in a process, whatever their tasks leave in it.
    """
    runs = runs[runs["python"].notna()].reset_index(drop=True)
    runs = runs.reindex(columns=list(dict.fromkeys([*runs.columns, *_OF_BASE])))
    runs["lists"] = np.where(runs["scaling"].eq("weak"), runs["workers"].astype(float), 1.0)
    runs["timed_s"] = timed(runs)
    is_warm = _is_warm(runs)
    is_sequential = runs["backend_kind"].eq("sequential") & runs["status"].eq("ok")
    has_base = runs["block"].isin(runs.loc[is_sequential, "block"])
    has_warm_base = runs["block"].isin(runs.loc[is_sequential & is_warm, "block"])
    runs["no_speedup"] = runs["no_speedup"].eq(True) | has_warm_base
    runs["flags"] = [
        _with_warm_state(*each) for each in zip(runs["flags"], has_warm_base | (is_warm & ~has_base), strict=True)
    ]
    is_base = is_sequential & ~runs["no_speedup"].eq(True)
    bases = runs.loc[is_base, ["block", "round", "switch_interval_s", *_OF_BASE]]
    parts = [key.astype("str") for key in (runs["machine"], runs["reference"])]
    other = parts[0].str.cat([parts[1], runs["block"].str.split("|", n=2).str[2]], sep="|")
    return pd.concat(
        [runs, _matched(runs, runs["block"], bases, "base_"), _matched(runs, other, bases, "reference_")], axis=1
    )


def _with_warm_state(flags: Any, is_warm: bool) -> Any:
    """The flags of a run, with warm_state exactly if it is warm; what stands for unknown ones as it is."""
    if not isinstance(flags, list):
        return flags
    return [flag for flag in flags if flag != "warm_state"] + ["warm_state"] * is_warm


def _is_warm(runs: pd.DataFrame) -> pd.Series:
    """Whether more than half of the runs of a combination have the flag warm_state."""
    has_flag = runs["flags"].map(lambda flags: isinstance(flags, list) and "warm_state" in flags)
    share = has_flag.where(runs["status"].eq("ok")).astype(float).groupby(runs["combination"]).transform("mean")
    return share.gt(0.5)


def _matched(runs: pd.DataFrame, block: pd.Series, bases: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """The columns of the baseline of each run; block: that of the baseline."""
    places = _places_of_baselines(bases, _keys(block, runs))
    taken = bases[list(_OF_BASE)].reset_index(drop=True).reindex(places).reset_index(drop=True)
    taken["timed_s"] = timed(taken.assign(timed=runs["timed"]))
    return taken.add_prefix(prefix)


_Key = tuple[str, int, float]


def _keys(block: pd.Series, runs: pd.DataFrame) -> list[_Key]:
    intervals_s = runs["switch_interval_s"].astype(float)
    return list(zip(block.tolist(), runs["round"].tolist(), intervals_s.tolist(), strict=True))


def _places_of_baselines(bases: pd.DataFrame, wanted: list[_Key]) -> list[int]:
    """The row number of each baseline: of the last one at the switch interval, else of the first one of the round, else -1."""
    keys = _keys(bases["block"], bases)
    at_interval = {key: place for place, key in enumerate(keys)}  # NaN, unlike None, equals nothing
    in_round = {key[:2]: place for place, key in reversed(list(enumerate(keys)))}
    return [at_interval.get(key, in_round.get(key[:2], -1)) for key in wanted]


def timed(runs: pd.DataFrame) -> pd.Series:
    """The time that counts for each run, in seconds: work_s or total_s."""
    return runs["work_s"].where(runs["timed"].eq("work"), runs["total_s"]).astype(float)


class Ratio(NamedTuple):
    """A ratio of times over the rounds, and how it was taken."""

    estimate: Estimate
    pairing: str

    def columns(self, name: str) -> dict[str, Any]:
        """The estimate as Estimate.columns, and the columns interval and pairing."""
        return {**self.estimate.columns(name), "interval": self.estimate.kind, "pairing": self.pairing}


def ratio_of(above: Array, below: Array, is_one_call: bool) -> Ratio:
    """The ratio of two times over the rounds; above, below: (rounds,), the same round at each place."""
    if is_one_call:
        return Ratio(intervals.paired_ratio(above / below), PAIRED)
    return Ratio(intervals.unpaired_ratio(above, below), UNPAIRED)


def medians_differ(above: Array, below: Array, ratio: float) -> bool:
    """Whether the quotient of the medians of two times is more than 10 % away from the estimate of their ratio, if known.

    For example, with times of 1, 2 and 9 s over 1, 6 and 3 s the quotient is 0.67, the median of the ratios 1.
    """
    if np.isnan(ratio):
        return False
    return bool(abs(np.log(np.median(above) / np.median(below) / ratio)) > np.log(1.1))


class Rounds(NamedTuple):
    """One value per run of a combination, such as the time per task list in s: their rounds, calls, values; each (rounds,)."""

    rounds: Array
    calls: Array
    values: Array


def compare_rounds(own: Rounds, other: Rounds) -> Ratio:
    """The ratio other / own: within the rounds that both have where one call measured both in each, else unpaired.

    Below 6 rounds of either, the estimate is a range.
    """
    pairs = in_one_call(own, other)
    if pairs is not None:
        return ratio_of(pairs[1], pairs[0], is_one_call=True)
    estimate = intervals.unpaired_ratio(other.values, own.values, intervals.MIN_ROUNDS)
    return Ratio(estimate, UNPAIRED)


def in_one_call(own: Rounds, other: Rounds) -> tuple[Array, Array] | None:
    """The values of both in the rounds that both have, None where not one call measured both in each."""
    _, mine, theirs = np.intersect1d(own.rounds, other.rounds, return_indices=True)
    is_one_call = len(mine) > 0 and bool((own.calls[mine] == other.calls[theirs]).all())
    return (own.values[mine], other.values[theirs]) if is_one_call else None
