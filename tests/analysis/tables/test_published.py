import re

import pandas as pd
import pytest
from gil_scaling.analysis.tables.published import DATA, parse_combination, published, read_data
from gil_scaling.plan import catalog

from tests.support import make_tables, sweep_records

COLUMNS = ["source", "url", "date", "machine", "cores", "python", "gil", "workload", "combination", "workers", "metric"]
COLUMNS += ["value", "grade"]
HALF = {"sequential": [4.0] * 6, "thread": [2.0, 2.01, 2.02, 1.99, 1.98, 2.0]}


def data(**changes):
    """The data of one published speedup of a loop in two threads without the GIL."""
    row = dict.fromkeys(COLUMNS, "x") | {"gil": "off", "combination": "py_loop/thread", "workers": 2, "value": 2.0}
    return pd.DataFrame([{**row, **changes}])


def compare(folder, times=HALF, *, cpus=2, has_gil=False, **changes):
    """The rows of the table of a sweep, as dictionaries; has_gil: whether its build has the GIL; changes: of the published row."""
    path = folder / "published.csv"
    data(**changes).to_csv(path, index=False)
    records = sweep_records(times, python="3.14t")
    for one in records:
        one["measured"]["gil_after"] = has_gil
    summary = make_tables(folder, records, cpus=cpus)["summary"]
    return published(summary, read_data(path)).to_dict("records")


@pytest.mark.parametrize(("value", "verdict"), [(2.0, "inside"), (2.5, "outside"), (1.5, "outside")])
def test_a_published_speedup_lies_in_our_interval_or_not(value, verdict, tmp_path):
    (row,) = compare(tmp_path, value=value)
    assert (row["backend"], row["workers"], row["published"], row["verdict"]) == ("thread", 2, value, verdict)
    assert row["speedup_low"] < row["speedup"] < row["speedup_high"]


def test_a_range_of_few_rounds_supports_no_verdict(tmp_path):
    (row,) = compare(tmp_path, {"sequential": [4.0] * 5, "thread": [2.0] * 5})
    assert (row["rounds"], row["verdict"]) == (5, "no claim")


@pytest.mark.parametrize(
    "changes",
    [
        {"workers": 4},
        {"combination": "py_loop/thread_pool"},
        {"combination": "py_loop/thread weak"},
        {"combination": "fib/thread"},
        {"combination": "py_loop n=11/thread"},
        {"gil": "on"},
    ],
    ids=str,
)
def test_other_combinations_are_not_compared(changes, tmp_path):
    assert compare(tmp_path, **changes) == []


def test_parameters_that_a_source_fixes_are_the_same(tmp_path):
    assert [row["published"] for row in compare(tmp_path, combination="py_loop n=10 count=2/thread")] == [2.0]


def test_more_workers_than_cpus_are_not_compared(tmp_path):
    assert compare(tmp_path, cpus=1) == []


def test_a_build_with_the_gil_is_compared_with_one_that_has_it(tmp_path):
    assert len(compare(tmp_path, has_gil=True, gil="on")) == 1
    assert compare(tmp_path, has_gil=True, gil="off") == []


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(DATA, keep_default_na=False)


def test_each_published_row_names_its_source_and_value(rows):
    assert list(rows) == COLUMNS
    assert not [name for name in rows if name != "cores" and rows[name].astype(str).eq("").any()]
    assert rows["url"].str.fullmatch(r"https://[\w./#-]+").all()
    assert rows["date"].str.fullmatch(r"20\d\d(-\d\d){0,2}").all()
    assert set(rows["grade"]) <= {"A", "B"} and set(rows["gil"]) == {"on", "off"}
    assert (rows["value"] > 0).all() and (rows["workers"] >= 1).all()
    assert not rows.duplicated([name for name in rows if name not in ("value", "grade")]).any()


def test_published_values_are_ratios_and_never_times(rows):
    assert not [
        metric
        for metric in set(rows["metric"])
        if not re.fullmatch(r"(weak )?speedup|rate / that of one worker", metric)
    ]


def test_each_published_combination_exists(rows):
    for text in set(rows["combination"]):
        combination = parse_combination(text)
        workload = catalog.read_workload(combination.workload, ".")
        assert set(combination.params) <= set(workload.parameters), text
        assert combination.backend in catalog.names(catalog.BACKENDS), text
        assert combination.scaling in ("strong", "weak"), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("py_loop/thread", ("py_loop", {}, "thread", "strong")),
        (
            "numpy_ufunc operation=sin size=4/thread weak",
            ("numpy_ufunc", {"operation": "sin", "size": "4"}, "thread", "weak"),
        ),
    ],
)
def test_a_combination_is_parsed(text, expected):
    assert parse_combination(text) == expected
