"""How often the intervals cover of sweeps that stop when they know: `python -m tests.analysis.statistics.stopping`."""

import numpy as np
from gil_scaling import stopping
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, SAME, SLOWER, claim

from tests.analysis.statistics import noise

MAX_ROUNDS = 50


def stopped_estimate(ratios, level, half_width=0.02):
    """The estimate at the look at which a combination stops, from its ratios of all rounds."""
    with intervals.at_level(level):
        for rounds in stopping.look_rounds(len(ratios)):
            found = intervals.paired_ratio(ratios[:rounds])
            is_known = found.value <= found.low * (1 + half_width) and found.high <= found.value * (1 + half_width)
            if is_known or claim(found) in (FASTER, SLOWER, SAME):
                break
    return found


def share_covered(law, truth, level, sweeps, seed=5):
    """The share of simulated sweeps whose interval covers the true ratio when they stop."""
    random = np.random.default_rng(seed)
    ratios = truth * law(random, (sweeps, MAX_ROUNDS)) / law(random, (sweeps, MAX_ROUNDS))
    found = [stopped_estimate(each, level) for each in ratios]
    return np.mean([estimate.low <= truth <= estimate.high for estimate in found])


if __name__ == "__main__":
    for law in (noise.normal, noise.log_normal, noise.spiky):
        for truth in (1, 1.02, 1.04, 1.06, 1.7):
            shares = [share_covered(law, truth, level, 20_000) for level in (0.95, stopping.level(MAX_ROUNDS))]
            print(f"{law.__name__:<10} true {truth:<4}: not split {shares[0]:.3f}, split {shares[1]:.3f}", flush=True)
