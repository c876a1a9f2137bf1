"""What to use for a workload on a build: the cheapest choice that is not shown to be slower than the fastest."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gil_scaling.analysis.columns import BLOCK
from gil_scaling.analysis.representatives import distance_from_default
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, claim
from gil_scaling.analysis.tables.candidates import find_candidates, margin, rank, rounds_of, speedup_claim, speedup_of
from gil_scaling.analysis.tables.combinations import Arrays, with_keys
from gil_scaling.analysis.tables.pairing import Ratio

_CHOICE = [*BLOCK, "scaling"]  # whose combinations compete
_SAME_MEMORY = 1.05  # a smaller ratio of peaks is no reason to choose


def recommendations(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per workload with its parameters, and build.

    runs: as pairing.with_baselines returns them. All combinations compete. The fastest by its median is compared with each
    other over the rounds that both have (the regret: time of this one / time of the fastest). Those of which no comparison
    claims that they are slower may be recommended, if they are shown to be faster than sequential; where the fastest is not
    shown to be faster than sequential either, that is sequential. Of these the one with the fewest workers is, then nearest to
    the default switch interval, with the least memory, the fastest. Below 6 rounds the row is that of the fastest, and its
    claim is that there is none.

    For example, where 2 threads take 1.02 s, 4 threads 1.00 s and sequential 2.0 s, with 3 % of noise, it is 2 threads with a
    regret of 1.02. Each comparison stands alone, and the same rounds choose the fastest, which favours it: as in the table
    fastest.
    """
    candidates = find_candidates(runs, _CHOICE)
    ranked = rank(candidates, _CHOICE, ["case"])
    first = candidates.drop_duplicates("combination").set_index("combination").loc[ranked.index]
    ranked = ranked.assign(
        backend_kind=first["backend_kind"],
        workers=first["workers"].astype(float),
        interval_distance=distance_from_default(first).fillna(0),
        memory_mb=candidates.groupby("combination")["peak_memory_mb"].median(),
    )
    ranked = _without_baselines(ranked)
    rounds = rounds_of(candidates, ranked)
    rows = [_row(group, rounds) for _, group in ranked.groupby(_CHOICE, sort=False)]
    return with_keys(rows, candidates, "recommendations")


def _without_baselines(ranked: pd.DataFrame) -> pd.DataFrame:
    """Without sequential runs that nothing competes with: those of weak scaling, which are the baseline of other choices."""
    is_sequential = ranked["backend_kind"].eq("sequential")
    keys = {name: [ranked[key] for key in columns] for name, columns in (("choice", _CHOICE), ("block", BLOCK))}
    is_alone = is_sequential.groupby(keys["choice"]).transform("all")
    has_choices = (~is_sequential).groupby(keys["block"]).transform("any")
    return ranked[~(is_alone & has_choices)]


def _row(ranked: pd.DataFrame, rounds: Mapping[str, Arrays]) -> dict[str, Any]:
    """The row of a block; ranked: a row per combination, the fastest first."""
    fastest = ranked.index[0]
    speedups = {name: speedup_of(rounds[name]) for name in ranked.index}
    claims = {name: speedup_claim(speedups[name], rounds[name]) for name in ranked.index}
    regrets = {name: margin(rounds[fastest], rounds[name]) for name in ranked.index}
    chosen = fastest
    if claims[fastest] != NO_CLAIM:
        is_equal = np.array([claim(regret) not in (FASTER, NO_CLAIM) for regret, _ in regrets.values()])
        is_gain = _is_sequential(ranked) | np.array([each == FASTER for each in claims.values()])
        is_allowed = is_equal & is_gain
        chosen = _cheapest(ranked, is_allowed) if is_allowed.any() else fastest
    return {
        "combination": chosen,
        **speedups[chosen].columns("speedup"),
        "claim": claims[chosen],
        **_regret(regrets[chosen], is_fastest=chosen == fastest),
        "fastest": ranked["label"].iloc[0],
        **speedups[fastest].columns("fastest_speedup"),
        "candidates": len(ranked),
        "memory_mb": ranked["memory_mb"][chosen],
    }


def _is_sequential(ranked: pd.DataFrame) -> NDArray[np.bool_]:
    return np.array([kind == "sequential" for kind in ranked["backend_kind"]])


def _cheapest(ranked: pd.DataFrame, is_allowed: NDArray[np.bool_]) -> Any:
    """Of those allowed, the one with the fewest workers, then nearest to the default interval, with the least memory, the fastest."""
    workers, distance, memory_mb = (
        ranked[name].to_numpy(float) for name in ("workers", "interval_distance", "memory_mb")
    )
    workers = np.where(_is_sequential(ranked), 0, workers)
    is_cheap = is_allowed & (workers == np.fmin.reduce(workers[is_allowed]))
    is_cheap &= distance == np.fmin.reduce(distance[is_cheap])
    is_cheap &= ~(memory_mb > _SAME_MEMORY * np.fmin.reduce(memory_mb[is_cheap]))  # kept where it is not known
    return ranked.index[is_cheap][0]


def _regret(regret: Ratio, *, is_fastest: bool) -> dict[str, Any]:
    """The columns of the regret; of the fastest itself it is 1, without an interval."""
    return {"regret": 1.0, "interval": regret.estimate.kind} if is_fastest else regret.columns("regret")
