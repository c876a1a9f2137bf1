"""How the same code does on another build, and on the same machine at another time: gains and losses, and their means."""

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import KEYS
from gil_scaling.analysis.flags import as_words
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import claim
from gil_scaling.analysis.tables.pairing import COMBINATION, PAIRED, UNPAIRED, held_against
from gil_scaling.analysis.tables.sides import BUILD, MACHINE, judged, matched, pairs
from gil_scaling.analysis.tables.summary import unlike

_KEYS = [key.name for key in KEYS]
_WAY = [name for name in COMBINATION if name not in ("machine", "python", "workload", "params", "switch_interval_s")]


def changes(runs, summary, builds, machines=None):
    """The tables {"changes": a row a combination that both sides of a pair have, "means": a row a way to run several}.

    runs: a row a run and use, with the column timed_s; summary: theirs; builds: a row a build and machine; machines: as
    sides.pairs takes them. The gain is the time of the other one over the time of this one: within the rounds that both
    have, where one call of Snakemake measured both in each, else of all rounds, unpaired, which takes a machine that has
    become slower meanwhile for the build. Times of different machines are not held against each other; shapes.py compares
    their speedups.
    The mean is geometric, over the workloads of an experiment in each round that has all of them; the intervals are those
    of its ratio over the rounds. Source: Fleming and Wallace, How not to lie with statistics (CACM 29, 1986).
    """
    good = judged(runs, summary)
    facts = {(one["machine"], one["python"]): one for one in builds.to_dict("records")}
    rows, means = [], []
    for pair in pairs(summary, builds, machines):
        if pair.kind != MACHINE:
            both = [(own, other) for own, other in matched(good, pair) if own is not None and other is not None]
            rows += [_row(pair, own, other, facts) for own, other in both]
            means += _means(pair, both)
    return {"changes": pd.DataFrame(rows), "means": pd.DataFrame(means)}


def _row(pair, own, other, facts):
    found = _judged(own, other)
    return {
        **own.iloc[0][_KEYS].to_dict(),
        **pair.columns(),
        "time_s": own["cost_s"].median(),
        "against_s": other["cost_s"].median(),
        **found,
        "flags": ";".join(sorted(_flags(pair, own, other, found, facts))),
    }


def _judged(own, other):
    """The gain of one side over the other, and what it rests on, as columns."""
    estimate, pairing = held_against(own, other)
    shared = set(own["round"]) & set(other["round"])
    rounds, against_rounds = (len(shared if pairing == PAIRED else side) for side in (own, other))
    return {
        **estimate.columns("gain"),
        "rounds": rounds,
        "against_rounds": against_rounds,
        "interval": estimate.kind,
        "pairing": pairing,
        "claim": claim(estimate),
    }


def _flags(pair, own, other, found, facts):
    of_runs = {word for value in [*own["flags"], *other["flags"]] for word in as_words(value)}
    of_builds = (facts.get((side.machine, side.python)) for side in (pair.side, pair.against))
    sources = [set(side["source"].dropna()) for side in (own, other)]
    conditions = {
        "few_rounds": found["interval"] != intervals.CI95,
        "separate_calls": found["pairing"] == UNPAIRED,
        "unlike_builds": pair.kind == BUILD and unlike(*of_builds),
        "unlike_sources": all(sources) and sources[0] != sources[1],
    }
    return of_runs | {flag for flag, holds in conditions.items() if holds}


def _means(pair, both):
    """A row for each way to run at least two workloads that both sides have, all of them in one round at least."""
    found = {}
    for own, other in both:
        first = own.iloc[0]
        key = (*(first[name] for name in _WAY), _none_for_nan(first["switch_interval_s"]))
        found.setdefault(key, []).append((own, other))
    for several in (groups for groups in found.values() if len(groups) > 1):
        own, other = (_geometric_mean(one) for one in zip(*several, strict=True))
        if len(own) and len(other):
            first = several[0][0].iloc[0]
            keys = {name: first[name] for name in _KEYS if name not in ("workload", "params")}
            yield {**keys, **pair.columns(), "workloads": len(several), **_judged(own, other)}


def _none_for_nan(value):
    return None if value != value else value


def _geometric_mean(groups):
    """A row for each round that has all of the groups: their geometric mean as cost_s, and the call of each in turn."""
    runs = pd.concat(groups)
    by_round = runs.assign(log_s=np.log(runs["cost_s"])).groupby("round")
    calls = by_round["call"].agg(lambda found: " ".join(found) if found.notna().all() else np.nan)
    rounds = pd.DataFrame({"cost_s": np.exp(by_round["log_s"].mean()), "call": calls, "count": by_round.size()})
    return rounds[rounds["count"] == len(groups)].reset_index()
