"""Reads files that other people wrote: checks each against what the tables and facts may hold, and names what is wrong."""

import csv
import json
import re
from io import StringIO

import jsonschema
import numpy as np
import pandas as pd
import yaml

from scripts import record
from scripts.analysis.columns import KEYS, TABLES, kind
from scripts.analysis.fastest import ALONE, FASTEST, TIED
from scripts.analysis.load import DAMAGED
from scripts.analysis.metrics import CLOPPER_PEARSON
from scripts.analysis.pairing import PAIRED, UNPAIRED
from scripts.analysis.statistics import intervals
from scripts.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER

MOST_BYTES = 100 * 2**20  # of a table
MOST_OF_FACTS = 2**20  # bytes, of the facts of a machine or build, and of a config
_MOST_COLUMNS = 1000  # pandas takes minutes for a million
_MOST_LETTERS = 10_000  # in one cell
_MOST_LEVELS = 50  # of lists and objects in each other
_MOST_TOLD = 10  # mistakes of one table
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_NAMED = ("machine", "python", "experiment", "reference")  # some become names of files
_JSON = ("params", "backend_params", "metrics")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_WORDS = {
    "status": (*record.STATUSES, DAMAGED),
    "start": ("natural", "together"),
    "scaling": ("strong", "weak"),
    "timed": ("total", "work"),
    "role": ("asked", "baseline", "ceiling"),
    "interval": (intervals.CI95, intervals.RANGE, CLOPPER_PEARSON),
    "pairing": (PAIRED, UNPAIRED),
    "verdict": (FASTEST, TIED, NO_CLAIM, ALONE),
    **dict.fromkeys(("claim", "claim_reference"), (FASTER, SLOWER, SAME, NOT_SHOWN, NO_CLAIM)),
}
_LARGEST = 2**53
_SHORTEST_S = 1e-9  # of a time that counts
_ROUNDING = 1e-9  # of the difference of two readings of a clock, in s
_FROM_ONE = ("workers", "usable_cpus", "round")
_MAY_SINK = ("steal_s", "throttled_s")  # what some hypervisors count runs backwards at times
_MAY_BE_EMPTY = ("machine", "workers", "switch_interval_s")  # of the keys: the label stands elsewhere, too
_NEEDED = (
    *(key.name for key in KEYS if key.name not in _MAY_BE_EMPTY),
    *("role", "round", "run", "status", "reference", "usable_cpus"),
)
_WITH_FAILURES = ("runs", "summary", "failures")  # of which it may not be known how many workers they had
_TEXT = pd.Series(["text"]).dtype  # of words, in which what is not known is NaN

