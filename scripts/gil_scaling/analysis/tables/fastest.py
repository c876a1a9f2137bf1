"""Which backend is the fastest for a workload on a build, and by how much."""

from typing import Any

import pandas as pd

from gil_scaling.analysis.columns import ALONE, BLOCK, FASTEST, TIED
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, claim
from gil_scaling.analysis.tables.candidates import find_candidates, margin, rank, rounds_of, speedup_claim, speedup_of
from gil_scaling.analysis.tables.combinations import Arrays, with_keys

_CHOICE = [*BLOCK, "scaling"]  # whose candidates are compared


def fastest(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per workload with its parameters, and build.

    Each backend is represented by the number of workers (and the switch interval) with the smallest median time; the
    fastest of these is compared with each of the others, over the rounds that both have. It is called fastest where each
    of these comparisons alone claims so (an intersection–union test, which needs no correction for their number); those
    that do not are tied with it. The same rounds choose the candidates, which favours the first: the margin is that of
    these rounds. With weak scaling the time is that of one task list.

    Source: Hsu, Multiple Comparisons (1996), chapter 4, for comparisons with the best. For example, of 1.0, 1.5 and 1.02 s
    with 3 % of noise the first is tied with the third.
    """
    candidates = find_candidates(runs, _CHOICE)
    ranked = rank(candidates, _CHOICE, ["backend", "backend_params"])
    rounds = rounds_of(candidates, ranked)
    rows = [_row(group, [rounds[name] for name in group.index]) for _, group in ranked.groupby(_CHOICE, sort=False)]
    return with_keys(rows, candidates, "fastest")


def _row(ranked: pd.DataFrame, rounds: list[Arrays]) -> dict[str, Any]:
    """The row of a block; ranked: a row per candidate, the fastest first; rounds: their columns."""
    backends, labels = list(ranked["backend"]), list(ranked["label"])
    best, *rivals = rounds
    speedup = speedup_of(best)
    row = {
        "combination": ranked.index[0],
        **speedup.columns("speedup"),
        "claim": speedup_claim(speedup, best) if backends[0] != "sequential" else None,
        "candidates": len(ranked),
    }
    if not rivals:
        return {**row, "verdict": ALONE}
    margins = [margin(best, rival) for rival in rivals]
    tied = [label for label, (own, _) in zip(labels[1:], margins, strict=True) if claim(own) != FASTER]
    is_claim = all(own.kind == intervals.CI95 for own, _ in margins)
    return {
        **row,
        **margins[0].columns("margin"),
        "runner_up": labels[1],
        "runner_up_backend": backends[1],
        "verdict": (TIED if tied else FASTEST) if is_claim else NO_CLAIM,
        "tied": "; ".join(tied),
    }
