"""Which backend is the fastest for a workload on a build, and by how much: the table behind the decision map."""

import pandas as pd

from gil_scaling.analysis import choice, labels
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, claim
from gil_scaling.analysis.tables.pairing import BLOCK, combinations, held_against, ratio, with_costs, with_times

FASTEST, TIED, ALONE = "fastest", "tied", "alone"
_CHOICE = (*BLOCK, "scaling")
_BACKEND = ["backend", "backend_params"]


def fastest(runs, baselines):
    """The table: a row for each workload with its parameters, and build.

    Of each backend the number of workers (and switch interval) with the smallest median time stands for it; the smallest of
    all is held against each of the others, over the rounds that both have. It is called fastest where each of these
    comparisons alone claims so (an intersection–union test, which needs no correction for their number); those that do not
    are tied with it. That the candidates were chosen by the same rounds favours the first: the margin is that of these
    rounds. With weak scaling the time is that of one task list.

    Source: Hsu, Multiple Comparisons (1996), chapter 4, for comparisons with the best. For example, of 1.0, 1.5 and 1.02 s
    with 3 % of noise the first is tied with the third.
    """
    good = runs[(runs["status"] == "ok") & ~runs["no_speedup"].eq(True) & (runs["role"] != "ceiling")]
    good = with_costs(with_times(good.assign(timed=choice.common_timed(good))))
    rows = [_row(group, baselines) for _, group in good.groupby(list(_CHOICE), dropna=False, sort=False)]
    return pd.DataFrame(rows)


def _row(group, baselines):
    found = {}
    for key, own in combinations(group):
        backend = tuple(key[name] for name in _BACKEND)
        if backend not in found or own["cost_s"].median() < found[backend][1]["cost_s"].median():
            found[backend] = key, own
    ranked = sorted(found.values(), key=lambda one: one[1]["cost_s"].median())
    (key, best), rivals = ranked[0], ranked[1:]
    speedup, _ = ratio([(run, baselines.of(run)) for run in best.to_dict("records")], f"{key['timed']}_s")
    row = {**key, **speedup.columns("speedup"), "claim": _claim(speedup, best), "candidates": len(ranked)}
    if not rivals:
        return {**row, "verdict": ALONE}
    margins = [held_against(best, own) for _, own in rivals]
    names = labels.ways(pd.DataFrame([other for other, _ in rivals]))["way"].tolist()
    estimate, pairing = margins[0]
    tied = [name for name, (margin, _) in zip(names, margins, strict=True) if claim(margin) != FASTER]
    is_claim = all(margin.kind == intervals.CI95 for margin, _ in margins)
    return {
        **row,
        **estimate.columns("margin"),
        "runner_up": names[0],
        "runner_up_backend": rivals[0][0]["backend"],
        "interval": estimate.kind,
        "pairing": pairing,
        "verdict": (TIED if tied else FASTEST) if is_claim else NO_CLAIM,
        "tied": "; ".join(tied),
    }


def _claim(speedup, best):
    if best["backend"].iloc[0] == "sequential":
        return None
    return claim(speedup) if len(best) >= intervals.MIN_ROUNDS else NO_CLAIM
