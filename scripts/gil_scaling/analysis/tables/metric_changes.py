"""The table `metric_changes`: each metric compared with its baseline, with another build, and with an earlier time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import BASELINE, BETTER, CONTROLS, MACHINE, PAIRED, UNPAIRED, WORSE
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, SLOWER, claim, claim_difference
from gil_scaling.analysis.statistics.intervals import Estimate
from gil_scaling.analysis.tables.combinations import key_columns
from gil_scaling.analysis.tables.metrics import metric_rounds
from gil_scaling.analysis.tables.pairing import Array, Rounds, in_one_call
from gil_scaling.analysis.tables.pairs import ByCase, Pair, Side, describe_pairs

_WORDS = {FASTER: BETTER, SLOWER: WORSE}
_MIN_POSITIVE = 1e-100  # of values that have a ratio, so that no ratio is infinite


def metric_changes(runs: pd.DataFrame, pairs: list[Pair]) -> pd.DataFrame:
    """The table: one row per combination, metric that is a number, and what it is compared with.

    runs: as read.Frames has them; pairs: as find_pairs returns them. The baseline is sequential of the same build at the
    same switch interval, or the first one; where sequential was not measured, the fewest workers of the same backend. With
    weak scaling there is none, as more workers do more tasks. Metrics of different machines are not compared. Values are
    paired by round as times are. The claim rests on the ratio, and where a value is 0 or negative on the difference; a
    metric of which the workload does not declare which values are better has none.
    """
    values = metric_rounds(runs)
    metrics: dict[str, dict[str, Rounds]] = {}
    for (combination, metric), rounds in values.items():
        metrics.setdefault(combination, {})[metric] = rounds
    is_compared = runs["status"].eq("ok") & ~runs["role"].isin(CONTROLS) & runs["combination"].isin(metrics)
    first = runs[is_compared].drop_duplicates("combination").reset_index(drop=True)
    places, against, of_pairs, rows = [], [], [], []
    for place, other, pair in _find_both(first, pairs):
        own, others = (metrics[first["combination"].iat[number]] for number in (place, other))
        better = first["better"].iat[place]
        for metric in (name for name in own if name in others):
            rows.append({"metric": metric, **_row(own[metric], others[metric], better.get(metric))})
            places.append(place)
            against.append(first["label"].iat[other])
            of_pairs.append(pair)
    table = pd.concat([key_columns(first, places, "metric_changes"), pd.DataFrame(rows)], axis=1)
    return describe_pairs(table.assign(against_label=against), of_pairs)


def _find_both(first: pd.DataFrame, pairs: list[Pair]) -> Iterator[tuple[int, int, Pair]]:
    """(row number of a combination, that of what it is compared with, their builds) of one row per combination."""
    sides = [Side(*each) for each in first[["machine", "python"]].itertuples(index=False)]
    for place, base in _find_baselines(first).items():
        yield place, base, Pair(sides[place], sides[base], BASELINE)
    by_case = ByCase(first)
    for pair in pairs:
        if pair.kind != MACHINE:
            yield from ((int(own[0]), int(other[0]), pair) for own, other in by_case.both(pair))


def _find_baselines(first: pd.DataFrame) -> dict[int, int]:
    """{row number: that of its baseline} of one row per combination, where it has one."""
    found: dict[int, int] = {}
    columns = ["block", "line", "backend_kind", "switch_interval_s", "workers"]
    strong = first.loc[first["scaling"].ne("weak"), columns]
    for _, block in strong.groupby("block", sort=False):
        sequential = block[block["backend_kind"] == "sequential"]
        for _, line in block.drop(sequential.index).groupby("line", sort=False):
            interval = line["switch_interval_s"].iloc[0]
            at_interval = sequential[sequential["switch_interval_s"].astype(float) == interval]
            fewest = line[line["workers"] == line["workers"].min()]
            base = next(part.index[0] for part in (at_interval, sequential, fewest, line) if len(part))
            found.update({place: base for place in line.index if place != base})
    return found


def _row(own: Rounds, other: Rounds, better: str | None) -> dict[str, Any]:
    """How one metric differs from that of the other side, and what it rests on."""
    pairs = in_one_call(own, other)
    is_paired = pairs is not None
    values, others = pairs or (own.values, other.values)
    ratio, difference = _estimates(values, others, is_paired=is_paired)
    return {
        "better": better,
        "value": float(np.median(own.values)),
        "against_value": float(np.median(other.values)),
        **ratio.columns("ratio"),
        **difference.columns("difference"),
        "rounds": len(values),
        "against_rounds": len(others),
        "interval": difference.kind,
        "pairing": PAIRED if is_paired else UNPAIRED,
        "claim": None if better is None else judge_metric(values, others, ratio, difference, better),
    }


def _estimates(values: Array, others: Array, *, is_paired: bool) -> tuple[Estimate, Estimate]:
    """The ratio values / others, unknown where one of them is 0 or negative, and the difference values − others."""
    has_ratio = min(values.min(), others.min()) > _MIN_POSITIVE
    if is_paired:
        ratio = intervals.paired_ratio(values / others) if has_ratio else intervals.UNKNOWN
        return ratio, intervals.paired_difference(values - others)
    enough = intervals.MIN_ROUNDS
    ratio = intervals.unpaired_ratio(values, others, enough) if has_ratio else intervals.UNKNOWN
    return ratio, intervals.unpaired_difference(values, others, enough)


def judge_metric(values: Array, others: Array, ratio: Estimate, difference: Estimate, better: str) -> str:
    """The claim about values compared with others; better: "lower" or "higher".

    ratio: of values / others; where it is unknown, the difference counts, relative to the smaller of the two medians.
    """
    if not math.isnan(ratio.value):
        word = claim(_inverse(ratio) if better == "lower" else ratio)
    else:
        scale = float(np.min(np.abs([np.median(values), np.median(others)])))
        word = claim_difference(_negative(difference) if better == "lower" else difference, scale)
    return _WORDS.get(word, word)


def _inverse(ratio: Estimate) -> Estimate:
    return Estimate(1 / ratio.value, 1 / ratio.high, 1 / ratio.low, ratio.kind)


def _negative(difference: Estimate) -> Estimate:
    return Estimate(-difference.value, -difference.high, -difference.low, difference.kind)
