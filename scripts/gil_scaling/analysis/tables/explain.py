"""Makes the tables of the target `why` from what its extra runs left.

`python -m gil_scaling.analysis.tables.explain FOLDER` reads FOLDER/why and writes into FOLDER/tables: first without `objects`, whose
runs depend on the lines.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gil_scaling.analysis import tables
from gil_scaling.analysis.columns import COMBINATION, WHY_TABLES
from gil_scaling.analysis.documents import exit_on_error
from gil_scaling.analysis.tables.lines import facts_of, line_rows, listing_rows, machine_factor, profile
from gil_scaling.analysis.tables.locks import lock_rows
from gil_scaling.analysis.tables.objects import object_rows
from gil_scaling.analysis.tables.waiting import waiting_row
from gil_scaling.result_set import TABLES, WHY

Results = dict[tuple[str, int, int], dict[str, Any]]  # {(what, workers, round): content of the file of a run}

_KEYS = [column.name for column in COMBINATION]


def main(folder: Path) -> None:
    """Writes the tables."""
    order = json.loads((folder / WHY / "order.json").read_text(encoding="utf-8"))
    summary = (
        tables.read(folder / TABLES, ("summary",))["summary"]
        .drop_duplicates("combination")
        .set_index("combination", drop=False)
    )
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in WHY_TABLES}
    for each in order["combinations"]:
        of_combination = summary.loc[each["combination"]]
        keys = {name: of_combination[name] for name in _KEYS}
        results = _read_results(folder / WHY, order, each["run"])
        for name, row in explain(results, each["workers"], int(of_combination["usable_cpus"])):
            rows[name].append({**keys, **row})
        study = folder / WHY / f"objects-{each['run']}.json"
        if study.exists():  # launch.objects comes after the first call
            found = object_rows(json.loads(study.read_text(encoding="utf-8")))
            rows["objects"] += [{**keys, **row} for row in found]
    made = {name: tables.with_types(pd.DataFrame(found), WHY_TABLES[name]) for name, found in rows.items()}
    tables.write(made, folder / TABLES)


def _read_results(folder: Path, order: Mapping[str, Any], run: str) -> Results:
    return {
        (each["what"], each["workers"], each["round"]): json.loads(
            (folder / f"{each['file']}.json").read_text(encoding="utf-8")
        )
        for each in order["runs"]
        if each["run"] == run
    }


def explain(results: Results, workers: int, usable_cpus: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, row) for all rows of a combination."""
    rounds = sorted({number for *_, number in results})
    both = [number for number in rounds if _are_ok(results["lines", count, number] for count in (1, workers))]
    alone, together = ([results["lines", count, number]["measured"] for number in both] for count in (1, workers))
    profiles = [profile(measured) for measured in alone], [profile(measured) for measured in together]
    factor = machine_factor(*profiles)
    for count, good in ((1, alone), (workers, together)):
        status = _status(results["lines", count, number] for number in rounds)
        row = {"at_workers": count, "spare_cpus": max(0, usable_cpus - count), **status}
        if good:
            seen = waiting_row(good)
            row |= {**seen, "machine_factor": factor, "reason": status.get("reason", seen["reason"])}
        yield "waiting", row
    yield from (("locks", row) for row in _lock_rows(results))
    if not both:
        return
    lines = line_rows(*profiles, facts_of([*alone, *together]))
    yield from (("lines", row) for row in lines)
    shown = list(dict.fromkeys(row["file"] for row in lines if "file" in row))
    yield from (("listings", row) for row in listing_rows(*profiles, _join_texts([*alone, *together]), shown))


def _join_texts(measured: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """{file: {line: text}} of all runs."""
    texts: dict[str, dict[str, str]] = {}
    for each in measured:
        for file, found in each["seen"]["texts"].items():
            texts.setdefault(file, {}).update(found)
    return texts


def _lock_rows(results: Results) -> Iterator[dict[str, Any]]:
    """The rows of the table `locks`, where locks were metered; one without a line where none was used."""
    runs = [
        (run, results["lines", workers, number]) for (what, workers, number), run in results.items() if what == "locks"
    ]
    if not runs:
        return
    good = [[run["measured"] for run in pair] for pair in runs if _are_ok(pair)]
    rows = lock_rows(*zip(*good, strict=True)) if good else ()
    status = _status(run for run, _ in runs)
    yield from ({**status, **row} for row in (list(rows) or [{}]))


def _are_ok(runs: Iterable[Mapping[str, Any]]) -> bool:
    return all(run["status"] == "ok" for run in runs)


def _status(runs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The status of several runs, and why it is not ok."""
    bad = next((run for run in runs if run["status"] != "ok"), None)
    return {"status": "ok"} if bad is None else {name: bad[name] for name in ("status", "reason")}


if __name__ == "__main__":
    with exit_on_error():
        main(Path(sys.argv[1]))
