import json

import pytest
from gil_scaling.analysis import tables
from gil_scaling.analysis.read import read_sweep
from gil_scaling.analysis.statistics.laws import amdahl

from tests.analysis.tables.series_records import records_of
from tests.support import make_tables, write_result_set

COUNTS = (1, 2, 4, 8, 16, 32)


def quarter_serial(workers):
    return amdahl(workers, 0.25)


def predictions(folder, records, cpus=128):
    return make_tables(folder, records, cpus=cpus)["predictions"]


@pytest.mark.parametrize(("cpus", "workers"), [(128, 64), (64, 64), (48, 48)])
def test_twice_the_workers_are_predicted_up_to_the_cpus(cpus, workers, tmp_path):
    (row,) = predictions(tmp_path, records_of(quarter_serial, COUNTS), cpus).to_dict("records")
    assert (row["measured_workers"], row["predicted_workers"], row["reason"]) == (32, workers, None)
    assert (row["checks"], row["checks_covered"], row["worker_counts"], row["rounds"]) == (2, 2, 6, 6)
    expected = pytest.approx(1 / (0.25 + 0.75 / workers))
    assert [row[name] for name in ("speedup", "speedup_low", "speedup_high")] == [expected] * 3


@pytest.mark.parametrize(
    ("speedup", "counts", "cpus", "reason"),
    [
        (quarter_serial, COUNTS, 32, "all usable CPUs were measured"),
        (quarter_serial, COUNTS[:5], 128, "too few counts to check it"),
        (lambda p: min(p, 8), COUNTS, 128, "the largest counts, left out, would not have been predicted"),
    ],
)
def test_a_reason_says_why_there_is_no_prediction(speedup, counts, cpus, reason, tmp_path):
    table = predictions(tmp_path, records_of(speedup, counts), cpus)
    assert table["reason"].tolist() == [reason]
    assert table[["predicted_workers", "speedup"]].isna().all(axis=None)


def test_few_rounds_are_a_reason(tmp_path):
    records = [one for one in records_of(quarter_serial, COUNTS) if one["spec"]["round"] < 6]
    assert predictions(tmp_path, records)["reason"].tolist() == ["fewer than 6 rounds"]


@pytest.mark.parametrize(
    ("counts", "workers", "reason"),
    [
        (COUNTS[:5], None, "too few counts to check it"),
        ((*COUNTS[:5], 20), 24, None),
        ((*COUNTS[:5], 24), None, "no workers that share a core were measured"),
        (COUNTS, 48, None),
    ],
)
def test_a_core_is_shared_only_where_that_was_measured(counts, workers, reason, tmp_path):
    path = write_result_set(tmp_path, records_of(quarter_serial, counts), cpus=48)
    (tmp_path / "machine.json").write_text(json.dumps({"usable_cpus": 48, "physical_cpus": 24}))
    table = tables.make(read_sweep(path))["predictions"]
    assert table["predicted_workers"].fillna(0).tolist() == [workers or 0]
    assert table["reason"].fillna("").tolist() == [reason or ""]


@pytest.mark.parametrize(("counts", "scaling"), [((1,), "strong"), (COUNTS, "weak")])
def test_one_count_and_weak_scaling_have_no_prediction(counts, scaling, tmp_path):
    assert len(predictions(tmp_path, records_of(quarter_serial, counts, scaling=scaling))) == 0
