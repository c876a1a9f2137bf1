"""Tables as the page and the Markdown show them: heads with their meanings, cells with a text and a value to sort by."""

import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.columns import BUDGET_METRICS, BUDGET_SHARES, TABLES
from gil_scaling.analysis.report.precision import format_claims
from gil_scaling.analysis.representatives import counted_times


class Cell(NamedTuple):
    """A cell: its text, and the number that it is sorted by (None: the text)."""

    text: str
    value: float | None = None


class Row(NamedTuple):
    """A row; added: why it is there though the config did not ask for it (baseline or ceiling), else None."""

    cells: list[Cell]
    added: str | None = None


class Table(NamedTuple):
    """A table; heads: (name, meaning) of each column."""

    heads: list[tuple[str, str]]
    rows: list[Row]


EMPTY = Cell("–")

_SHOWN_AS = {  # column of the registry: (head, the column with the short names)
    "python": ("build", "build"),
    "workload": ("workload", "panel"),
    "backend": ("backend", "series"),
    "against_python": ("versus", "versus"),
    "against_workload": ("counterpart", "against_panel"),
}
_HIDDEN = (
    *("machine", "case", "combination", "panel", "series", "label", "backend_kind", "build", "reference_build"),
    *("experiment", "backend_params", "workers_asked", "timed", "rounds"),
    *("against_machine", "against_build", "against_rounds", "against_label", "against_panel"),
)
_SHOWN_IF_VARYING = ("start", "scaling", "switch_interval_s")
_SPEEDUPS = {"speedup": "claim", "speedup_reference": "claim_reference"}
_RATIOS = ("speedup_bound", "speedup_ceiling", "efficiency", "karp_flatt", "cores_used")
_MEANINGS = {
    "build": "name of the build, with that of its machine where there are several",
    "workload": "name of the workload, with those of its parameters that differ here",
    "backend": "name of the backend, with those of its parameters that are not at their default",
    "time": "the time that counts, with its interval: total_s, or work_s where the workers start together",
    "versus": "what it is compared with: another build of the same machine, or another result set; of a metric, its baseline, too",
    "counterpart": "name of the workload that it is compared with, with those of its parameters that differ here",
}


def numbers_table(summary: pd.DataFrame, floors: Mapping[str, float | None]) -> Table:
    """The main table of an experiment: a row per combination that can run, sequential before the other backends.

    floors: {label of a result set: the noise floor of its machine as a share, None if not known}.
    """
    rows = summary[summary["status"] != "unsupported"]
    rows = sequential_first(rows, ["workload", "params", "build"])
    columns = {
        **{
            head: _texts(rows[column])
            for head, column in (_SHOWN_AS[name] for name in ("python", "workload", "backend"))
        },
        "workers": [_workers(*both) for both in zip(rows["workers"], rows["workers_asked"], strict=True)],
        "switch_interval_s": _numbers(rows["switch_interval_s"], phrases.format_seconds),
        "time": _intervals(counted_times(rows, rows["timed"]), "time_s", phrases.format_seconds_ci),
    }
    for name, claim in _SPEEDUPS.items():
        columns[name] = _intervals(rows, name, phrases.format_ratio_ci)
        columns[claim] = _texts(format_claims(rows, name, claim, floors))
    columns |= {name: _numbers(rows[name], phrases.format_ratio) for name in _RATIOS}
    columns["tasks_per_s"] = _numbers(rows["tasks_per_s"], phrases.format_number)
    columns["peak_memory_mb"] = [_cell(round(value, 1) if value > 0 else None) for value in rows["peak_memory_mb"]]
    columns["rounds_ok"] = list(map(_cell, rows["rounds_ok"]))
    if rows["pairing"].nunique() > 1:
        columns["pairing"] = list(map(_cell, rows["pairing"]))
    columns["flags"] = _texts(_status_and_flags(rows))
    columns = {name: cells for name, cells in columns.items() if any(cell.text not in ("–", "") for cell in cells)}
    return _table(columns, "summary", [None if role == "asked" else role for role in rows["role"]])


def sequential_first(rows: pd.DataFrame, by: Sequence[str], then: Sequence[str] = ()) -> pd.DataFrame:
    """The rows sorted by some columns, then sequential before the other backends, then by further columns."""
    is_parallel = rows["backend"] != "sequential"
    return rows.assign(is_parallel=is_parallel).sort_values([*by, "is_parallel", *then], kind="stable")


def registry_table(rows: pd.DataFrame, name: str) -> Table:
    """A table of the registry, without the columns that show nothing here; interval ends stand beside their value."""
    columns = {}
    for column in (column.name for column in TABLES[name]):
        head, shown = _SHOWN_AS.get(column, (column, column))
        if column in _HIDDEN or column.endswith(("_low", "_high")):
            continue
        values = rows[shown if shown in rows else column]
        if values.notna().any() and (column not in _SHOWN_IF_VARYING or values.nunique() > 1):
            columns[head] = _column(rows, values, column)
    return _table(columns, name)


