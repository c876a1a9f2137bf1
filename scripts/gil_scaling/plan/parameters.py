"""Checks the values of parameters of workloads and backends; yields what is wrong, without the place."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from gil_scaling import value_types
from gil_scaling.plan import catalog
from gil_scaling.plan.yaml_lines import shown

_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}


def value_mistakes(part: catalog.Workload | catalog.Backend, name: Any, value: Any) -> Iterator[str]:
    """What is wrong with the value of a parameter, which may be swept."""
    is_swept = isinstance(value, dict) and "sweep" in value
    default = part.defaults.get(name)
    is_size = isinstance(part, catalog.Workload) and catalog.is_whole(default)
    if not _is_json(value):
        kinds = "numbers, texts, true, false, null, and lists and mappings of them"
        yield f"parameter {shown(name)}: {shown(value)} is not a JSON value. Expected: {kinds}."
    elif problem := _unfit(value, name):
        yield f"{problem}. Records cannot hold it."
    elif is_swept and not (len(value) == 1 and isinstance(value["sweep"], list) and value["sweep"]):
        yield f"parameter {shown(name)}: a swept value is {{sweep: [value, …]}} with at least one value."
    elif is_swept and is_size and catalog.AUTO in value["sweep"]:
        yield f"parameter {shown(name)}: `auto` cannot be swept. Give numbers, or `{name}: auto` alone."
    else:
        expected = _expected(part, name)
        for choice in _choices(value):
            if expected and not _is_accepted(part, name, choice) and not (is_size and choice == catalog.AUTO):
                yield f"parameter {shown(name)}: {shown(choice)} is not allowed. Expected: {expected}."


def _expected(part: catalog.Workload | catalog.Backend, name: Any) -> str | None:
    """What a parameter accepts, None for anything: of a user's file only the file knows that, unless it declares choices."""
    if choices := _declared(part, name):
        return f"one of {', '.join('null' if choice is None else str(choice) for choice in choices)}"
    is_built_in = part.reference == part.name
    return _EXPECTED.get(type(part.defaults.get(name))) if is_built_in else None


def _is_accepted(part: catalog.Workload | catalog.Backend, name: Any, choice: Any) -> bool:
    """Whether a value is one of those that are declared, or of the type of the default."""
    if choices := _declared(part, name):
        return choice in choices
    default = part.defaults.get(name)
    return type(choice) in ((int, float) if type(default) is float else (type(default),))


def _declared(part: catalog.Workload | catalog.Backend, name: Any) -> Sequence[Any]:
    return part.choices.get(name, ()) if isinstance(part, catalog.Backend) else ()


def _choices(value: Any) -> list[Any]:
    """The values of a parameter, one where it is not swept."""
    return value["sweep"] if isinstance(value, dict) and isinstance(value.get("sweep"), list) else [value]


def _unfit(value: Any, name: Any) -> str | None:
    """Why the record of a run cannot hold the value of a parameter, or None."""
    try:
        for choice in _choices(value):
            value_types.check_json({str(name): choice}, f"parameter {shown(name)}")
    except value_types.RecordError as error:
        return str(error)
    return None


def _is_json(value: Any) -> bool:
    """Whether a value survives a round trip through JSON; numbers as keys, for example, do not."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        return bool(json.loads(text.encode()) == value)
    except (TypeError, ValueError, RecursionError):
        return False
