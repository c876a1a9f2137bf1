"""Reads files that other people wrote: checks each against what the tables and facts may hold, and names what is wrong."""

import json
import re

import jsonschema
import numpy as np
import pandas as pd

from scripts import record
from scripts.analysis.columns import KEYS, TABLES, kind
from scripts.analysis.load import DAMAGED

MOST_BYTES = 100 * 2**20  # of one file
_MOST_LETTERS = 10_000  # in one cell
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_NAMED = ("machine", "python", "experiment", "reference")  # some become names of files
_JSON = ("params", "backend_params", "metrics")
_WORDS = {
    "status": (*record.STATUSES, DAMAGED),
    "start": ("natural", "together"),
    "scaling": ("strong", "weak"),
    "timed": ("total", "work"),
}
_INFINITE = ("peak_workers", "value")
_LARGEST = 2**53

_FACTS = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean", "null", "object", "array"]},
}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_BUILD = {
    "type": "object",
    "required": ["name", "implementation", "version", "gil", "free_threaded", "compiler", "pgo", "lto", "jit"],
    "properties": {
        "name": {"type": "string", "pattern": f"^{_NAME.pattern}\\Z"},
        **{key: {"type": "string"} for key in ("implementation", "version", "compiler", "fingerprint")},
        **{key: {"type": "boolean"} for key in ("gil", "free_threaded", "pgo", "lto")},
        "jit": {
            "type": "object",
            "required": ["available", "enabled"],
            "additionalProperties": {"type": ["boolean", "null"]},
        },
        "options": _TEXTS,
        "configure_arguments": _TEXTS,
        "env": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_LATER = {"options": [], "configure_arguments": [], "env": {}, "fingerprint": ""}  # of a build's facts, where they lack


class Unusable(Exception):
    """A file that cannot be used as a whole; the message says why."""


def machine_facts(path):
    """The facts of a machine.json; raises Unusable."""
    return _json(path, _FACTS)


def build_facts(path):
    """The facts of a pythons/<name>.json; raises Unusable."""
    return {**_LATER, **_json(path, _BUILD)}


def _json(path, schema):
    try:
        found = json.loads(text(path), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"is no JSON: {error}") from None
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(found))
    if error is not None:
        raise Unusable(f"{error.json_path}: {error.message:.200}")
    return found


def _refuse(constant):
    raise ValueError(f"{constant} is no number of JSON")


def text(path):
    """The text of a file; raises Unusable where it is too large, no text, or cannot be read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Unusable(f"is larger than {MOST_BYTES // 2**20} MiB")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def table(path, name):
    """(the table of a CSV file, mistakes): rows that hold a mistake are left out; raises Unusable where no row can be used.

    The columns are those of the registry, with the types that tables.read gives; what an earlier version did not write is
    empty. Each mistake says its line, its column and what is wrong.
    """
    text(path)
    try:
        found = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise Unusable(f"is no table: {error}") from None
    missing = [key.name for key in KEYS if key in TABLES[name] and key.name not in found]
    if missing:
        raise Unusable(f"the column {missing[0]!r} is missing")
    found = found.reindex(columns=[column.name for column in TABLES[name]])
    mistakes = pd.Series(None, found.index, dtype=object)
    for column in TABLES[name]:
        found[column.name], reason = _checked(found[column.name], column)
        is_new = reason.notna() & mistakes.isna()
        mistakes[is_new] = f"{column.name}: " + reason[is_new]
    if name == "runs":
        _check_times(found, mistakes)
    said = [f"line {line + 2}: {text}" for line, text in mistakes.dropna().items()]
    kinds = {column.name: kind(column) for column in TABLES[name] if kind(column) != "bool"}
    return found[mistakes.isna()].reset_index(drop=True).astype(kinds), said


def _checked(values, column):
    """(the values with their type, what is wrong with each: None where nothing is)."""
    reason = pd.Series(None, values.index, dtype=object)
    if kind(column) == "bool":
        reason[values.notna() & ~values.isin(["True", "False"])] = "is neither True nor False"
        return values.map({"True": True, "False": False}), reason
    if kind(column) != "str":
        return _numbers(values, column, reason)
    reason[values.str.len().gt(_MOST_LETTERS).fillna(value=False)] = f"is longer than {_MOST_LETTERS} letters"
    allowed = _ALLOWED.get(column.name)
    if allowed:
        fits = {text: bool(allowed[0](text)) for text in values.dropna().unique()}
        reason[values.notna() & ~values.map(fits).eq(other=True)] = allowed[1]
    return values, reason


def _numbers(values, column, reason):
    typed = pd.to_numeric(values, errors="coerce").astype(float)
    reason[values.notna() & typed.isna()] = "is no number"
    if not column.name.startswith(_INFINITE):
        reason[np.isinf(typed)] = "is not finite"
    if column.unit in ("s", "count", "MiB"):
        reason[typed.lt(0)] = "is negative"
    if kind(column) == "Int64":
        reason[typed.notna() & (typed.mod(1).ne(0) | typed.abs().gt(_LARGEST))] = "is no whole number"
    return typed, reason


def _is_object(text):
    try:
        return isinstance(json.loads(text, parse_constant=_refuse), dict)
    except (ValueError, RecursionError):
        return False


_ALLOWED = {  # of a column of words: what they must be, and what is said of others
    **dict.fromkeys(_NAMED, (_NAME.fullmatch, "is not a name")),
    **dict.fromkeys(_JSON, (_is_object, "is no object of JSON")),
    **{name: (set(words).__contains__, f"is none of {', '.join(words)}") for name, words in _WORDS.items()},
}


def _check_times(runs, mistakes):
    """Of a run that is ok, the time that counts is known and not 0."""
    timed = runs["work_s"].where(runs["timed"].eq("work"), runs["total_s"])
    mistakes[runs["status"].eq("ok") & ~timed.gt(0) & mistakes.isna()] = "total_s: of a run that is ok is no time"
