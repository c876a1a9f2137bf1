import pandas as pd
import pytest
from gil_scaling.analysis.read import read_sweep
from gil_scaling.analysis.tables import make
from gil_scaling.analysis.tables.taxes import Taxes
from gil_scaling.analysis.tables.without_gil import SHARES

from tests.support import make_tables, sweep_records, write_result_set

BUILDS = {"3.14": {}, "3.14t": {"gil": False, "free_threaded": True}}
WITH_GIL = {"sequential": [4.0] * 6, "thread": [4.0] * 6, "process": [2.5] * 6}
WITHOUT = {"sequential": [5.0] * 6, "thread": [3.0] * 6}


def predict(folder, with_gil=WITH_GIL, without=WITHOUT, *, change=None, **options):
    """The rows of the table, as dictionaries; the processes with the GIL are the ceiling. change: of the records."""
    records = [*sweep_records(with_gil, python="3.14"), *sweep_records(without, python="3.14t")]
    for record in records:
        has_gil = record["spec"]["python"] == "3.14"
        record["measured"]["gil_before"] = record["measured"]["gil_after"] = has_gil
    roles = {record["run"]: "ceiling" for record in records if record["spec"]["backend"] == "process"}
    for record in records:
        if change:
            change(record)
    return make_tables(folder, records, roles=roles, builds=BUILDS, **options)["without_gil"].to_dict("records")


def test_threads_are_predicted_from_processes_and_the_tax(tmp_path):
    (row,) = predict(tmp_path)
    # processes 4 / 2.5 = 1.6, tax 5 / 4 = 1.25, so 1.6 / 1.25 = 1.28; measured 4 / 3
    assert (row["python"], row["reference_build"], row["backend"]) == ("3.14t", "3.14", "thread")
    names = ("speedup_ceiling", "tax", "predicted", "measured", "error")
    assert [row[name] for name in names] == pytest.approx([1.6, 1.25, 1.28, 4 / 3, 0.96])
    assert (row["rounds"], row["interval"]) == (6, "ci95")


