"""What tables with one row per combination, or per group of runs, share."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gil_scaling.analysis.columns import names

Arrays = dict[str, NDArray[Any]]


def arrays(runs: pd.DataFrame, columns: Sequence[str], by: str = "combination") -> Iterator[tuple[Any, Arrays]]:
    """(value of `by`, {column: array}) of the runs with each value, in order of appearance; faster than a groupby."""
    codes, labels = pd.factorize(runs[by])
    order = np.argsort(codes, kind="stable")
    values = {column: runs[column].to_numpy()[order] for column in columns}
    start = 0
    for label, count in zip(labels, np.bincount(codes).tolist(), strict=True):
        yield label, {column: column_values[start : start + count] for column, column_values in values.items()}
        start += count


def with_keys(rows: list[dict[str, Any]], runs: pd.DataFrame, table: str, by: str = "combination") -> pd.DataFrame:
    """The rows of a table, with those of its further columns that identify runs, in the order in which these appear.

    rows: dictionaries of columns; the entry `by` is the value of that column of the runs whose first one gives the key
    columns.
    """
    if not rows:
        return pd.DataFrame()
    values = pd.DataFrame(rows)
    first = runs.drop_duplicates(by)
    places = pd.Index(first[by]).get_indexer(values[by])
    order = np.argsort(places, kind="stable")
    keys = first[[name for name in names(table) if name in first and name not in values]].iloc[places[order]]
    return pd.concat([keys.reset_index(drop=True), values.iloc[order].reset_index(drop=True)], axis=1)
