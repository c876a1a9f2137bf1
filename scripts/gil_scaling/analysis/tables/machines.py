"""The hardware and the system of each machine."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from gil_scaling.analysis.columns import INT, SWITCH_WORDS, TABLES
from gil_scaling.analysis.read import ResultSet

_MAX = 2**53  # a larger number is no count of CPUs or MiB


def machines(sets: Iterable[ResultSet]) -> pd.DataFrame:
    """The table: one row per result set; a fact that its machine.json lacks, or has in another form, is empty."""
    return pd.DataFrame([{"machine": each.label, "name": each.machine, **_facts(each.facts)} for each in sets])


def _facts(facts: dict[str, Any]) -> dict[str, str | int | None]:
    return {
        column.name: _number(facts[column.name]) if column.type == INT else _text(facts[column.name], column.words)
        for column in TABLES["machines"]
        if column.name in facts
    }


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MAX else None


def _text(value: Any, words: tuple[str, ...]) -> str | None:
    if words == SWITCH_WORDS:
        return words[value] if type(value) is int and value in (0, 1) else None
    return value if isinstance(value, str) else None
