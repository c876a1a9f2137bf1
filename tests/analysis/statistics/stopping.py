"""How often the intervals cover of sweeps that stop when they know: `python -m tests.analysis.statistics.stopping [SWEEPS]`.

A simulated sweep has one combination, which is compared with its baseline in each round; the looks decide as in a real one.
"""

import sys

import numpy as np
import pandas as pd
from gil_scaling import stopping
from gil_scaling.analysis.documents import Until
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import claim
from gil_scaling.analysis.tables.look import settle

from tests.analysis.statistics import noise

MAX_ROUNDS = 50
_ROW = {
    "machine": "m",
    "experiment": "e",
    "workload": "w",
    "params": "{}",
    "python": "3.14",
    "reference": "3.14",
    "role": "asked",
    "backend_kind": "threads",
    "status": "ok",
    "timed": "total",
}


def _summary(estimates):
    """The rows of the table summary that a look reads; estimates: {number of a sweep: its estimate of the speedup}."""
    rows = []
    for sweep, found in estimates.items():
        judged = claim(found)
        claims = {"interval": found.kind, "claim": judged, "claim_reference": judged}
        rows.append({"combination": sweep, **claims, **found.columns("speedup"), **found.columns("speedup_reference")})
    return pd.DataFrame(rows).assign(**_ROW)


def stopped_estimates(ratios, level, half_width=0.02):
    """The estimates at the looks at which sweeps stop; ratios: (sweeps, rounds)."""
    until = Until(half_width, ratios.shape[1])
    found = dict.fromkeys(range(len(ratios)))
    going_on = list(found)
    for look in stopping.look_rounds(until.max_rounds):
        with intervals.at_level(level):
            estimates = {sweep: intervals.paired_ratio(ratios[sweep, :look]) for sweep in going_on}
        found.update(estimates)
        reasons = settle(_summary(estimates), until, look)
        going_on = [sweep for sweep in going_on if not reasons[sweep]]
        if not going_on:
            break
    return list(found.values())


def count_covered(law, truth, level, sweeps, max_rounds=MAX_ROUNDS, seed=5):
    """Of how many simulated sweeps the interval covers the true ratio when they stop."""
    random = np.random.default_rng(seed)
    ratios = truth * law(random, (sweeps, max_rounds)) / law(random, (sweeps, max_rounds))
    return sum(found.low <= truth <= found.high for found in stopped_estimates(ratios, level))


def _describe(covered, sweeps):
    share = intervals.share(covered, sweeps)
    return f"{100 * share.value:.2f} % [{100 * share.low:.2f}, {100 * share.high:.2f}]"


def main(sweeps=20_000):
    """Prints the share of sweeps whose interval covers, with the level split over the looks as it is, and without."""
    for max_rounds in (12, MAX_ROUNDS):
        for law in (noise.normal, noise.log_normal, noise.spiky):
            for truth in (1, 1.02, 1.04, 1.06, 1.7):
                split, whole = (
                    _describe(count_covered(law, truth, level, sweeps, max_rounds), sweeps)
                    for level in (stopping.level(max_rounds), intervals.LEVEL)
                )
                print(
                    f"at most {max_rounds} rounds, {law.__name__:<10} true {truth:<4}: {split}; each look at 95 %: {whole}",
                    flush=True,
                )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
