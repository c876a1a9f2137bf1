import math

import pytest

from tests.support import make_tables, sweep_records

TIMES = {
    "3.14": {"sequential": [4.0] * 6, "process": [2.5] * 6, "thread": [4.1] * 6},
    "3.14t": {"sequential": [4.2] * 6, "thread": [2.0] * 6, "thread_pool": [2.01] * 6},
}


def choices(folder, times=TIMES, change=None):
    """The rows of the table; change: called with each record."""
    records = [one for python, own in times.items() for one in sweep_records(own, python=python)]
    for one in records if change else []:
        change(one)
    return make_tables(folder, records)["choices"].sort_values("place").to_dict("records")


def test_choices_are_one_per_build_and_kind_of_backend(tmp_path):
    rows = choices(tmp_path)
    assert [(row["backend"], row["python"], row["place"]) for row in rows] == [
        ("thread", "3.14t", 1),  # and not thread_pool, which is of the same kind
        ("process", "3.14", 2),
        ("sequential", "3.14", 3),
        ("thread", "3.14", 4),
        ("sequential", "3.14t", 5),
    ]


def test_choices_have_their_margin_over_the_best(tmp_path):
    best, second, *_ = choices(tmp_path)
    assert [second[name] for name in ("margin", "margin_low", "margin_high")] == pytest.approx([1.25] * 3)
    assert (second["claim"], second["interval"], second["pairing"]) == ("faster", "ci95", "paired")
    assert math.isnan(best["margin"])
    assert not isinstance(best["claim"], str)


def test_choices_are_paired_by_round(tmp_path):
    drift = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5]
    times = {"3.14": {"process": [1.2 * time for time in drift]}, "3.14t": {"thread": drift}}
    _, second = choices(tmp_path, times)
    assert [second["margin_low"], second["margin_high"]] == pytest.approx([1.2, 1.2])


def test_choices_of_several_calls_are_unpaired(tmp_path):
    def measure_later(record):
        record["call"]["id"] = record["spec"]["python"]

    rows = choices(tmp_path, change=measure_later)
    assert {row["python"]: row["pairing"] for row in rows[1:]} == {"3.14": "unpaired", "3.14t": "paired"}


def test_choices_of_few_rounds_make_no_claim(tmp_path):
    times = {"3.14": {"process": [2.0] * 5}, "3.14t": {"thread": [1.0] * 5}}
    _, second = choices(tmp_path, times)
    assert (second["claim"], second["interval"]) == ("no claim", "range")
