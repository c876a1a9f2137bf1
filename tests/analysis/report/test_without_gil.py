import pandas as pd
import pytest
from gil_scaling.analysis.columns import TABLES
from gil_scaling.analysis.report import without_gil
from gil_scaling.analysis.tables import with_types

from tests.analysis.report.pages import Page, sections, sweep_folder, write_report
from tests.support import sweep_records

ROW = {
    "build": "3.14t",
    "reference_build": "3.14",
    "panel": "py_loop",
    "backend": "thread",
    "backend_kind": "threads",
    "series": "thread",
    "workers": 2,
    "usable_cpus": 2,
    "speedup_ceiling": 1.8,
    "tax": 1.2,
    "predicted": 1.5,
    "measured": 1.6,
    "error": 0.94,
    "error_low": 0.9,
    "error_high": 0.98,
    "interval": "ci95",
}
OTHER = {**ROW, "panel": "sort", "error": 1.1}
SHARES = {**ROW, "panel": "shared_read", "error": None, "predicted": None, "reason": "its workers share an object"}


def describe(*rows):
    table = with_types(pd.DataFrame(list(rows)), TABLES["without_gil"])
    return list(without_gil.sentences(without_gil.typical(table)))


def test_the_error_of_one_workload_has_its_interval():
    assert describe(ROW) == [
        "The speedup of threads on 3.14t that processes on 3.14 and the tax predict is for py_loop 0.94 [0.90, 0.98] times the measured one."
    ]


def test_the_error_of_too_few_rounds_has_no_interval():
    (sentence,) = describe({**ROW, "interval": "range"})
    assert sentence.endswith("the measured one. The brackets are ranges of too few rounds for a claim.")


def test_the_error_over_all_workloads_has_its_ends():
    assert describe(OTHER, ROW, {**ROW, "panel": "nbody", "error": 1.0}) == [
        "The speedup of threads on 3.14t that processes on 3.14 and the tax predict is over 3 workloads in the median 1.00 times "
        "the measured one, from 0.94 (py_loop) to 1.10 (sort)."
    ]


def test_each_workload_counts_once_with_its_typical_workers():
    assert describe(
        ROW, {**ROW, "workers": 1, "error": 0.5}, {**ROW, "backend": "thread_pool", "error": 2.0}
    ) == describe(ROW)


def test_what_is_not_predicted_has_its_reason():
    *_, last = describe(ROW, SHARES, {**SHARES, "panel": "shared_append"})
    assert last == "Not predicted: shared_read and shared_append: its workers share an object."


def test_without_an_error_nothing_is_shown():
    assert describe(SHARES) == []


def test_with_the_tax_of_another_sweep_its_errors_are_shown():
    there = {"tax_source": "the sweep tax", "tax_build": "3.14t", "tax_workloads": 10}
    errors = {"tax_error": 1.02, "tax_error_low": 0.85, "tax_error_high": 1.2}
    ends = {"predicted_low": 1.3, "predicted_high": 1.6, "error": None}
    row = {**ROW, "build": "3.14", **there, **errors, **ends}
    start = "Without the GIL, threads are predicted to be "
    end = " times as fast as sequential on 3.14: as processes in steady state, less the tax of 3.14t in the sweep tax "
    end += "(the brackets combine that of the processes with that of the tax; no claim). There "
    many = "the predictions of 10 workloads were in the median 1.02 times what was measured, from 0.85 to 1.20."
    one = "the prediction of one workload was 1.02 times what was measured."
    assert describe(row) == [f"{start}1.50 [1.30, 1.60] (py_loop){end}{many}"]
    assert describe({**row, "tax_workloads": 1}) == [f"{start}1.50 [1.30, 1.60] (py_loop){end}{one}"]
    assert describe({**row, "panel": "sort", "predicted": 1.55}, row) == [
        f"{start}from 1.50 [1.30, 1.60] (py_loop) to 1.55 [1.30, 1.60] (sort){end}{many}"
    ]


@pytest.mark.slow
def test_page_and_markdown_show_predictions_beside_measured_ones(tmp_path):
    times = {"sequential": [4.0] * 6, "thread": [4.0] * 6, "process": [2.5] * 6}
    records = [*sweep_records(times), *sweep_records({"sequential": [5.0] * 6, "thread": [3.0] * 6}, python="3.14t")]
    for record in records:
        record["measured"]["gil_after"] = record["spec"]["python"] == "3.14"
    roles = {record["run"]: "ceiling" for record in records if record["spec"]["backend"] == "process"}
    folder = sweep_folder(tmp_path, records, roles=roles, builds={"3.14": {}, "3.14t": {"gil": False}})
    page = write_report(folder).read_text()
    row = [
        "3.14t",
        "py_loop",
        "thread",
        "2",
        "1.60 [1.60, 1.60]",
        *(f"{each} [{each}, {each}]" for each in ("1.25", "1.28", "1.33", "0.960")),
    ]
    sentence = "the tax predict is for py_loop 0.96 [0.96, 0.96] times the measured one."
    assert sentence in sections(page)["without-gil"] and row in Page(page).rows
    text = (folder / "report.md").read_text()
    assert (
        "## What if the GIL were gone?\n\n- The speedup of threads on 3.14t" in text
        and f"| {' | '.join(row)} |" in text
    )


@pytest.mark.slow
def test_page_without_a_prediction_has_no_such_section(tmp_path):
    folder = sweep_folder(tmp_path, sweep_records({"sequential": [4.0] * 6, "thread": [4.0] * 6}))
    assert "without-gil" not in sections(write_report(folder).read_text())
