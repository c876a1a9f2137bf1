"""The analysing side: run records to tables, figures and the report. It starts nothing and reads files only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd


def read_table(path: str | PathLike[str]) -> pd.DataFrame:
    """A table of a sweep or comparison, such as summary.csv, with the types that results/README.md lists.

    Raises ValueError where the file has not the name of a table, OSError where it cannot be read.
    """
    from pathlib import Path

    from gil_scaling.analysis import tables  # most users of this package need no pandas

    return tables.read_file(Path(path))
