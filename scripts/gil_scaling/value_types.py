"""Types with limits, as annotations use them, and checking values with the standard library alone.

Each run pays for this module, so it does without typing: its Annotated, TypedDict and Union stand for those of typing.
"""

from __future__ import annotations

import math

from gil_scaling import quick_json
from gil_scaling.text import MAX_TEXT, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object

MAX_JSON = 500_000  # characters of a value without fixed form, which becomes one cell of a table
MAX_NESTING = 50  # levels of lists and objects
MAX_NUMBER = 2**53  # all integers up to it are also floats


class RecordError(Exception):
    """A value or file that is not a valid record, or not a valid part of one; the message names the field."""


class Range:
    """The smallest and the largest value of a number."""

    def __init__(self, low: float, high: float = MAX_NUMBER) -> None:
        self.low, self.high = low, high


class Length:
    """The smallest and the largest number of characters of a text."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high


class Choice:
    """The words that a text may be."""

    def __init__(self, *words: str) -> None:
        self.words = words


class Kind:
    """A named type at run time: its Python types and the limits of its values."""

    def __init__(self, base: Any, *limits: Any) -> None:
        bases = base if isinstance(base, tuple) else (base,)
        self.bases = tuple(getattr(base, "__origin__", base) for base in bases)
        self.types = (int, *self.bases) if float in self.bases else self.bases
        self.range: Range | None = None
        self.length: Length | None = None
        self.choice: Choice | None = None
        for limit in limits:
            if isinstance(limit, Range):
                self.range = limit
            elif isinstance(limit, Length):
                self.length = limit
            elif isinstance(limit, Choice):
                self.choice = limit


class TypedDict:
    """Stands for typing.TypedDict: a structure, of which the annotations are all that counts."""


class Union:
    """Stands for typing.Union: the types of a value as a tuple."""

    def __class_getitem__(cls, types: Any) -> Any:
        return types


class Annotated:
    """Stands for typing.Annotated: a type with its limits."""

    def __class_getitem__(cls, parts: Any) -> Any:
        return Kind(*parts)


class Checker:
    """Checks values against annotations: a name of a kind or structure, `list[…]` or `dict[Name, …]`, or `… | None`."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def check(self, value: Any, annotation: str, where: str) -> None:
        """Raises RecordError, naming the place of the first value that is not what the annotation allows."""
        if annotation.endswith(" | None"):
            if value is None:
                return
            annotation = annotation[: -len(" | None")]
        container, _, items = annotation.rstrip("]").partition("[")
        if container == "list":
            self._check_list(value, items, where)
        elif container == "dict":
            self._check_mapping(value, items.partition(", ")[2], where)
        elif isinstance(self._names[annotation], Kind):
            check_kind(value, self._names[annotation], where)
        else:
            self._check_structure(value, self._names[annotation], where)

    def _check_structure(self, value: Any, structure: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise RecordError(f"{where or 'record'}: expected an object, got {shown(value)}")
        prefix = f"{where}." if where else ""
        for name, annotation in structure.__annotations__.items():
            if name not in value:
                raise RecordError(f"{prefix}{name}: is missing")
            self.check(value[name], annotation, f"{prefix}{name}")

    def _check_list(self, values: Any, annotation: str, where: str) -> None:
        if not isinstance(values, list):
            raise RecordError(f"{where}: expected a list, got {shown(values)}")
        if not _are_numbers_in_range(values, self._names[annotation.partition(" | ")[0]]):
            for place, value in enumerate(values):
                self.check(value, annotation, f"{where}[{place}]")

    def _check_mapping(self, values: Any, annotation: str, where: str) -> None:
        if not isinstance(values, dict):
            raise RecordError(f"{where}: expected an object, got {shown(values)}")
        for key, value in values.items():
            check_kind(key, self._names["Name"], where)
            self.check(value, annotation, f"{where}[{key!r}]")


def _are_numbers_in_range(values: list[Any], kind: Any) -> bool:
    """Whether all values are valid numbers: a short cut, as lists of numbers are most of a record."""
    if not isinstance(kind, Kind) or kind.range is None or not set(map(type, values)) <= set(kind.types):
        return False
    return all(kind.range.low <= value <= kind.range.high for value in values)


def check_kind(value: Any, kind: Any, where: str) -> None:
    """Raises RecordError where a value is not of a kind."""
    if not isinstance(value, kind.types) or (isinstance(value, bool) and bool not in kind.types):
        names = " or ".join(base.__name__ for base in kind.bases)
        raise RecordError(f"{where}: expected {names}, got {shown(value)}")
    if isinstance(value, str):
        _check_text(value, kind, where)
    elif isinstance(value, (dict, list)):
        check_json(value, where)
    elif kind.range and not kind.range.low <= value <= kind.range.high:
        limit = f">= {kind.range.low:g}" if value < kind.range.low else f"<= {kind.range.high:,}"
        limit = limit if abs(value) < math.inf else "a finite number"
        raise RecordError(f"{where}: expected {limit}, got {shown(value)}")


def _check_text(text: str, kind: Any, where: str) -> None:
    if kind.choice and text not in kind.choice.words:
        raise RecordError(f"{where}: expected {' or '.join(kind.choice.words)}, got {shown(text)}")
    if kind.length and not kind.length.low <= len(text) <= kind.length.high:
        is_long = len(text) > kind.length.high
        limit = f"more than {kind.length.high:,}" if is_long else f"fewer than {kind.length.low}"
        problem = f"has {limit} characters" if text else "is empty"
        raise RecordError(f"{where}: {problem}")
    if not text.isprintable() and text != printable(text):
        raise RecordError(f"{where}: {shown(text)} contains control characters or a lone surrogate")


def shown(value: Any) -> str:
    """The beginning of a value in a message."""
    return f"{value!r:.60}"


def check_json(value: Any, where: str) -> None:
    """Raises RecordError where a value without fixed form is too large, or contains a number or text that no file can."""
    level = [value]
    for _ in range(MAX_NESTING + 1):
        for part in level:
            _check_leaf(part, where)
        level = [inner for part in level if isinstance(part, (dict, list)) for inner in _parts_of(part)]
        if not level:
            break
    else:
        raise RecordError(f"{where}: more than {MAX_NESTING} levels of lists and objects")
    if value and len(quick_json.dumps(value)) > MAX_JSON:
        raise RecordError(f"{where}: more than {MAX_JSON:,} characters")


def _check_leaf(value: Any, where: str) -> None:
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise RecordError(f"{where}: a text has more than {MAX_TEXT:,} characters")
        if not value.isascii() and value != value.encode("utf-8", "replace").decode():
            raise RecordError(f"{where}: {shown(value)} contains a lone surrogate")
    elif isinstance(value, float) and not math.isfinite(value):
        raise RecordError(f"{where}: {value!r} is not a finite number")


def _parts_of(container: dict[str, Any] | list[Any]) -> list[Any]:
    return [*container, *container.values()] if isinstance(container, dict) else container
