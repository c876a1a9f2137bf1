"""Reads tables, also those that other people wrote: checks each cell against what its column may hold, and names what is wrong."""

import csv
import json
import math
from io import StringIO

import numpy as np
import pandas as pd

from gil_scaling import record, result_set, value_types
from gil_scaling import text as texts
from gil_scaling.analysis.columns import KEYS, TABLES, kind
from gil_scaling.analysis.facts import NAME, Unusable, text
from gil_scaling.analysis.read import DAMAGED
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER
from gil_scaling.analysis.tables.fastest import ALONE, FASTEST, TIED
from gil_scaling.analysis.tables.metrics import CLOPPER_PEARSON
from gil_scaling.analysis.tables.pairing import PAIRED, UNPAIRED
from gil_scaling.analysis.tables.scaling import BOOTSTRAP

_MOST_CELLS = 20_000_000  # of a table of other people
_MOST_COLUMNS = 1000  # pandas takes minutes for a million
_MOST_LETTERS = 100_000  # in one cell: names of many rivals
_MOST_OF_JSON = 2 * value_types.MAX_JSON
_MOST_TOLD = 10  # mistakes of one table
_NAMED = ("python", "experiment", "reference")  # some become names of files
_NAMES = ("workload", "backend", "run", "metric", "call")  # as long as names of files are at most
_JSON = ("params", "backend_params", "metrics")
_WORDS = {
    "status": (*record.STATUSES, DAMAGED),
    "start": ("natural", "together"),
    "scaling": ("strong", "weak"),
    "timed": ("total", "work"),
    "role": ("asked", "baseline", "ceiling"),
    "interval": (intervals.CI95, intervals.RANGE, CLOPPER_PEARSON, BOOTSTRAP),
    "pairing": (PAIRED, UNPAIRED),
    "verdict": (FASTEST, TIED, NO_CLAIM, ALONE),
    **dict.fromkeys(("claim", "claim_reference"), (FASTER, SLOWER, SAME, NOT_SHOWN, NO_CLAIM)),
}
_LARGEST_RATIO = 1e100  # of two numbers that are not too large themselves
_FROM_ONE = ("workers", "usable_cpus", "round")
_MAY_BE_ENDLESS = ("peak_workers", "value")  # where more is always better, or no size pays
_MAY_SINK = ("steal_s", "throttled_s")  # what some hypervisors count runs backwards at times
_MAY_BE_EMPTY = ("machine", "workers", "switch_interval_s")  # of the keys: the label stands elsewhere, too
_NEEDED = (
    *(key.name for key in KEYS if key.name not in _MAY_BE_EMPTY),
    *("role", "round", "run", "status", "reference", "usable_cpus"),
)
_MAY_LACK = (("break_even", "workers_asked"),)  # where the workers are what grows
_OF_FITS = ("scaling", "break_even")  # whose ends come from resamples, and may leave the value out
_WITH_FAILURES = ("runs", "summary", "failures")  # of which it may not be known how many workers they had
_TEXT = pd.Series(["text"]).dtype  # of words, in which what is not known is NaN


def table(path, name, is_foreign=True):
    """(the table of a CSV file, mistakes): rows that hold a mistake are left out; raises Unusable where none can be used.

    The columns are those of the registry, with the types that tables.read gives them; what an earlier version did not
    write is empty. Each mistake says its row (the head is the first one), its column and what is wrong. is_foreign: whether
    the file may be too large; ours are as large as they are.
    """
    return _judged(_cells(text(path, result_set.MAX_FILE_BYTES if is_foreign else math.inf), name, is_foreign), name)


def empty(name):
    """A table without rows, in place of one that cannot be used."""
    return _judged(pd.DataFrame(columns=[column.name for column in TABLES[name]], dtype=_TEXT), name)[0]


def _judged(cells, name):
    found = {column.name: _typed(cells[column.name], column) for column in TABLES[name]}
    mistakes = {}
    for column, is_wrong, reason in _mistakes(cells, found, name):
        for place in np.flatnonzero(is_wrong):
            mistakes.setdefault(int(place), f"{column}: {reason}")
    said = [f"row {place + 2}: {mistakes[place]}" for place in sorted(mistakes)]
    if said and len(said) == len(cells):
        raise Unusable(f"none of its rows can be used; {said[0]}")
    for column in TABLES[name]:
        if column.unit == "count" and kind(column) == "float":  # whole, where none is missing and none is a median
            found[column.name] = pd.to_numeric(cells[column.name].drop(list(mistakes)))
    whole = [column.name for column in TABLES[name] if kind(column) == "Int64"]
    used = pd.DataFrame(found).drop(list(mistakes)).reset_index(drop=True)
    return used.astype(dict.fromkeys(whole, "Int64")), _first(said)


