"""The table of what limits each workload: what it reaches of the bound, and where the rest of the workers' time goes."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.losses import limits, with_shares
from gil_scaling.analysis.report.html_tables import EMPTY, Cell, Row, Table, ratio_cell

_HEADS = {
    "workload": "",
    "build": "",
    "backend": "of each kind the plainest, with the most workers up to one per CPU",
    "speedup": "over sequential on the same build, with its interval",
    "bound": "the speedup that the tasks and the CPUs allow",
    "reached": "whether the bound is reached: the whole interval lies above 95 % of it, below (no), or neither (not shown)",
    "ceiling": "the speedup of processes that are already running",
    "largest loss": "where most of the workers' time beside the work goes, beyond what sequential loses there",
    "share": "of workers × the timed interval that goes there, beyond what sequential loses",
}


def limit_table(tables: Mapping[str, pd.DataFrame]) -> Table:
    """A row per workload, build and kind of backend; no rows where nothing recorded when its workers worked."""
    summary = tables["summary"]
    rows = limits(with_shares(summary[~summary["role"].isin(CONTROLS)], tables["budget"]))
    return Table(list(_HEADS.items()), [Row(_cells(row)) for row in rows.to_dict("records")])


def _cells(row: Mapping[str, Any]) -> list[Cell]:
    speedup = phrases.format_ratio_ci(*(row[f"speedup{end}"] for end in ("", "_low", "_high")))
    return [
        *(Cell(str(row[name])) for name in ("panel", "build", "label")),
        Cell(speedup, row["speedup"]),
        ratio_cell(row["speedup_bound"]),
        Cell(str(row["reaches"])),
        ratio_cell(row["speedup_ceiling"]),
        *(
            (Cell(row["loss"]), Cell(phrases.format_percent(row["share"]), row["share"]))
            if row["loss"]
            else (EMPTY, EMPTY)
        ),
    ]
