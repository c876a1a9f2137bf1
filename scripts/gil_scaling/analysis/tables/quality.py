"""How many runs were disturbed, repeated, or waited for quiet."""

from collections.abc import Iterable

import pandas as pd

_DISTURBANCES = ("noisy", "drifting")
COUNTED = (*_DISTURBANCES, "throttled")  # which a run's own workers may have caused


def quality(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per build and backend; a run that several experiments use counts once."""
    runs = runs[runs["status"] == "ok"].drop_duplicates(["machine", "run"])
    flagged = {flag: [flag in flags for flags in runs["flags"]] for flag in COUNTED}
    counted = runs.assign(runs=1, **flagged, repeated=runs["attempts"].astype(float) - 1)
    counted["waited_s"] = counted["waited_s"].astype(float)
    sums = ["runs", *COUNTED, "repeated", "waited_s"]
    return counted.groupby(["machine", "python", "build", "backend"], as_index=False)[sums].sum()


def is_disturbed(flags: Iterable[str]) -> bool:
    """Whether the flags of a run contain a disturbance from outside."""
    return not set(_DISTURBANCES).isdisjoint(flags)
