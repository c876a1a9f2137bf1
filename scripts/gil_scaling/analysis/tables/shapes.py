"""The table `shapes`: how the scaling of machines compares, by speedups and efficiencies, never by seconds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import MACHINE, SHARE, UNPAIRED, WORKERS
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import claim
from gil_scaling.analysis.tables.combinations import key_columns
from gil_scaling.analysis.tables.pairing import Array
from gil_scaling.analysis.tables.pairs import ByCase, Pair, Side, describe_pairs

_COMPARED = ("speedup", "speedup_ceiling", "efficiency")


def shapes(good: pd.DataFrame, summary: pd.DataFrame, pairs: list[Pair]) -> pd.DataFrame:
    """The table: one row per case that two machines have, at equal workers, and at an equal share of the CPUs.

    good: as pairs.comparable returns the runs. The gain is the quotient of the speedups (at an equal share: of the
    efficiencies), each over the sequential run of its own round and machine, so that no second is compared with one of another
    machine; its interval is the unpaired one over the rounds of both. Where another call measured sequential, as after a
    backend was added, the row has the flag separate_calls.
    """
    is_parallel = good["backend_kind"].ne("sequential") & good["workers_asked"].ne("default")
    runs = good[is_parallel & good["base_timed_s"].notna()].reset_index(drop=True)
    found = _Shapes(runs, summary)
    rows = [part for pair in pairs if pair.kind == MACHINE for part in found.compare(pair)]
    keys = key_columns(runs, [own[0] for _, _, own, _ in rows], "shapes")
    table = pd.concat([keys, pd.DataFrame([found.row(at, own, other) for _, at, own, other in rows])], axis=1)
    return describe_pairs(table, [pair for pair, *_ in rows]).drop(columns="kind")


class _Shapes:
    """Makes the rows; holds the columns of the runs as arrays, and the summary by combination."""

    def __init__(self, runs: pd.DataFrame, summary: pd.DataFrame) -> None:
        self.by_case = ByCase(runs)
        self.lines, self.combinations = (runs[name].to_numpy(object) for name in ("line", "combination"))
        self.workers = runs["workers"].to_numpy(float)
        self.efficiency = (
            runs["base_timed_s"].to_numpy(float) * runs["lists"].to_numpy(float) / runs["timed_s"].to_numpy(float)
        )
        self.efficiency /= self.workers
        self.is_one_call = runs["call"].eq(runs["base_call"]).to_numpy()
        facts = summary.drop_duplicates("combination").set_index("combination")
        self.facts = facts[["usable_cpus", "workers", *_COMPARED]].astype(float)

    def compare(self, pair: Pair) -> Iterator[tuple[Pair, str, Array, Array]]:
        """(pair, what is equal, row numbers of the side, of the other one) per case."""
        for own, other in self.by_case.both(pair):
            yield pair, WORKERS, own, other
        mine, theirs = (self._by_share(side) for side in (pair.side, pair.against))
        for key, own in mine.items():
            if key in theirs and self.workers[own[0]] != self.workers[theirs[key][0]]:
                yield pair, SHARE, own, theirs[key]

    def _by_share(self, side: Side) -> dict[tuple[str, Fraction], Array]:
        found = {}
        for rows in self.by_case.of(side).values():
            usable = self.facts.at[self.combinations[rows[0]], "usable_cpus"]
            if usable > 0:
                found[self.lines[rows[0]], Fraction(int(self.workers[rows[0]]), int(usable))] = rows
        return found

    def row(self, at: str, own: Array, other: Array) -> dict[str, Any]:
        """How two cases compare; own, other: row numbers of their runs."""
        mine, theirs = (self.facts.loc[self.combinations[rows[0]]] for rows in (own, other))
        # At equal workers the quotient of the efficiencies is that of the speedups.
        estimate = intervals.unpaired_ratio(self.efficiency[own], self.efficiency[other], intervals.MIN_ROUNDS)
        return {
            "at": at,
            "usable_cpus": mine["usable_cpus"],
            "against_workers": theirs["workers"],
            "against_usable_cpus": theirs["usable_cpus"],
            **{name: mine[name] for name in _COMPARED},
            **{f"against_{name}": theirs[name] for name in _COMPARED},
            **estimate.columns("gain"),
            "rounds": len(own),
            "against_rounds": len(other),
            "interval": estimate.kind,
            "pairing": UNPAIRED,
            "claim": claim(estimate),
            "flags": "" if self.is_one_call[np.concatenate([own, other])].all() else "separate_calls",
        }
