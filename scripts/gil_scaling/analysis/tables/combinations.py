"""What the tables with one row per combination share: key columns, and values per combination."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gil_scaling.analysis.columns import names

Arrays = dict[str, NDArray[Any]]


def key_columns(runs: pd.DataFrame, table: str, by: str = "combination") -> pd.DataFrame:
    """The columns of a table that the runs have, from the first run per combination: indexed by it, in order of appearance.

    by: the column whose values have a row each, if not the combination.
    """
    first = runs.drop_duplicates(by)
    columns = [name for name in names(table) if name in runs]
    return first[columns].set_axis(pd.Index(first[by], name=None))


def arrays(runs: pd.DataFrame, columns: Sequence[str], by: str = "combination") -> Iterator[tuple[Any, Arrays]]:
    """(value of `by`, {column: array}) of the rows with each value, in order of appearance; faster than a groupby."""
    codes, labels = pd.factorize(runs[by])
    order = np.argsort(codes, kind="stable")
    values = {column: runs[column].to_numpy()[order] for column in columns}
    start = 0
    for label, count in zip(labels, np.bincount(codes).tolist(), strict=True):
        yield label, {column: column_values[start : start + count] for column, column_values in values.items()}
        start += count


def with_keys(rows: list[dict[str, Any]], keys: pd.DataFrame, by: str = "combination") -> pd.DataFrame:
    """The rows as a table, each behind the key columns that its entry `by` stands for, in the order of these.

    rows: dictionaries of columns with the entry `by`; keys: as key_columns returns them.
    """
    if not rows:
        return pd.DataFrame()
    values = pd.DataFrame(rows)
    values["_place"] = keys.index.get_indexer(values.pop(by))
    values = values.sort_values("_place", kind="stable", ignore_index=True)
    kept = [name for name in keys if name not in values]
    return pd.concat([keys[kept].iloc[values.pop("_place")].reset_index(drop=True), values], axis=1)
