"""The tables `changes` and `means`: a combination on another build, and on one machine at another time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import BUILD, MACHINE, PAIRED, UNPAIRED
from gil_scaling.analysis.documents import Builds
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import claim
from gil_scaling.analysis.tables.combinations import Arrays, key_columns
from gil_scaling.analysis.tables.pairing import Array, Rounds, compare_rounds, medians_differ
from gil_scaling.analysis.tables.pairs import ByCase, Pair, Side, describe_pairs
from gil_scaling.analysis.tables.summary import unlike

COLUMNS = ("round", "call", "cost_s", "flags")  # of the runs, that a gain rests on


def changes(good: pd.DataFrame, pairs: list[Pair], builds: Builds) -> dict[str, pd.DataFrame]:
    """The tables {"changes": one row per case that both sides of a pair have, "means": one row per way to run several}.

    good: as pairs.comparable returns the runs. The gain is the time of the other side over the time of this one: within the
    rounds that both have, where one call of Snakemake measured both in each, else of all rounds, unpaired, which takes a
    machine that has become slower in between for the build. Times of different machines are not compared; the table shapes
    compares their speedups.
    The mean is geometric, over the workloads of an experiment in each round that has all of them; its interval is that of
    its ratio over the rounds. Source: Fleming and Wallace, How not to lie with statistics (CACM 29, 1986).
    """
    found = _Changes(good, builds)
    within = [pair for pair in pairs if pair.kind != MACHINE]
    both = [(pair, own, other) for pair in within for own, other in found.by_case.both(pair)]
    rows = [found.row(*part) for part in both]
    keys = key_columns(good, [own[0] for _, own, _ in both], "changes")
    table = describe_pairs(pd.concat([keys, pd.DataFrame(rows)], axis=1), [pair for pair, _, _ in both])
    means = [(pair, *part) for pair in within for part in found.means(pair)]
    keys = key_columns(good, [first for _, first, _ in means], "means")
    of_means = describe_pairs(
        pd.concat([keys, pd.DataFrame([row for *_, row in means])], axis=1), [pair for pair, *_ in means]
    )
    return {"changes": table, "means": of_means}


class _Changes:
    """Makes the rows; holds the columns of the runs as arrays."""

    def __init__(self, good: pd.DataFrame, builds: Builds) -> None:
        self.builds = builds
        self.by_case = ByCase(good)
        self.columns = {name: good[name].to_numpy() for name in COLUMNS}
        self.sources, self.ways = (good[name].to_numpy(object) for name in ("source", "way"))

    def row(self, pair: Pair, own: Array, other: Array) -> dict[str, Any]:
        """What one case gains; own, other: row numbers of its runs."""
        sources = [{source for source in self.sources[rows] if isinstance(source, str)} for rows in (own, other)]
        conditions = {
            "unlike_builds": pair.kind == BUILD and unlike(self._build(pair.side), self._build(pair.against)),
            "unlike_sources": all(sources) and sources[0] != sources[1],
        }
        return gain_row(self._runs(own), self._runs(other), conditions)

    def _runs(self, rows: Array) -> Arrays:
        return {name: values[rows] for name, values in self.columns.items()}

    def _build(self, side: Side) -> Any:
        return self.builds.get((side.machine, side.python))

    def means(self, pair: Pair) -> Iterator[tuple[int, dict[str, Any]]]:
        """(a row number of its runs, the row) per way to run at least two workloads that both sides have in some round."""
        by_way: dict[str, list[tuple[Array, Array]]] = {}
        for own, other in self.by_case.both(pair):
            by_way.setdefault(self.ways[own[0]], []).append((own, other))
        for several in (groups for groups in by_way.values() if len(groups) > 1):
            own_mean, other_mean = (self._geometric_mean(side) for side in zip(*several, strict=True))
            if len(own_mean.rounds) and len(other_mean.rounds):
                yield several[0][0][0], {"workloads": len(several), **judge_rounds(own_mean, other_mean)}

    def _geometric_mean(self, groups: tuple[Array, ...]) -> Rounds:
        """Geometric mean of the groups in each round that has all of them; its call names that of each group in turn."""
        numbers, of_runs, cost_s, _ = self.columns.values()
        rounds = reduce(np.intersect1d, (numbers[rows] for rows in groups))
        chosen = [_in_rounds(rows, numbers, rounds) for rows in groups]
        logs = np.log([cost_s[rows] for rows in chosen])
        calls = np.array([" ".join(map(str, of_runs[list(rows)])) for rows in zip(*chosen, strict=True)], dtype=object)
        return Rounds(rounds, calls, np.exp(logs.mean(axis=0)))


def _in_rounds(rows: Array, rounds: Array, wanted: Array) -> Array:
    places = dict(zip(rounds[rows], rows, strict=True))
    return np.array([places[number] for number in wanted], dtype=int)


def gain_row(own: Arrays, other: Arrays, conditions: Mapping[str, object]) -> dict[str, Any]:
    """The columns of the gain of some runs over others.

    own, other: their COLUMNS, as comparable returns them; conditions: {further flag: whether it holds}.
    """
    judged = judge_rounds(*(Rounds(side["round"], side["call"], side["cost_s"]) for side in (own, other)))
    conditions = {
        "few_rounds": judged["interval"] != intervals.CI95,
        "medians_differ": medians_differ(other["cost_s"], own["cost_s"], judged["gain"]),
        "separate_calls": judged["pairing"] == UNPAIRED,
        **conditions,
    }
    flags = {flag for side in (own, other) for flags in side["flags"] for flag in flags}
    return {
        "time_s": np.median(own["cost_s"]),
        "against_s": np.median(other["cost_s"]),
        **judged,
        "flags": ";".join(sorted(flags | {name for name, is_so in conditions.items() if is_so})),
    }


def judge_rounds(own: Rounds, other: Rounds) -> dict[str, Any]:
    """The gain of one side over the other, and what it rests on."""
    gain = compare_rounds(own, other)
    shared = len(np.intersect1d(own.rounds, other.rounds))
    rounds, against_rounds = (shared if gain.pairing == PAIRED else len(side.rounds) for side in (own, other))
    return {
        **gain.columns("gain"),
        "rounds": rounds,
        "against_rounds": against_rounds,
        "claim": claim(gain.estimate),
    }
