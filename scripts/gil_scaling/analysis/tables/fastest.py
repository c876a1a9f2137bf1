"""Which backend is the fastest for a workload on a build, and by how much."""

from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import ALONE, FASTEST, TIED
from gil_scaling.analysis.representatives import common_timed
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, claim
from gil_scaling.analysis.tables.combinations import Arrays, arrays, with_keys
from gil_scaling.analysis.tables.pairing import Costs, compare_costs, ratio_of

_CHOICE = ["block", "scaling"]  # whose candidates are compared


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
    is_candidate = runs["status"].eq("ok") & ~runs["no_speedup"].eq(True) & runs["role"].ne("ceiling")
    candidates = _with_costs(runs[is_candidate])
    ranked = _ranked(candidates)
    candidates = candidates[candidates["combination"].isin(ranked.index)]
    rounds = dict(arrays(candidates, ["round", "call", "cost_s", "base_call", "base_s"]))
    rows = [_row(group, [rounds[name] for name in group.index]) for _, group in ranked.groupby(_CHOICE, sort=False)]
    return with_keys(rows, candidates, "fastest")


def _with_costs(candidates: pd.DataFrame) -> pd.DataFrame:
    """The candidates with the time that counts for all of their block, cost_s of one task list and base_s of the baseline."""
    candidates = candidates.assign(timed=common_timed(candidates))
    is_work = candidates["timed"].eq("work")
    return candidates.assign(
        cost_s=candidates["work_s"].where(is_work, candidates["total_s"]) / candidates["lists"],
        base_s=candidates["base_work_s"].where(is_work, candidates["base_total_s"]),
    )


def _ranked(candidates: pd.DataFrame) -> pd.DataFrame:
    """The combination with the smallest median cost_s of each backend, the fastest first in each block: one row each."""
    backend = [*_CHOICE, "backend", "backend_params"]
    first = candidates.drop_duplicates("combination").set_index("combination")[[*backend, "label"]]
    medians = first.assign(cost_s=candidates.groupby("combination")["cost_s"].median())
    best = medians.loc[medians.groupby(backend, sort=False)["cost_s"].idxmin()]
    return best.sort_values("cost_s", kind="stable")


def _row(ranked: pd.DataFrame, rounds: list[Arrays]) -> dict[str, Any]:
    """The row of a block; ranked: a row per candidate, the fastest first; rounds: their columns."""
    backends, labels = list(ranked["backend"]), list(ranked["label"])
    best, *rivals = rounds
    speedup = _speedup(best)
    row = {
        "combination": ranked.index[0],
        **speedup.columns("speedup"),
        "claim": _claim(speedup, len(best["round"])) if backends[0] != "sequential" else None,
        "candidates": len(ranked),
    }
    if not rivals:
        return {**row, "verdict": ALONE}
    margins = [compare_costs(_costs(best), _costs(rival)) for rival in rivals]
    estimate, pairing = margins[0]
    tied = [label for label, (margin, _) in zip(labels[1:], margins, strict=True) if claim(margin) != FASTER]
    is_claim = all(margin.kind == intervals.CI95 for margin, _ in margins)
    return {
        **row,
        **estimate.columns("margin"),
        "runner_up": labels[1],
        "runner_up_backend": backends[1],
        "interval": estimate.kind,
        "pairing": pairing,
        "verdict": (TIED if tied else FASTEST) if is_claim else NO_CLAIM,
        "tied": "; ".join(tied),
    }


def _speedup(rounds: Arrays) -> intervals.Estimate:
    """The ratio baseline / this, paired where one call measured both."""
    has_base = ~np.isnan(rounds["base_s"])
    is_one_call = (rounds["call"] == rounds["base_call"])[has_base].all()
    return ratio_of(rounds["base_s"][has_base], rounds["cost_s"][has_base], bool(is_one_call))[0]


def _claim(speedup: intervals.Estimate, rounds: int) -> str:
    return claim(speedup) if rounds >= intervals.MIN_ROUNDS else NO_CLAIM


def _costs(rounds: Arrays) -> Costs:
    return Costs(rounds["round"], rounds["call"], rounds["cost_s"])
