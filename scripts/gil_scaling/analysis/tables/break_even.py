"""From which size of the workload, or from how many workers on, a backend is faster."""

import json
import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gil_scaling.analysis.labels import name_panels
from gil_scaling.analysis.statistics.break_even import FROM, BreakEven, break_even_workers
from gil_scaling.analysis.statistics.break_even import break_even as break_even_size
from gil_scaling.analysis.statistics.claims import NO_CLAIM
from gil_scaling.analysis.statistics.intervals import MIN_ROUNDS
from gil_scaling.analysis.tables.combinations import arrays, with_keys
from gil_scaling.analysis.tables.series import parallel_runs, speedup_matrix

MIN_SIZES = 3
UP_TO = "up to"
SAME_BUILD, REFERENCE_BUILD = "sequential on the same build", "sequential on the reference build"


def break_even(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per backend for each parameter that grows, and one for the number of workers."""
    workers = parallel_runs(runs, varied=("workers", "workers_asked"))
    workers = workers[workers["scaling"].eq("strong")].assign(workers_asked=None)
    over_workers = with_keys(list(_over_workers(workers)), workers, "break_even", by="group")
    sizes = parallel_runs(runs, varied=("params",))
    over_sizes = with_keys(list(_over_sizes(sizes)), sizes, "break_even", by="group")
    if len(over_sizes):
        over_sizes["panel"] = name_panels(over_sizes)  # without the parameter that grows
    return pd.concat([table for table in (over_sizes, over_workers) if len(table)] or [over_sizes], ignore_index=True)


def _over_sizes(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    parse = cache(json.loads)
    for group, part in arrays(runs, ["params", "round", "speedup"], by="group"):
        params = {text: parse(text) for text in pd.unique(part["params"])}
        axis = _axis(list(params.values()))
        if axis is None:
            continue
        sizes = [params[text][axis] for text in part["params"]]
        values, speedups = speedup_matrix(sizes, part["round"], part["speedup"])
        if len(speedups) and len(values) >= MIN_SIZES:
            fixed = {name: value for name, value in next(iter(params.values())).items() if name != axis}
            row = {"group": group, "params": json.dumps(fixed, sort_keys=True), "axis": axis, "against": SAME_BUILD}
            yield row | _columns(_find_size(values, speedups), len(speedups))


def _axis(params: list[dict[str, Any]]) -> str | None:
    """The only parameter that differs among these, if it is a number above 0; None otherwise."""
    varied = [name for name in params[0] if len({json.dumps(each.get(name)) for each in params}) > 1]
    is_axis = len(varied) == 1 and all(_is_size(each.get(varied[0])) for each in params)
    return varied[0] if is_axis else None


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _find_size(sizes: list[float], speedups: NDArray[Any]) -> BreakEven:
    """The size from which the backend is faster; up to which, where it gains on the small ones."""
    is_rising = np.median(speedups[:, 0]) <= np.median(speedups[:, -1])
    if is_rising:
        return break_even_size(sizes, speedups)
    kind, value, low, high = break_even_size([1 / size for size in reversed(sizes)], speedups[:, ::-1])
    return BreakEven(UP_TO if kind == FROM else kind, _inverse(value), _inverse(high), _inverse(low))


def _inverse(value: float) -> float:
    return math.inf if value == 0 else 1 / value


def _over_workers(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for group, part in arrays(runs, ["workers", "round", "speedup_reference"], by="group"):
        counts, speedups = speedup_matrix(part["workers"], part["round"], part["speedup_reference"])
        if len(speedups) and len(counts) > 1:
            row = {"group": group, "axis": "workers", "against": REFERENCE_BUILD}
            yield row | _columns(break_even_workers(counts, speedups), len(speedups))


def _columns(place: BreakEven, rounds: int) -> dict[str, Any]:
    """The columns of a place; its value is empty where the backend is always or never faster within what was measured."""
    kind = place.kind if rounds >= MIN_ROUNDS else NO_CLAIM
    columns = {"kind": kind, "rounds": rounds}
    if place.kind in (FROM, UP_TO):
        columns |= {"value": place.value, "value_low": place.low, "value_high": place.high}
    return columns
