import pytest
from gil_scaling.analysis.statistics.laws import amdahl, usl

from tests.analysis.tables.series_records import records_of
from tests.support import make_tables


def scaling(folder, records, cpus=64):
    return make_tables(folder, records, cpus=cpus)["scaling"]


def test_amdahl_is_fitted_from_three_worker_counts(tmp_path):
    table = scaling(tmp_path, records_of(lambda p: amdahl(p, 0.25), (1, 2, 4)))
    (row,) = table.to_dict("records")
    assert (row["serial"], row["serial_low"], row["serial_high"]) == pytest.approx((0.25, 0.25, 0.25))
    assert (row["worker_counts"], row["rounds"], row["interval"]) == (3, 6, "bootstrap")
    assert table["sigma"].isna().all()


def test_usl_is_fitted_from_five_worker_counts(tmp_path):
    table = scaling(tmp_path, records_of(lambda p: usl(p, 0.05, 0.001), (1, 2, 4, 8, 16)), cpus=16)
    (row,) = table.to_dict("records")
    assert (row["sigma"], row["kappa"], row["peak_workers"]) == pytest.approx((0.05, 0.001, 30.8), rel=1e-3)


def test_usl_is_not_fitted_far_below_the_usable_cpus(tmp_path):
    table = scaling(tmp_path, records_of(lambda p: usl(p, 0.05, 0.001), (1, 2, 4, 8, 16)), cpus=32)
    assert (len(table), table["peak_workers"].isna().all()) == (1, True)


def test_fits_ignore_worker_counts_of_a_later_call(tmp_path):
    records = records_of(lambda p: amdahl(p, 0.25), (1, 2, 4, 8))
    for record in records:
        if record["spec"]["workers"] == 8:
            record["call"] = {"id": "call-2", "time": "", "host": "node-1"}
    tables = make_tables(tmp_path, records, cpus=64)
    assert tables["scaling"]["worker_counts"].tolist() == [3]
    assert len(tables["break_even"]) == 1


@pytest.mark.parametrize(("cpus", "scaling_kind"), [(2, "strong"), (64, "weak")])
def test_fits_need_worker_counts_up_to_the_cpus(cpus, scaling_kind, tmp_path):
    records = records_of(lambda p: amdahl(p, 0.25), (1, 2, 4), scaling=scaling_kind)
    assert len(scaling(tmp_path, records, cpus)) == 0


def test_fits_of_few_rounds_have_no_interval(tmp_path):
    records = [one for one in records_of(lambda p: amdahl(p, 0.25), (1, 2, 4)) if one["spec"]["round"] < 6]
    (row,) = scaling(tmp_path, records).to_dict("records")
    assert (row["rounds"], row["serial"]) == (5, pytest.approx(0.25))
    assert scaling(tmp_path, records)[["interval", "serial_low"]].isna().all(axis=None)
