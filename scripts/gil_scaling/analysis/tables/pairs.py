"""Which results are compared with which: builds of one machine, one machine at two times, one machine and another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from gil_scaling.analysis.columns import AGAIN, BUILD, CONTROLS, MACHINE
from gil_scaling.analysis.tables.combinations import by_combination
from gil_scaling.analysis.tables.pairing import Array


class Side(NamedTuple):
    """A build on a machine; the machine is the label of its result set."""

    machine: str
    python: str


class Pair(NamedTuple):
    """A side and what it is compared with; kind is BUILD, AGAIN or MACHINE."""

    side: Side
    against: Side
    kind: str

    def reversed(self) -> Pair:
        """The same two the other way round."""
        return self._replace(side=self.against, against=self.side)


def find_pairs(summary: pd.DataFrame, builds: pd.DataFrame, machines: Mapping[str, str]) -> list[Pair]:
    """All pairs of a summary, none twice: each build and the reference build, and the same build on the first machine.

    builds: one row per build and machine. machines: {label: the machine's own label}, the first is what the others are
    compared with; two labels of one machine are the machine at two times. A free-threaded build that was measured with the
    GIL and without is compared with itself, too: the cost of the GIL apart from the build.
    """
    known = summary.drop_duplicates(["machine", "python", "reference"])
    known = known[known["python"].ne(known["reference"])]
    pairs = [
        Pair(Side(machine, python), Side(machine, reference), BUILD)
        for machine, python, reference in known[["machine", "python", "reference"]].itertuples(index=False)
    ]
    pairs += _same_build_with_gil(builds)
    pythons = summary.groupby("machine")["python"].agg(set).to_dict()
    labels = list(machines)
    for place, label in enumerate(labels):
        earlier = [other for other in labels[:place] if machines[other] == machines[label]]
        base, kind = (earlier[0], AGAIN) if earlier else (labels[0], MACHINE)
        if base != label:
            both = sorted(pythons.get(label, set()) & pythons.get(base, set()))
            pairs += [Pair(Side(label, python), Side(base, python), kind) for python in both]
    pairs = list(dict.fromkeys(pairs))
    return [pair for place, pair in enumerate(pairs) if pair.reversed() not in pairs[:place]]


def _same_build_with_gil(builds: pd.DataFrame) -> list[Pair]:
    """Pairs of one free-threaded build, without the GIL against with it."""
    free = builds[builds["free_threaded"].eq(True)].drop_duplicates(["machine", "python"])
    pairs = []
    for (machine, *_), variants in free.groupby(
        ["machine", "version", "compiler", "pgo", "lto", "jit"], sort=False, dropna=False
    ):
        on, off = (variants.loc[variants["gil"].eq(state), "python"] for state in (True, False))
        pairs += [Pair(Side(machine, name), Side(machine, other), BUILD) for name in off for other in on]
    return pairs


class ByCase:
    """Rows of a frame by side and case, to match the two sides of a pair."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self._rows: dict[Side, dict[str, Array]] = {}
        names = rows[["machine", "python", "case"]].to_numpy(object)
        for group in by_combination(rows):
            machine, python, case = names[group[0]]
            self._rows.setdefault(Side(machine, python), {})[case] = group

    def of(self, side: Side) -> dict[str, Array]:
        """{case: row numbers} of a side."""
        return self._rows.get(side, {})

    def matched(self, pair: Pair) -> Iterator[tuple[Array | None, Array | None]]:
        """(row numbers of the side, of the other one) per case that either has; None for those that one lacks."""
        own, other = self.of(pair.side), self.of(pair.against)
        for case in dict.fromkeys([*own, *other]):
            yield own.get(case), other.get(case)

    def both(self, pair: Pair) -> list[tuple[Array, Array]]:
        """The same per case that both have."""
        return [(own, other) for own, other in self.matched(pair) if own is not None and other is not None]


def comparable(runs: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """The runs whose times are compared, with cost_s, the time per task list: of workloads that have a speedup, no ceilings.

    runs: as pairing.with_baselines returns them; summary: theirs. Runs of an unknown number of workers are left out.
    """
    timed = summary.loc[summary["speedup"].notna(), ["machine", "workload"]].drop_duplicates()
    is_timed = runs[["machine", "workload"]].merge(timed, "left", indicator=True)["_merge"].eq("both").to_numpy()
    is_good = runs["status"].eq("ok") & ~runs["role"].isin(CONTROLS) & runs["timed_s"].gt(0) & runs["workers"].gt(0)
    good = runs[is_good & is_timed].reset_index(drop=True)
    return good.assign(cost_s=good["timed_s"] / good["lists"])


def describe_pairs(rows: pd.DataFrame, pairs: list[Pair]) -> pd.DataFrame:
    """The rows with the columns that name the other side of their pairs; one pair per row."""
    several = len({side.machine for pair in pairs for side in (pair.side, pair.against)}) > 1 or (
        len(rows) and rows["build"].str.contains(" · ", regex=False).any()
    )
    against = [pair.against for pair in pairs]
    return rows.assign(
        against_machine=[side.machine for side in against],
        against_python=[side.python for side in against],
        against_build=[f"{side.machine} · {side.python}" if several else side.python for side in against],
        kind=[pair.kind for pair in pairs],
    )
