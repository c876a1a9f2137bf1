"""Which combinations compete to be the fastest, and the time that counts for all of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.representatives import common_timed
from gil_scaling.analysis.statistics.claims import NO_CLAIM, claim
from gil_scaling.analysis.statistics.intervals import MIN_ROUNDS, Estimate
from gil_scaling.analysis.tables.combinations import Arrays, arrays
from gil_scaling.analysis.tables.pairing import Ratio, Rounds, compare_rounds, ratio_of

_COLUMNS = ("round", "call", "cost_s", "base_call", "base_s")


def find_candidates(runs: pd.DataFrame, block: Sequence[str]) -> pd.DataFrame:
    """The runs that compete, with cost_s, the time of one task list in seconds, and base_s, that of their baseline.

    block: the columns that competing combinations share. The time is `work_s` for all of a block where it counts for any.
    """
    is_candidate = runs["status"].eq("ok") & ~runs["no_speedup"].eq(True) & ~runs["role"].isin(CONTROLS)
    candidates = runs[is_candidate]
    candidates = candidates.assign(timed=common_timed(candidates, block))
    is_work = candidates["timed"].eq("work")
    return candidates.assign(
        cost_s=candidates["work_s"].where(is_work, candidates["total_s"]) / candidates["lists"],
        base_s=candidates["base_work_s"].where(is_work, candidates["base_total_s"]),
    )


def rank(candidates: pd.DataFrame, block: Sequence[str], group: Sequence[str]) -> pd.DataFrame:
    """One row per combination that represents its group, the fastest of each block first, with its median cost_s.

    group: the columns besides the block within which the combination with the smallest median represents the others. The
    index holds the combinations; the other columns, of both and `label`, are those of their first run.
    """
    by = [*block, *group]
    first = candidates[["combination", *by, "label"]].drop_duplicates("combination").set_index("combination")
    medians = first.assign(cost_s=candidates.groupby("combination")["cost_s"].median())
    best = medians.loc[medians.groupby(by, sort=False)["cost_s"].idxmin()]
    return best.sort_values("cost_s", kind="stable")


def rounds_of(candidates: pd.DataFrame, ranked: pd.DataFrame) -> dict[str, Arrays]:
    """{combination: its columns round, call, cost_s, base_call and base_s as arrays} of those that are ranked."""
    return dict(arrays(candidates[candidates["combination"].isin(ranked.index)], _COLUMNS))


def margin(best: Arrays, other: Arrays) -> Ratio:
    """The time of another candidate over that of the best, over the rounds that both have."""
    return compare_rounds(_costs(best), _costs(other))


def _costs(rounds: Arrays) -> Rounds:
    return Rounds(rounds["round"], rounds["call"], rounds["cost_s"])


def speedup_of(rounds: Arrays) -> Estimate:
    """The ratio baseline / this, paired where one call measured both."""
    has_base = ~np.isnan(rounds["base_s"])
    is_one_call = (rounds["call"] == rounds["base_call"])[has_base].all()
    return ratio_of(rounds["base_s"][has_base], rounds["cost_s"][has_base], bool(is_one_call))[0]


def speedup_claim(speedup: Estimate, rounds: Arrays) -> str:
    """What a speedup supports, which is nothing below 6 rounds."""
    return claim(speedup) if len(rounds["round"]) >= MIN_ROUNDS else NO_CLAIM