def chosen_columns(rows: pd.DataFrame, columns: Mapping[str, str], names: Iterable[str]) -> Table:
    """Some columns of the rows, {head: column}, where they show something; names: tables of the registry that explain them."""
    meanings = column_meanings(names)
    shown = {head: name for head, name in columns.items() if rows[name].notna().any()}
    cells = zip(*(_column(rows, rows[name], name) for name in shown.values()), strict=True)
    return Table([(head, meanings.get(head, "")) for head in shown], [Row(list(row)) for row in cells])


def text_table(heads: Sequence[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table of words."""
    return Table([(head, "") for head in heads], [Row([Cell(str(value)) for value in row]) for row in rows])


def column_meanings(tables: Iterable[str]) -> dict[str, str]:
    """{head: meaning} of the columns that the page shows, in the order of the tables; the first that has one explains it."""
    meanings = dict(_MEANINGS)
    for table in tables:
        for column in TABLES[table]:
            if column.name not in (*_HIDDEN, *_SHOWN_AS) and not column.name.endswith(("_low", "_high")):
                meanings.setdefault(column.name, _meaning(column.name, table))
    return meanings


def _meaning(head: str, table: str) -> str:
    """The meaning of a column, with its unit."""
    if head in _MEANINGS:
        return _MEANINGS[head]
    column = next(column for column in TABLES[table] if column.name == head)
    return f"{column.meaning} ({column.unit})" if column.unit not in ("", "1") else column.meaning


def _table(columns: Mapping[str, list[Cell]], name: str, added: Sequence[str | None] | None = None) -> Table:
    """A table of the registry from its columns; added: of each row, see Row."""
    rows = zip(*columns.values(), strict=True)
    reasons = added or itertools.repeat(None)
    return Table(
        [(head, _meaning(head, name)) for head in columns],
        [Row(list(cells), reason) for cells, reason in zip(rows, reasons, strict=False)],
    )


def _texts(values: Iterable[Any]) -> list[Cell]:
    return [Cell("–" if pd.isna(value) else str(value)) for value in values]


def _numbers(values: Iterable[float], form: Callable[[float], str]) -> list[Cell]:
    return [Cell(form(value), _sort_key(value)) for value in values]


def _intervals(
    rows: Mapping[str, pd.Series] | pd.DataFrame, name: str, form: Callable[[float, float, float], str]
) -> list[Cell]:
    """The cells of a measure with its interval, sorted by the measure."""
    ends = (rows[f"{name}{end}"] for end in ("", "_low", "_high"))
    return [Cell(form(*values), _sort_key(values[0])) for values in zip(*ends, strict=True)]


def _workers(count: Any, asked: str) -> Cell:
    cell = _cell(count)
    return cell._replace(text=f"{cell.text} (default)") if asked == "default" else cell


def _status_and_flags(rows: pd.DataFrame) -> Iterable[str]:
    """The flags of each row; in their place the status with its reason where that is not ok."""
    for status, reason, flags in zip(rows["status"], rows["reason"], rows["flags"], strict=True):
        yield f"{status}: {reason}" if status != "ok" else "" if pd.isna(flags) else flags.replace(";", ", ")


def _column(rows: pd.DataFrame, values: pd.Series, name: str) -> list[Cell]:
    """The cells of a column of the registry, with their interval in the text where there is one."""
    cells = [_FORMS.get(name, _cell)(value) for value in values]
    if f"{name}_low" not in rows or rows[f"{name}_low"].isna().all():
        return cells
    ends = zip(cells, rows[f"{name}_low"], rows[f"{name}_high"], strict=True)
    return [
        cell if cell == EMPTY else Cell(f"{cell.text} [{_cell(low).text}, {_cell(high).text}]", cell.value)
        for cell, low, high in ends
    ]


def _cell(value: Any) -> Cell:
    """A value as it is; numbers with three significant digits."""
    if isinstance(value, str):
        return Cell(value)
    if value is None or value is pd.NA or value != value:
        return EMPTY
    if isinstance(value, float):
        return Cell(phrases.format_number(value), _sort_key(value))
    return Cell(str(value), float(value))


def _sort_key(value: Any) -> float | None:
    """A number to sort by; None for none. Infinity is larger than all."""
    if value is None or value is pd.NA or value != value:
        return None
    return 1e308 if value == math.inf else float(value)


def _percent(value: float) -> Cell:
    return Cell(phrases.format_percent(value), _sort_key(value))


def _seconds(value: float) -> Cell:
    return Cell(phrases.format_seconds(value), _sort_key(value))


def ratio_cell(value: float | None) -> Cell:
    """A ratio with two decimals."""
    return Cell(phrases.format_ratio(value), _sort_key(value))


def _params(text: str) -> Cell:
    """Parameters as text: `n = 400,000, count = 8`."""
    return Cell(", ".join(f"{name} = {labels.short(value)}" for name, value in json.loads(text).items()) or "–")


_FORMS: dict[str, Callable[[Any], Cell]] = {
    "params": _params,
    **dict.fromkeys(("switch_interval_s", "time_s", "against_s"), _seconds),
    **dict.fromkeys((column.name for column in (*BUDGET_SHARES, *BUDGET_METRICS)), _percent),
}
