"""Laws of scaling fitted to the speedups, and where a backend begins to pay."""

import json
import math

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import KEYS
from gil_scaling.analysis.statistics.break_even import FROM, break_even, break_even_workers
from gil_scaling.analysis.statistics.claims import NO_CLAIM
from gil_scaling.analysis.statistics.intervals import MIN_ROUNDS
from gil_scaling.analysis.statistics.laws import fit_amdahl, fit_usl
from gil_scaling.analysis.tables.pairing import one

_KEYS = [key.name for key in KEYS]
_SERIES = [name for name in _KEYS if name not in ("workers", "workers_asked")]
_SIZES = [name for name in _KEYS if name not in ("workers", "params")]
LEAST_SIZES = 3
UP_TO = "up to"
BOOTSTRAP = "bootstrap"

SAME_BUILD, REFERENCE_BUILD = "sequential on the same build", "sequential on the reference build"


def scaling(runs, baselines):
    """The table of fits: a row for each series over worker counts up to the usable CPUs, where they suffice."""
    rows = []
    for key, group in _parallel(runs).groupby(_SERIES, dropna=False, sort=False):
        if group["scaling"].iloc[0] != "strong":
            continue
        within = group[group["workers"] <= group["usable_cpus"]]
        counts, speedups = _matrix(within, "workers", lambda run: (run, baselines.of(run)))
        law = fit_amdahl(counts, speedups) if len(speedups) else None
        if law is None:
            continue
        row = {**dict(zip(_SERIES, key, strict=True)), "worker_counts": len(counts), "rounds": len(speedups)}
        row["interval"] = BOOTSTRAP if len(speedups) >= MIN_ROUNDS else None
        reaches = counts.max() > within["usable_cpus"].max() / 2  # far below the bend the speedups tell nothing of it
        usl = fit_usl(counts, speedups) if reaches else None
        found = {"serial": law.serial, **({} if usl is None else usl._asdict())}
        for name, estimate in found.items():
            row.update(estimate.columns("peak_workers" if name == "peak" else name))
        rows.append(row)
    return pd.DataFrame(rows)


def break_evens(runs, baselines):
    """The table: over each parameter that grows, and over the number of workers, where a backend begins to be faster."""
    parallel = _parallel(runs)
    return pd.DataFrame([*_over_sizes(parallel, baselines), *_over_workers(parallel, baselines)])


def _over_sizes(runs, baselines):
    for key, group in runs.groupby(_SIZES, dropna=False, sort=False):
        own = dict(zip(_SIZES, key, strict=True))
        axis = _axis(group["params"])
        if axis is None:
            continue
        params = group["params"].map(json.loads)
        group = group.assign(size=params.map(lambda found, axis=axis: found[axis]))
        others = {name: value for name, value in params.iloc[0].items() if name != axis}
        sizes, ratios = _matrix(group, "size", lambda run: (run, baselines.of(run)))
        if len(ratios) and len(sizes) >= LEAST_SIZES:
            found = _towards(sizes, ratios)
            yield {**own, "params": json.dumps(others, sort_keys=True), "axis": axis, "against": SAME_BUILD, **found}


def _axis(params):
    """The one parameter that differs among these, if it is a number above 0; None else."""
    found = [json.loads(text) for text in params.unique()]
    varied = [name for name in found[0] if len({json.dumps(one.get(name)) for one in found}) > 1]
    if len(varied) != 1 or not all(_is_size(one.get(varied[0])) for one in found):
        return None
    return varied[0]


def _is_size(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _towards(sizes, ratios):
    """From which size on the backend is faster; up to which, where it gains on the small ones."""
    falls = np.median(ratios[:, 0]) > np.median(ratios[:, -1])
    if not falls:
        return _said(break_even(sizes, ratios), len(ratios))
    found = break_even(1 / sizes[::-1], ratios[:, ::-1])
    turned = found._replace(
        kind=UP_TO if found.kind == FROM else found.kind,
        value=_inverse(found.value),
        low=_inverse(found.high),
        high=_inverse(found.low),
    )
    return _said(turned, len(ratios))


def _inverse(value):
    return math.inf if value == 0 else 1 / value


def _over_workers(runs, baselines):
    for key, group in runs.groupby(_SERIES, dropna=False, sort=False):
        if group["scaling"].iloc[0] != "strong":
            continue
        counts, ratios = _matrix(group, "workers", lambda run: (run, baselines.of(run, run["reference"])))
        if len(ratios) and len(counts) > 1:
            own = {**dict(zip(_SERIES, key, strict=True)), "axis": "workers", "against": REFERENCE_BUILD}
            yield {**own, **_said(break_even_workers(counts, ratios), len(ratios))}


def _said(found, rounds):
    """As columns; a place only where there is one: an always or never has none within what was measured."""
    is_place = found.kind in (FROM, UP_TO)
    ends = {"value": found.value, "value_low": found.low, "value_high": found.high}
    kind = found.kind if rounds >= MIN_ROUNDS else NO_CLAIM
    return {"kind": kind, "rounds": rounds, **(ends if is_place else {})}


def _parallel(runs):
    return runs[(runs["status"] == "ok") & (runs["backend"] != "sequential") & (runs["workers_asked"] != "default")]


def _matrix(group, axis, pair_of):
    """(values of the axis, sorted (k,); ratios base / run (rounds, k)) of the rounds that have all of them.

    Only runs that were measured in one call with their baseline count.
    """
    found = {}
    for row in group.to_dict("records"):
        run, base = pair_of(row)
        if base is not None and run["call"] == base["call"]:
            found.setdefault(run["round"], {})[run[axis]] = one(run, base, f"{run['timed']}_s")
    values = sorted({value for ratios in found.values() for value in ratios})
    whole = [[ratios[value] for value in values] for ratios in found.values() if len(ratios) == len(values)]
    return np.array(values, dtype=float), np.array(whole, dtype=float)
