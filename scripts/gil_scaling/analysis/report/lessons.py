"""The lessons that a config asks for: questions with their code, the numbers measured beside those published, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.columns import CONTROLS, METRICS
from gil_scaling.analysis.report.answers import figures_of
from gil_scaling.analysis.report.html_tables import EMPTY, Cell, Table, numbers_table, ratio_cell, sequential_first

_COLUMNS = ("build", "workload", "backend", "workers", "time", "speedup", "claim")
_PUBLISHED = "the speedup that was published, beside the builds with a GIL"


class Lesson(NamedTuple):
    """A question and its answer; picture: the timeline of its experiment, None where an earlier lesson shows it."""

    id: str
    question: str
    code: str
    why: str
    numbers: Table
    picture: Mapping[str, str] | None


def make_lessons(
    wanted: Mapping[str, Any] | None,
    summary: pd.DataFrame,
    floors: Mapping[str, float | None],
    entries: Sequence[Mapping[str, Any]],
    folder: Path,
) -> list[Lesson]:
    """The lessons of the key `lessons`, None for none; floors: as of numbers_table; entries, folder: as of figures_of."""
    if wanted is None:
        return []
    timelines = [entry for entry in entries if entry["figure"] == "timeline"]
    pictures = {name: figures_of(timelines, name, folder)["figures"] for name in dict.fromkeys(summary["experiment"])}
    lessons = []
    for number, item in enumerate(wanted["items"], 1):
        found = pictures.pop(item["experiment"], [])
        rows = summary[summary["experiment"].eq(item["experiment"])]
        rows = rows[rows["backend"].isin(["sequential", *item["backends"]])]
        lessons.append(
            Lesson(
                id=f"lesson-{number}",
                question=item["question"],
                code=item["code"],
                why=item["why"],
                numbers=_numbers(rows, floors, wanted["source"], item.get("published", {})),
                picture={**found[0], "id": f"timeline-{number}"} if found else None,
            )
        )
    return lessons


def _numbers(
    rows: pd.DataFrame, floors: Mapping[str, float | None], source: str, published: Mapping[str, float]
) -> Table:
    """The main columns of the rows that the config asks for, then their metrics, and the speedups of the source."""
    rows = rows[~rows["role"].isin(CONTROLS) & rows["status"].ne("unsupported")]
    rows = sequential_first(rows, ["workload", "params", "build"])
    table = numbers_table(rows, floors)
    columns = {
        head: [row.cells[place] for row in table.rows] for place, head in enumerate(table.heads) if head[0] in _COLUMNS
    }
    columns[METRICS.name, METRICS.meaning] = [_metrics(text) for text in rows["metrics"]]
    columns[source, _PUBLISHED] = [
        ratio_cell(published.get(backend) if gil else None)
        for backend, gil in zip(rows["backend"], rows["gil"].eq(True), strict=True)
    ]
    columns = {head: cells for head, cells in columns.items() if any(cell != EMPTY for cell in cells)}
    cells = zip(*columns.values(), strict=True)
    return Table(list(columns), [row._replace(cells=list(own)) for row, own in zip(table.rows, cells, strict=True)])


def _metrics(text: Any) -> Cell:
    """The metrics of a workload in words: `items_in_parent = 1,000,000`."""
    found = json.loads(text) if isinstance(text, str) else {}
    texts = [
        f"{name} = {phrases.format_number(value) if isinstance(value, float) else labels.short(value)}"
        for name, value in found.items()
    ]
    return Cell(", ".join(texts)) if texts else EMPTY