def _cells(content, name, is_foreign):
    """All cells of the text of a CSV file, in the columns of the registry."""
    if is_foreign and (content.count("\n") + content.count("\r")) * len(TABLES[name]) > _MOST_CELLS:
        raise Unusable(f"has more than {_MOST_CELLS:,} cells")
    try:
        if len(next(csv.reader(StringIO(content)), [])) > _MOST_COLUMNS:
            raise ValueError(f"it has more than {_MOST_COLUMNS} columns")
        found = pd.read_csv(StringIO(content), dtype=str, keep_default_na=False, na_values=[""])
    except (ValueError, csv.Error) as error:  # those of pandas are ValueErrors
        raise Unusable(f"is no table: {str(error).strip()}") from None
    if not isinstance(found.index, pd.RangeIndex):
        raise Unusable("is no table: its rows have more cells than its head")
    columns = [column.name for column in TABLES[name]]
    missing = [column for column in columns if column in _NEEDED and column not in found]
    if missing:
        raise Unusable(f"the column {missing[0]!r} is missing")
    return found.reindex(columns=columns).astype(_TEXT)


def _first(mistakes):
    """The first of many mistakes, and how many more there are."""
    more = len(mistakes) - _MOST_TOLD
    return [*mistakes[:_MOST_TOLD], *([f"{more:,} more rows with mistakes"] if more > 0 else [])]


def _typed(text, column):
    """The cells of a column with their type, whole numbers as floats; what cannot have it is empty."""
    if kind(column) == "bool":
        return text.map({"True": True, "False": False})
    return text if kind(column) == "str" else pd.to_numeric(text, errors="coerce").astype(float)


def _mistakes(cells, found, name):
    """(column, which rows are wrong, what is wrong) for all that a column may be wrong in.

    cells: the text; found: {column: what it means}.
    """
    is_intact = cells["status"].ne(DAMAGED) if "status" in cells else True
    for column in TABLES[name]:
        text, values = cells[column.name], found[column.name]
        check = {"bool": _wrong_truths, "str": _wrong_words}.get(kind(column), _wrong_numbers)
        for is_wrong, reason in check(text, values, column):
            yield column.name, is_wrong, reason
        is_needed = column.name in _NEEDED and (name, column.name) not in _MAY_LACK
        if is_needed or (column.name == "workers" and name not in _WITH_FAILURES):
            yield column.name, text.isna() & is_intact, "is empty"
        if f"{column.name}_low" in found and name not in _OF_FITS:
            low, high = (found[f"{column.name}{end}"] for end in ("_low", "_high"))
            yield column.name, low.gt(values) | high.lt(values), "lies outside of its interval"
    if name in _OF_ROWS:
        yield from _OF_ROWS[name](found)


def _wrong_truths(text, values, column):
    yield text.notna() & values.isna(), "is neither True nor False"


def _wrong_words(text, values, column):
    fits, reason = _ALLOWED.get(column.name, (bool, ""))
    different = text.dropna().unique()
    most = texts.MAX_NAME if column.name in _NAMES else _MOST_OF_JSON if column.name in _JSON else _MOST_LETTERS
    yield text.isin([word for word in different if len(word) > most]), f"is longer than {most} letters"
    yield text.isin([word for word in different if not fits(word)]), reason
    is_written = [word for word in different if not word.isprintable() and word != texts.printable(word)]
    yield text.isin(is_written), "holds control characters"


def _wrong_numbers(text, values, column):
    yield text.notna() & values.isna(), "is no number"
    is_endless = np.isinf(values)
    if column.name.removesuffix("_low").removesuffix("_high") not in _MAY_BE_ENDLESS:
        yield is_endless, "is not finite"
    most = _LARGEST_RATIO if kind(column) == "float" and column.unit in ("", "1") else value_types.MAX_NUMBER
    yield values.abs().gt(most) & ~is_endless, f"is larger than {most:,}"
    if column.unit in ("s", "count", "MiB") and column.name not in _MAY_SINK:
        yield values.lt(-record.ROUNDING_S), "is negative"
    if column.name in _FROM_ONE:
        yield values.lt(1), "is less than 1"
    if kind(column) == "Int64":
        yield values.notna() & values.mod(1).ne(0), "is no whole number"


def _wrong_runs(found):
    """Of a run that is ok, its workers are known, and the time that counts is one."""
    is_ok = found["status"].eq("ok")
    time_s = found["work_s"].where(found["timed"].eq("work"), found["total_s"])
    yield "total_s or work_s", is_ok & ~time_s.ge(record.MIN_TIME_S), "is no time, of a run that is ok"
    yield "workers", is_ok & ~found["workers"].gt(0), "is empty, of a run that is ok"


def _wrong_verdicts(found):
    """What is said of others is said where there are others."""
    verdict = found["verdict"]
    yield "runner_up", found["runner_up"].isna() & verdict.ne(ALONE), f"is empty, yet the verdict is not {ALONE}"
    yield "tied", found["tied"].isna() & verdict.eq(TIED), f"is empty, yet the verdict is {TIED}"


_OF_ROWS = {"runs": _wrong_runs, "fastest": _wrong_verdicts}


def _is_object(text):
    try:
        found = json.loads(text)
        value_types.check_json(found, "")
    except (ValueError, RecursionError, record.RecordError):
        return False
    return isinstance(found, dict)


_ALLOWED = {  # of a column of words: what they must be, and what is said of others
    **dict.fromkeys(_NAMED, (NAME.fullmatch, "is not a name")),
    "started": (texts.is_timestamp, "is no moment in UTC"),
    **dict.fromkeys(_JSON, (_is_object, "is no object of JSON")),
    **{name: (set(words).__contains__, f"is none of {', '.join(words)}") for name, words in _WORDS.items()},
}
