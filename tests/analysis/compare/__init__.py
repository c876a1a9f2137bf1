"""Result sets made by hand for the tests of the comparison, and what spoils them."""

import csv

from gil_scaling.analysis.tables import build as tables

from tests.support import sweep_records, write_result_set

BUILDS = {"3.14": {}, "3.14t": {"gil": False, "free_threaded": True}}
TIMES = {  # of six rounds, in s
    "3.14": {"sequential": [4.0, 4.1, 4.2, 4.3, 4.4, 4.5], "thread": [4.1, 4.2, 4.3, 4.4, 4.5, 4.6]},
    "3.14t": {"sequential": [4.2, 4.3, 4.4, 4.5, 4.6, 4.7], "thread": [2.1, 2.2, 2.3, 2.4, 2.5, 2.6]},
}


def result_set(folder, *, machine="m", sweep="s", day=1, factor=1.0, times=TIMES, change=None, **more):
    """Writes a result set with its tables into a folder, which it returns: measured on a day of January, in one call.

    times: as TIMES; factor: all of them are so many times as long; change: a function of the list of records.
    """
    more.setdefault("builds", {name: BUILDS[name] for name in times})
    records = []
    for python, own in times.items():
        longer = {backend: [factor * total_s for total_s in totals] for backend, totals in own.items()}
        records += sweep_records(longer, python=python)
    moment = f"2026-01-{day:02}T12:00:00Z"
    records = [{**one, "started": moment, "call": {"id": f"{machine}-{day}", "time": moment}} for one in records]
    for one in records:
        gil = more["builds"][one["spec"]["python"]].get("gil", True)
        one["measured"]["gil_before"] = one["measured"]["gil_after"] = gil
        for sample in one["measured"]["samples"]:
            sample["metrics"] = {"lost": 3.5}
            sample["gil_before"] = sample["gil"] = [gil] * sample["workers"]
    records = change(records) if change else records
    tables.main(write_result_set(folder, records, machine=machine, sweep=sweep, **more))
    return folder


def with_a_failure(records):
    """The records, of which the last one failed."""
    return [*records[:-1], {**records[-1], "status": "failed", "reason": "it broke", "measured": None}]


def rewrite(path, change):
    """Rewrites a CSV file with what change makes of its rows, dictionaries of text."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows = change(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def put(path, column, value, *places):
    """Puts a value into a column of a CSV file, at these places or everywhere."""

    def change(rows):
        for place, row in enumerate(rows):
            row[column] = value if not places or place in places else row[column]
        return rows

    rewrite(path, change)


def without(path, *columns):
    """Takes columns out of a CSV file."""
    rewrite(path, lambda rows: [{name: row[name] for name in row if name not in columns} for row in rows])
