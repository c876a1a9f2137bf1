import pytest
from gil_scaling.analysis.read import load
from gil_scaling.analysis.statistics.laws import amdahl, usl
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, write_result_set

DRIFT = (1.0, 1.5, 0.8, 1.2, 2.0, 0.9)


def records_of(speedup, counts, **spec):
    """Records of a sequence of 8 s and of threads that reach speedup(workers), over six rounds of a machine that drifts."""
    made = []
    for number, drift in enumerate(DRIFT, 1):
        base = {"backend": "sequential", "workers": 1, "round": number, **spec}
        made.append(make_record(f"s{number}", 8.0 * drift, spec=base))
        for workers in counts:
            own = {"workers": workers, "round": number, **spec}
            made.append(make_record(f"t{workers}-{number}", 8.0 * drift / speedup(workers), spec=own))
    for place, one in enumerate(made):
        one["run"] += f"-{place}"
    return made


def made(tmp_path, records, cpus=64, **options):
    path = write_result_set(tmp_path, records, **options)
    (tmp_path / "machine.json").write_text(f'{{"usable_cpus": {cpus}}}')
    return tables.tables(load(path))


def test_amdahl_s_serial_fraction_is_found_from_three_worker_counts(tmp_path):
    found = made(tmp_path, records_of(lambda p: amdahl(p, 0.25), (1, 2, 4)))["scaling"]
    (row,) = found.to_dict("records")
    assert (row["serial"], row["serial_low"], row["serial_high"]) == pytest.approx((0.25, 0.25, 0.25))
    assert (row["worker_counts"], row["rounds"], row["interval"]) == (3, 6, "bootstrap")
    assert found["sigma"].isna().all()


def test_the_universal_law_is_fitted_from_five_worker_counts(tmp_path):
    found = made(tmp_path, records_of(lambda p: usl(p, 0.05, 0.001), (1, 2, 4, 8, 16)), cpus=16)["scaling"]
    (row,) = found.to_dict("records")
    assert (row["sigma"], row["kappa"], row["peak_workers"]) == pytest.approx((0.05, 0.001, 30.8), rel=1e-3)


def test_the_universal_law_is_not_fitted_far_below_the_cpus_that_there_are(tmp_path):
    found = made(tmp_path, records_of(lambda p: usl(p, 0.05, 0.001), (1, 2, 4, 8, 16)), cpus=32)["scaling"]
    assert (len(found), found["peak_workers"].isna().all()) == (1, True)


def test_a_worker_count_of_a_later_call_leaves_the_fits_of_the_others(tmp_path):
    records = records_of(lambda p: amdahl(p, 0.25), (1, 2, 4, 8))
    for one in records:
        if one["spec"]["workers"] == 8:
            one["call"] = {"id": "call-2", "time": ""}
    found = made(tmp_path, records)
    assert found["scaling"]["worker_counts"].tolist() == [3]
    assert len(found["break_even"]) == 1


def test_worker_counts_beyond_the_cpus_do_not_count(tmp_path):
    found = made(tmp_path, records_of(lambda p: amdahl(p, 0.25), (1, 2, 4)), cpus=2)["scaling"]
    assert len(found) == 0


def test_free_threads_break_even_where_they_first_beat_the_reference_build(tmp_path):
    records = records_of(lambda p: 1.0, (1, 2, 4), python="a")
    records += records_of(lambda p: 0.7 * p, (1, 2, 4), python="b")
    for one in records:
        one["run"] = f"{one['spec']['python']}-{one['run']}"
    found = made(tmp_path, records)["break_even"]
    (row,) = found[found["python"] == "b"].to_dict("records")
    assert (row["axis"], row["against"]) == ("workers", "sequential on the reference build")
    assert (row["kind"], row["value"], row["value_low"], row["value_high"]) == ("from", 2, 2, 2)


def test_too_few_rounds_make_no_claim_of_where_it_pays(tmp_path):
    records = [one for one in records_of(lambda p: 0.7 * p, (1, 2, 4)) if one["spec"]["round"] < 6]
    (row,) = made(tmp_path, records)["break_even"].to_dict("records")
    assert (row["kind"], row["value"], row["rounds"]) == ("no claim", 2, 5)


def sized(ratio_at, name="n"):
    """Records of a workload at four sizes, where threads are faster than the sequence by ratio_at(size)."""
    made = []
    for size in (10, 100, 1000, 10_000):
        one = records_of(lambda _, size=size: ratio_at(size), (2,), params={name: size, "count": 2})
        for record in one:
            record["run"] = f"{size}-{record['run']}"
        made += one
    return made


def of_size(tmp_path, records):
    found = made(tmp_path, records)["break_even"]
    (row,) = found[found["axis"] != "workers"].to_dict("records")
    return row


def test_the_size_from_which_a_backend_pays_is_found(tmp_path):
    row = of_size(tmp_path, sized(lambda n: 0.5 if n < 500 else 2.0))
    assert (row["axis"], row["params"], row["against"]) == ("n", '{"count": 2}', "sequential on the same build")
    assert (row["kind"], row["value"]) == ("from", pytest.approx(316.2, rel=1e-3))  # halfway on a logarithmic axis
    assert 100 <= row["value_low"] <= row["value"] <= row["value_high"] <= 1000


def test_a_backend_that_gains_on_small_sizes_pays_up_to_one(tmp_path):
    row = of_size(tmp_path, sized(lambda n: 2.0 if n < 500 else 0.5))
    assert (row["kind"], row["value"]) == ("up to", pytest.approx(316.2, rel=1e-3))
    assert 100 <= row["value_low"] <= row["value"] <= row["value_high"] <= 1000


@pytest.mark.parametrize(("ratio", "kind"), [(1.5, "always"), (0.5, "never")])
def test_a_backend_that_never_or_always_pays_has_no_such_size(ratio, kind, tmp_path):
    row = of_size(tmp_path, sized(lambda n: ratio))
    assert (row["kind"], row["value"]) == (kind, pytest.approx(float("nan"), nan_ok=True))


def test_words_as_parameters_are_no_axis(tmp_path):
    records = sized(lambda n: 1.5)
    for one in records:
        one["spec"]["params"]["n"] = f"size {one['spec']['params']['n']}"
    found = made(tmp_path, records)["break_even"]
    assert len(found) == 0
