"""The columns case, combination, panel, series, label, backend_kind and build, for tables that lack them."""

import pandas as pd

from gil_scaling.analysis import labels
from gil_scaling.analysis.tables.sides import against

_KINDS = {"thread": "threads", "asyncio_t": "threads", "process": "processes", "multiprocessing": "processes"}
_KINDS |= {"interpreter": "interpreters", "sequential": "sequential", "asyncio": "coroutines"}
_CASE = [
    "experiment",
    "workload",
    "params",
    "backend",
    "backend_params",
    "workers_asked",
    "switch_interval_s",
    "start",
    "scaling",
]


def with_columns(tables):
    """The tables with these columns, made of those that they have; `python` is the build alone."""
    return {name: _with_columns(table) for name, table in tables.items()}


def _with_columns(table):
    if "combination" in table or "python" not in table:
        return table
    if "build" in table:
        table = table.assign(build=table["python"], python=table["build"])
    else:
        table = table.assign(build=table["python"])
    if "against_python" in table:
        rows = table.assign(python=table["build"], build=table["python"]).to_dict("records")
        table = table.assign(against_build=pd.Series([against(row) for row in rows], table.index, dtype="str"))
    if "reference" in table:
        table = table.assign(reference_build=table["reference"])
    if not {"workload", "params", "backend"} <= set(table):
        return table
    if table.empty:
        return table.assign(**dict.fromkeys(("panel", "series", "label", "case", "combination", "backend_kind"), ""))
    table = labels.panels(table)
    table = labels.ways(table).rename(columns={"way": "label"}) if "workers" in table else labels.series(table)
    keys = table[[name for name in _CASE if name in table]]
    case = pd.Series(["|".join(map(str, key)) for key in keys.itertuples(index=False)], table.index, dtype="str")
    return table.assign(
        case=case,
        combination=table["machine"] + "/" + table["python"] + "/" + case,
        backend_kind=table["backend"].map(_kind),
    )


def _kind(backend):
    return next((kind for start, kind in _KINDS.items() if str(backend).startswith(start)), "threads")