_FACTS = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean", "null", "object", "array"]},
}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_BUILD = {
    "type": "object",
    "required": ["name", "implementation", "version", "gil", "free_threaded", "compiler", "pgo", "lto", "jit"],
    "properties": {
        "name": {"type": "string", "pattern": f"^{NAME.pattern}\\Z"},
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
    """The facts of a pythons/<name>.json; raises Unusable, also where they are another build's."""
    found = {**_LATER, **_json(path, _BUILD)}
    if found["name"] != path.stem:
        raise Unusable(f"tells of the build {found['name']!r}")
    return found


def _json(path, schema):
    try:
        found = _plain(json.loads(text(path, MOST_OF_FACTS), parse_constant=_refuse))
    except (ValueError, RecursionError) as error:
        raise Unusable(f"is no JSON: {error}") from None
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(found))
    if error is not None:
        place = "".join(letter if letter.isprintable() else "?" for letter in error.json_path)
        raise Unusable(f"{place}: {error.message:.200}")
    return found


def _refuse(constant):
    raise ValueError(f"{constant} is no number of JSON")


class _Loader(yaml.SafeLoader):
    """Reads YAML, but no aliases: a few lines of them may stand for billions of values."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise Unusable("holds aliases")
        return super().compose_node(parent, index)


_OF_YAML = (  # what its reader raises, also for tags that do not fit their values
    yaml.YAMLError,
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
)


def config(path):
    """The mapping in a config.yaml; raises Unusable."""
    try:
        found = _plain(yaml.load(text(path, MOST_OF_FACTS), _Loader))
    except _OF_YAML:
        raise Unusable("is no YAML") from None
    if not isinstance(found, dict):
        raise Unusable("is no mapping")
    return found


def _plain(value):
    """The value of JSON or YAML, where our files can hold it; raises Unusable or ValueError (text that UTF-8 has no bytes for)."""
    level = [value]
    for _ in range(_MOST_LEVELS):
        inner = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list)]
        level = [part for parts in inner for part in parts]
    if any(isinstance(part, dict | list) for part in level):
        raise Unusable(f"holds more than {_MOST_LEVELS} lists and objects in each other")
    json.dumps(value, ensure_ascii=False, default=str).encode()
    return value


def text(path, most):
    """The text of a file; raises Unusable where it has more than so many bytes, is no text, or cannot be read."""
    try:
        if path.stat().st_size > most:
            raise Unusable(f"is larger than {most // 2**20} MiB")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def table(path, name):
    """(the table of a CSV file, mistakes): rows that hold a mistake are left out; raises Unusable where none can be used.

    The columns are those of the registry, with the types that tables.read gives them; what an earlier version did not
    write is empty. Each mistake says its row (the head is the first one), its column and what is wrong.
    """
    return _judged(_cells(path, name), name)


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


def _cells(path, name):
    """All cells of a CSV file as text, in the columns of the registry."""
    content = text(path, MOST_BYTES)
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
        if column.name in _NEEDED or (column.name == "workers" and name not in _WITH_FAILURES):
            yield column.name, text.isna() & is_intact, "is empty"
        if f"{column.name}_low" in found:
            low, high = (found[f"{column.name}{end}"] for end in ("_low", "_high"))
            yield column.name, low.gt(values) | high.lt(values), "lies outside of its interval"
    if name in _OF_ROWS:
        yield from _OF_ROWS[name](found)


def _wrong_truths(text, values, column):
    yield text.notna() & values.isna(), "is neither True nor False"


def _wrong_words(text, values, column):
    fits, reason = _ALLOWED.get(column.name, (bool, ""))
    different = text.dropna().unique()
    yield (
        text.isin([word for word in different if len(word) > _MOST_LETTERS]),
        f"is longer than {_MOST_LETTERS} letters",
    )
    yield text.isin([word for word in different if not fits(word)]), reason


def _wrong_numbers(text, values, column):
    yield text.notna() & values.isna(), "is no number"
    yield np.isinf(values), "is not finite"
    yield values.abs().gt(_LARGEST), f"is larger than {_LARGEST:,}"
    if column.unit in ("s", "count", "MiB") and column.name not in _MAY_SINK:
        yield values.lt(-_ROUNDING), "is negative"
    if column.name in _FROM_ONE:
        yield values.lt(1), "is less than 1"
    if kind(column) == "Int64":
        yield values.notna() & values.mod(1).ne(0), "is no whole number"


def _wrong_runs(found):
    """Of a run that is ok, its workers are known, and the time that counts is one."""
    is_ok = found["status"].eq("ok")
    time_s = found["work_s"].where(found["timed"].eq("work"), found["total_s"])
    yield "total_s or work_s", is_ok & ~time_s.ge(_SHORTEST_S), "is no time, of a run that is ok"
    yield "workers", is_ok & ~found["workers"].gt(0), "is empty, of a run that is ok"


def _wrong_verdicts(found):
    """What is said of others is said where there are others."""
    verdict = found["verdict"]
    yield "runner_up", found["runner_up"].isna() & verdict.ne(ALONE), f"is empty, yet the verdict is not {ALONE}"
    yield "tied", found["tied"].isna() & verdict.eq(TIED), f"is empty, yet the verdict is {TIED}"


_OF_ROWS = {"runs": _wrong_runs, "fastest": _wrong_verdicts}


def _is_object(text):
    try:
        return isinstance(_plain(json.loads(text, parse_constant=_refuse)), dict)
    except (ValueError, RecursionError, Unusable):
        return False


_ALLOWED = {  # of a column of words: what they must be, and what is said of others
    **dict.fromkeys(_NAMED, (NAME.fullmatch, "is not a name")),
    "started": (_MOMENT.fullmatch, "is no moment in UTC"),
    **dict.fromkeys(_JSON, (_is_object, "is no object of JSON")),
    **{name: (set(words).__contains__, f"is none of {', '.join(words)}") for name, words in _WORDS.items()},
}
