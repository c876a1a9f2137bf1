"""What tables with one row per combination, or per group of runs, share."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gil_scaling.analysis.columns import COMBINATION, names

Arrays = dict[str, NDArray[Any]]


def by_combination(runs: pd.DataFrame, by: str = "combination") -> Iterator[NDArray[np.intp]]:
    """The row numbers of the runs with each value of `by`, in order of appearance; faster than a groupby."""
    codes, _ = pd.factorize(runs[by])
    order = np.argsort(codes, kind="stable")
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    return iter(np.split(order, ends) if len(order) else [])


def arrays(runs: pd.DataFrame, columns: Sequence[str], by: str = "combination") -> Iterator[tuple[Any, Arrays]]:
    """(value of `by`, {column: array}) of the runs with each value, in order of appearance."""
    values = {column: runs[column].to_numpy() for column in columns}
    labels = runs[by].to_numpy()
    for rows in by_combination(runs, by):
        yield labels[rows[0]], {column: value[rows] for column, value in values.items()}


def records_by(rows: pd.DataFrame, names: Sequence[str]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """{values of these columns: its rows} in order of appearance; faster than a groupby where the groups are small."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows.to_dict("records"):
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


_KEYS = frozenset(column.name for column in COMBINATION)


def key_columns(runs: pd.DataFrame, rows: Sequence[int], table: str) -> pd.DataFrame:
    """The identity and key columns that a table has, of these rows of the runs."""
    shared = [name for name in names(table) if name in _KEYS]
    return runs.loc[np.asarray(rows, dtype=int), shared].reset_index(drop=True)


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
