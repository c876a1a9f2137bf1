"""Which build and which kind of backend is the best choice for a workload, and by how much."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from gil_scaling.analysis.statistics.claims import claim
from gil_scaling.analysis.tables.candidates import find_candidates, margin, rank, rounds_of
from gil_scaling.analysis.tables.combinations import Arrays, with_keys

_WORKLOAD = ["machine", "experiment", "workload", "params", "scaling"]


def choices(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per build and kind of backend that ran a workload with its parameters, the best of them first.

    runs: as pairing.with_baselines returns them. Each build and kind is represented by its backend, number of workers and
    switch interval with the smallest median time. The first of these is compared with each of the others, over the rounds
    that both have: the margin is the time of the other one / that of the first, and claims stand alone, as in the table
    fastest: the first is the best choice where each comparison claims that it is faster. With weak scaling the time is that
    of one task list. For example, of 1.0 s on one build and 1.5 s on another, both without noise, the margin is 1.5.

    Measured in 4,000 simulated sweeps of 6 and of 12 rounds, with 8 % of noise and without a difference: the best of two
    kinds was called the best choice in 4 % and 6 % where it was chosen among 1 and 6 combinations, of more kinds in 0.3 %.
    """
    candidates = find_candidates(runs, _WORKLOAD)
    ranked = rank(candidates, _WORKLOAD, ["python", "backend_kind"])
    rounds = rounds_of(candidates, ranked)
    rows = [row for _, group in ranked.groupby(_WORKLOAD, sort=False) for row in _rows(group, rounds)]
    return with_keys(rows, candidates, "choices")


def _rows(ranked: pd.DataFrame, rounds: dict[str, Arrays]) -> Iterator[dict[str, Any]]:
    """The rows of a workload; ranked: a row per candidate, the fastest first."""
    best = rounds[ranked.index[0]]
    for place, (combination, time_s) in enumerate(ranked["cost_s"].items(), 1):
        row = {"combination": combination, "place": place, "time_s": time_s}
        if place > 1:
            ratio = margin(best, rounds[combination])
            row |= {**ratio.columns("margin"), "claim": claim(ratio.estimate)}
        yield row
