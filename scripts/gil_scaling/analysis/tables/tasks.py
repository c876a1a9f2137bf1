"""When each worker ran which task, and when it ran at all, in one representative sample per combination."""

from itertools import chain

import pandas as pd

from gil_scaling.analysis.columns import names


def tasks(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per task."""
    return _of_one_run(runs, "tasks").rename(columns={"index": "task"})


def segments(runs: pd.DataFrame) -> pd.DataFrame:
    """The table: one row per stretch in which a worker ran."""
    return _of_one_run(runs, "segments")


def _of_one_run(runs: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one run per combination: of those that have any, the one nearest to their median time.

    The object column `name` holds dictionaries of lists of equal length, or None.
    """
    runs = runs[[isinstance(columns, dict) for columns in runs[name]]].reset_index(drop=True)
    if not len(runs):
        return pd.DataFrame()
    medians = runs.groupby("combination")["timed_s"].transform("median")
    distances = (runs["timed_s"] - medians).abs().groupby(runs["combination"], sort=False)
    chosen = runs.loc[distances.idxmin()]
    lists = {
        column: list(chain.from_iterable(each[column] for each in chosen[name])) for column in chosen[name].iloc[0]
    }
    keys = chosen[[column for column in names(name) if column in runs and column not in lists]]
    lengths = [len(columns["worker"]) for columns in chosen[name]]
    return keys.loc[keys.index.repeat(lengths)].reset_index(drop=True).assign(**lists)
