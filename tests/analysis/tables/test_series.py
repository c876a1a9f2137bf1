import math

import pytest
from gil_scaling.analysis.read import read_sweep
from gil_scaling.analysis.tables.pairing import with_baselines
from gil_scaling.analysis.tables.series import parallel_runs, speedup_matrix

from tests.support import sweep_records, write_result_set


def test_speedups_are_arranged_by_round_and_value():
    values, speedups = speedup_matrix([4, 2, 2, 4], [1, 1, 2, 2], [3.5, 1.5, 1.6, 3.6])
    assert values == [2, 4]
    assert speedups.tolist() == [[1.5, 3.5], [1.6, 3.6]]


def test_rounds_without_all_values_are_left_out():
    values, speedups = speedup_matrix([2, 4, 2], [7, 7, 8], [1.5, 3.5, 1.6])
    assert (values, speedups.tolist()) == ([2, 4], [[1.5, 3.5]])


def test_unknown_speedups_are_left_out_with_their_value():
    values, speedups = speedup_matrix([2, 4, 2], [1, 1, 2], [1.5, math.nan, 1.6])
    assert (values, speedups.tolist()) == ([2], [[1.5], [1.6]])


def test_no_speedups_are_an_empty_matrix():
    values, speedups = speedup_matrix([2], [1], [math.nan])
    assert (values, len(speedups)) == ([], 0)


def parallel(folder, records, varied=("workers", "workers_asked"), **options):
    return parallel_runs(with_baselines(read_sweep(write_result_set(folder, records, **options)).runs), varied)


def test_groups_differ_in_more_than_the_varied_keys(tmp_path):
    records = sweep_records({"sequential": [8.0], "thread": [4.0], "process": [2.0]})
    records += sweep_records({"thread": [2.0]}, workers=4)
    for number, record in enumerate(records):
        record["run"] = f"r{number}"
    runs = parallel(tmp_path, records)
    assert runs[["backend", "workers", "group", "speedup"]].values.tolist() == [
        ["thread", 2, 0, 2.0],
        ["process", 2, 1, 4.0],
        ["thread", 4, 0, 4.0],
    ]
    assert parallel(tmp_path, records, ("params",))["group"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("changes", [{"status": "timeout", "reason": "slow", "measured": None}, {}])
def test_failed_runs_and_default_workers_are_left_out(changes, tmp_path):
    records = sweep_records({"sequential": [8.0], "thread": [4.0]})
    records[1].update(changes)
    if not changes:
        records[1]["spec"]["workers"] = "default"
    assert parallel(tmp_path, records).empty


def test_baselines_of_another_call_give_no_speedup(tmp_path):
    records = sweep_records({"sequential": [8.0], "thread": [4.0]}, python="a") + sweep_records(
        {"sequential": [6.0], "thread": [3.0]}, python="b"
    )
    records[2]["call"] = {**records[2]["call"], "id": "another"}
    runs = parallel(tmp_path, records)
    assert runs["speedup"].tolist() == pytest.approx([2.0, math.nan], nan_ok=True)
    assert runs["speedup_reference"].tolist() == pytest.approx([2.0, 8 / 3])
