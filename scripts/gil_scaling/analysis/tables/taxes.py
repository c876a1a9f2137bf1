"""What another sweep knows of a build without the GIL, for the predictions of a sweep that has no such build."""

from __future__ import annotations

import tarfile
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

import pandas as pd

from gil_scaling.analysis.columns import TABLES
from gil_scaling.analysis.representatives import typical_thread_rows
from gil_scaling.result_set import TAX_SWEEP, table_path

_TABLE = "without_gil"
_EXAMPLE = Path(__file__).parents[4] / "results/example-2cpus/example-2cpus.tar.gz"
_IN_EXAMPLE = "example-2cpus/default"


class Taxes(NamedTuple):
    """One row per workload and build of the table `without_gil` of another sweep, with the tax and the error of its prediction.

    source: in words.
    """

    source: str
    rows: pd.DataFrame


def read_taxes(results: Path, sweep: str, example: Path = _EXAMPLE) -> Taxes | None:
    """Those of the machine's own sweep `tax`, else of the example; None where neither has any.

    results: the machine's folder; sweep: which needs them.
    """
    own = results / table_path(TAX_SWEEP, _TABLE)
    if sweep != TAX_SWEEP and own.exists() and len(rows := _read(own)):
        return Taxes("the sweep tax of this machine", rows)
    if not example.exists():  # the workflow is used without its results
        return None
    rows = _read_example(example)
    return Taxes(f"results/{_IN_EXAMPLE}, of another machine", rows) if len(rows) else None


@cache
def _read_example(path: Path) -> pd.DataFrame:
    """The rows of an example, read once."""
    name = f"{_IN_EXAMPLE}/tables/{_TABLE}.csv"
    with tarfile.open(path) as archive:  # getmember() would read the records behind the table, too
        file = archive.extractfile(next(each for each in archive if each.name == name))
        assert file is not None
        return _read(file)


def _read(file: Path | IO[bytes]) -> pd.DataFrame:
    """The rows that have a prediction and its error; none of a file of another version of the table."""
    columns = [column.name for column in TABLES[_TABLE]]
    rows = pd.read_csv(file, keep_default_na=False, na_values=[""]).reindex(columns=columns)
    return typical_thread_rows(rows[rows["error"].notna()], ["panel", "build"])