def test_a_prediction_is_made_in_each_round(tmp_path):
    slow = [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]  # rounds in which everything takes so many times as long
    times = [{name: [each[0] * factor for factor in slow] for name, each in own.items()} for own in (WITH_GIL, WITHOUT)]
    (row,) = predict(tmp_path, *times)
    assert [row[f"error{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.96] * 3)


def test_workers_that_share_an_object_are_not_predicted(tmp_path):
    (row,) = predict(tmp_path, declared={"py_loop": {"sharing": "written"}})
    assert (
        row["reason"] == "its workers share an object, of which processes have copies: what that costs is not predicted"
    )
    assert row["predicted"] != row["predicted"]


def test_workers_with_own_objects_are_predicted(tmp_path):
    (row,) = predict(tmp_path, declared={"py_loop": {"sharing": "own"}})
    assert row["predicted"] == pytest.approx(1.28)


NO_PROCESSES = "no processes in steady state, at as many workers on the build with the GIL, in a round of the same call"


def test_without_processes_nothing_is_predicted(tmp_path):
    (row,) = predict(tmp_path, {**WITH_GIL, "process": []})
    assert row["reason"] == NO_PROCESSES


def in_another_call(backends, python, rounds):
    def change(record):
        spec = record["spec"]
        if spec["backend"] in backends and spec["python"] == python and spec["round"] in rounds:
            record["call"] = {**record["call"], "id": "call-2"}

    return change


@pytest.mark.parametrize(
    ("backends", "python"),
    [
        (["process"], "3.14"),
        (["sequential"], "3.14"),
        (["sequential"], "3.14t"),
        (["thread"], "3.14t"),
        (["sequential", "thread"], "3.14t"),
    ],
)
def test_only_rounds_that_one_call_measured_count(backends, python, tmp_path):
    (row,) = predict(tmp_path, change=in_another_call(backends, python, {2, 5}))
    assert (row["rounds"], row["interval"], row["predicted"]) == (4, "range", pytest.approx(1.28))


def test_without_a_round_of_one_call_nothing_is_predicted(tmp_path):
    (row,) = predict(tmp_path, change=in_another_call(["process"], "3.14", set(range(1, 7))))
    assert row["reason"] == NO_PROCESSES


def test_nothing_is_predicted_from_a_build_without_the_gil(tmp_path):
    records = [*sweep_records(WITH_GIL, python="3.14t"), *sweep_records(WITHOUT, python="3.15t")]
    for record in records:
        record["measured"]["gil_before"] = record["measured"]["gil_after"] = False
    roles = {record["run"]: "ceiling" for record in records if record["spec"]["backend"] == "process"}
    builds = dict.fromkeys(("3.14t", "3.15t"), BUILDS["3.14t"])
    assert make_tables(tmp_path, records, roles=roles, builds=builds)["without_gil"].empty


def test_threads_with_the_gil_are_not_predicted_without_a_tax(tmp_path):
    assert make_tables(tmp_path, sweep_records(WITH_GIL))["without_gil"].empty


THERE = {
    "panel": "py_loop",
    "build": "3.14t",
    "reference_build": "3.14",
    "workload": "py_loop",
    "params": '{"count": 2, "n": 10}',
    "tax": 1.25,
    "tax_low": 1.2,
    "tax_high": 1.28,
    "error": 0.9,
}
OTHERS = [
    {**THERE, "panel": "sort", "workload": "sort", "tax": 1.0, "error": 1.0},
    {**THERE, "panel": "fib", "workload": "fib", "tax": 2.0, "error": 1.3},
]


def predict_by(folder, *taxes, **options):
    """The rows of a sweep whose only build, 3.14, has the GIL, with the taxes of another sweep; 1.6 is its ceiling."""
    records = sweep_records(WITH_GIL, python="3.14")
    roles = {record["run"]: "ceiling" for record in records if record["spec"]["backend"] == "process"}
    frames = read_sweep(write_result_set(folder, records, roles=roles, builds={"3.14": {}}, **options))
    return make(frames, Taxes("tax", pd.DataFrame(taxes)))["without_gil"].to_dict("records")


def test_another_sweep_lends_its_tax_and_shows_its_errors(tmp_path):
    (row,) = predict_by(tmp_path, *OTHERS, THERE)
    assert (row["python"], row["reference_build"], row["backend"], row["interval"]) == (
        "3.14",
        "3.14",
        "thread",
        "range",
    )
    expected = [1.6, 1.25, 1.6 / 1.25, 1.6 / 1.28, 1.6 / 1.2]
    names = ("speedup_ceiling", "tax", "predicted", "predicted_low", "predicted_high")
    assert [row[name] for name in names] == pytest.approx(expected)
    assert (row["tax_source"], row["tax_build"], row["tax_workloads"]) == ("tax", "3.14t", 3)
    assert [row[f"tax_error{end}"] for end in ("", "_low", "_high")] == [1.0, 0.9, 1.3]
    assert [pd.isna(row[name]) for name in ("measured", "error")] == [True, True]


def test_a_workload_without_a_tax_gets_the_median(tmp_path):
    (row,) = predict_by(tmp_path, *OTHERS)
    assert [row[f"tax{end}"] for end in ("", "_low", "_high")] == [1.5, 1.0, 2.0]
    assert [row[f"predicted{end}"] for end in ("", "_low", "_high")] == pytest.approx([1.6 / 1.5, 0.8, 1.6])


def test_the_tax_relative_to_the_same_build_is_preferred(tmp_path):
    older = {**THERE, "build": "3.13t", "reference_build": "3.13", "tax": 1.6}
    (row,) = predict_by(tmp_path / "both", older, THERE)
    assert (row["tax_build"], row["tax"]) == ("3.14t", 1.25)
    (row,) = predict_by(tmp_path / "other", older)
    assert (row["tax_build"], row["tax"]) == ("3.13t", 1.6)


def test_shared_objects_are_not_predicted_by_another_tax(tmp_path):
    (row,) = predict_by(tmp_path, THERE, declared={"py_loop": {"sharing": "read"}})
    assert (row["reason"], pd.isna(row["predicted"])) == (SHARES, True)


def test_a_sweep_without_the_gil_needs_no_other_tax(tmp_path):
    records = sweep_records(WITHOUT, python="3.14t")
    for record in records:
        record["measured"]["gil_before"] = record["measured"]["gil_after"] = False
    frames = read_sweep(write_result_set(tmp_path, records, builds={"3.14t": BUILDS["3.14t"]}))
    assert make(frames, Taxes("tax", pd.DataFrame([THERE])))["without_gil"].empty
