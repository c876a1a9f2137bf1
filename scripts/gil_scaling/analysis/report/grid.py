"""Tables as the page shows them: heads with their meanings, and cells with their text and the value they sort by."""

import json
import math
from typing import NamedTuple

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.columns import BUDGET_METRICS, BUDGET_SHARES, TABLES
from gil_scaling.analysis.report import trust


class Cell(NamedTuple):
    """A cell; value is the number that stands behind the text, None for words."""

    text: str
    value: float | None = None


NONE = Cell("–")

_LEFT_OUT = ("machine", "experiment", "workers_asked", "timed", "rounds")
_SHOWN_WHERE_IT_VARIES = ("start", "scaling", "backend_params")
_NUMBERS = (  # of the summary, in the order in which the page shows them
    "python",
    "workload",
    "backend",
    "workers",
    "switch_interval_s",
    "time",
    "speedup",
    "claim",
    "speedup_reference",
    "claim_reference",
    "speedup_bound",
    "speedup_ceiling",
    "efficiency",
    "karp_flatt",
    "cores_used",
    "peak_memory_mb",
    "rounds_ok",
    "pairing",
    "flags",
)
_RATIOS = ("speedup_bound", "speedup_ceiling", "efficiency", "karp_flatt", "cores_used")
_MEANINGS = {
    "time": "the time that counts: total_s, or work_s where all workers wait for each other; with its interval",
    "workload": "name of the workload, with those of its parameters that differ here",
    "backend": "name of the backend, with those of its parameters that are not at their default",
}


def numbers(summary, floor):
    """The main table of an experiment: a row for each row of its summary that can run, the sequence before the others.

    floor: the noise floor of the machine as a share, None where it is not known.
    """
    shown = summary[summary["status"] != "unsupported"]
    names = [name for name in _NUMBERS if name != "pairing" or shown["pairing"].nunique() > 1]
    if len(shown):
        shown = labels.series(labels.panels(shown)).assign(is_parallel=shown["backend"] != "sequential")
        shown = shown.sort_values(["workload", "params", "python", "is_parallel"], kind="stable")
    found = [
        {"added": None if row["role"] == "asked" else row["role"], "cells": _number_cells(row, floor)}
        for row in shown.to_dict("records")
    ]
    told = [name for name in names if any(row["cells"][name].text not in ("–", "") for row in found)]
    return {
        "heads": [(name, meaning(name, "summary")) for name in told],
        "rows": [{**row, "cells": [row["cells"][name] for name in told]} for row in found],
    }


def _number_cells(row, floor):
    """All cells of a row of the summary, by name."""
    timed = f"{row['timed']}_s"
    asked = " (default)" if row["workers_asked"] == "default" else ""
    cells = {name: _value(row[name]) for name in ("python", "pairing", "rounds_ok")}
    cells.update({name: Cell(phrases.format_ratio(row[name]), _known(row[name])) for name in _RATIOS})
    return {
        **cells,
        "workload": Cell(row["panel"]),
        "backend": Cell(row["series"]),
        "workers": Cell(_value(row["workers"]).text + asked, _known(row["workers"])),
        "switch_interval_s": Cell(phrases.format_seconds(row["switch_interval_s"]), _known(row["switch_interval_s"])),
        "time": Cell(phrases.format_seconds_ci(*_interval(row, timed)), _known(row[timed])),
        **{name: Cell(phrases.format_ratio_ci(*_interval(row, name)), _known(row[name])) for name in _SPEEDUPS},
        **{_SPEEDUPS[name]: Cell(trust.claim_in_words(row[_SPEEDUPS[name]], row[name], floor)) for name in _SPEEDUPS},
        "peak_memory_mb": _value(round(row["peak_memory_mb"], 1) if row["peak_memory_mb"] > 0 else None),
        "flags": Cell(_flags(row)),
    }


_SPEEDUPS = {"speedup": "claim", "speedup_reference": "claim_reference"}


def _flags(row):
    if row["status"] != "ok":
        return f"{row['status']}: {row['reason']}"
    return row["flags"].replace(";", ", ") if isinstance(row["flags"], str) else ""


def _interval(row, name):
    return row[name], row[f"{name}_low"], row[f"{name}_high"]


def plain(rows, heads):
    """A table of words: a dictionary a row, of which the keys in heads are shown."""
    cells = [[Cell(str(row[name])) for name in heads] for row in rows]
    return {"heads": [(name, "") for name in heads], "rows": [{"added": None, "cells": one} for one in cells]}


def grid(table, name):
    """A table of the registry; of columns that tell nothing here, none is shown, and the ends stand beside their value."""
    known = [column.name for column in TABLES[name] if _is_shown(column.name, table)]
    ends = [column for column in known if column.endswith(("_low", "_high"))]
    heads = [column for column in known if column not in ends]
    rows = [
        {"added": None, "cells": [_cell(row, column, ends) for column in heads]} for row in table.to_dict("records")
    ]
    return {"heads": [(column, meaning(column, name)) for column in heads], "rows": rows}


def _is_shown(name, table):
    if name in _LEFT_OUT or table[name].isna().all():
        return False
    return name not in _SHOWN_WHERE_IT_VARIES or table[name].nunique() > 1


def _cell(row, name, ends):
    """A cell, with the interval in its text where there is one."""
    found = _FORMS.get(name, _value)(row[name])
    if f"{name}_low" not in ends or found == NONE:
        return found
    low, high = (_value(row[f"{name}{end}"]).text for end in ("_low", "_high"))
    return Cell(f"{found.text} [{low}, {high}]", found.value)


def _as_percent(value):
    return Cell(phrases.format_percent(value), _known(value))


def _as_seconds(value):
    return Cell(phrases.format_seconds(value), _known(value))


def _as_params(text):
    """Parameters as words: `n = 400,000, count = 8`."""
    return Cell(", ".join(f"{name} = {labels.short(value)}" for name, value in json.loads(text).items()) or "–")


_FORMS = {
    **dict.fromkeys(("switch_interval_s", "time_s", "against_s"), _as_seconds),
    "params": _as_params,
    "backend_params": _as_params,
    **dict.fromkeys((column.name for column in (*BUDGET_SHARES, *BUDGET_METRICS)), _as_percent),
}


def _value(value):
    """A cell of a value as it is."""
    if isinstance(value, str):
        return Cell(value)
    if value is None or value != value:
        return NONE
    if isinstance(value, float):
        return Cell("∞" if value == math.inf else phrases.format_number(value), _known(value))
    return Cell(str(value), float(value))


def _known(value):
    """A number to sort by; None for none. Infinity is larger than all."""
    if value is None or value != value:
        return None
    return 1e308 if value == math.inf else float(value)


def meaning(name, table):
    """What a column means, with its unit."""
    if table == "summary" and name in _MEANINGS:
        return _MEANINGS[name]
    column = next(column for column in TABLES[table] if column.name == name)
    return f"{column.meaning} ({column.unit})" if column.unit not in ("", "1") else column.meaning
