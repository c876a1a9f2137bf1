import msgspec
import numpy as np
import pytest
from gil_scaling.analysis.documents import Build
from gil_scaling.analysis.tables.noise import find_floor, identical_builds

from tests.support import BUILD_FACTS, make_tables, sweep_records

SAME = {"a": {"fingerprint": "1"}, "b": {"fingerprint": "1"}}


def noise(folder, records, builds=SAME):
    for number, record in enumerate(records):
        record["run"] = f"r{number}"
    return make_tables(folder, records, builds=builds)["noise"]


def two_builds(times_a, times_b, **spec):
    return [
        *sweep_records({"thread": times_a}, python="a", **spec),
        *sweep_records({"thread": times_b}, python="b", **spec),
    ]


def test_identical_builds_share_fingerprint_and_environment():
    changes = {"a": {}, "b": {}, "gil": {"env": {"PYTHON_GIL": "1"}}, "c": {"fingerprint": "2"}}
    builds = {
        (machine, name): msgspec.convert({**BUILD_FACTS, "name": name, "fingerprint": "1", **changes[name]}, Build)
        for machine, name in [*(("m", name) for name in changes), ("other", "b")]
    }
    assert identical_builds(builds) == {("m", "b"): "a"}


@pytest.mark.parametrize(("other_call", "pairing"), [("call-1", "paired"), ("call-2", "unpaired")])
def test_noise_is_the_ratio_of_identical_builds(other_call, pairing, tmp_path):
    records = two_builds([2.0] * 6, [1.0] * 6)
    for record in records[6:]:
        record["call"] = {"id": other_call, "time": "", "host": "node-1"}
    (row,) = noise(tmp_path, records).to_dict("records")
    assert (row["python"], row["against"], row["rounds"]) == ("b", "a", 6)
    assert (row["ratio"], row["claim"], row["interval"]) == (pytest.approx(2), "faster", "ci95")
    assert row["pairing"] == pairing


@pytest.mark.parametrize(("other_call", "interval"), [("call-1", "range"), ("call-2", "ci95")])
def test_noise_of_few_rounds_makes_no_claim(other_call, interval, tmp_path):
    records = two_builds([2.0] * 5, [1.0] * 5)
    for record in records[5:]:
        record["call"] = {"id": other_call, "time": "", "host": "node-1"}
    table = noise(tmp_path, records)
    (row,) = table.to_dict("records")
    assert (row["rounds"], row["interval"], row["claim"]) == (5, interval, "no claim")
    assert find_floor(table) is None


def test_noise_is_empty_without_identical_builds(tmp_path):
    table = noise(tmp_path, sweep_records({"thread": [2.0] * 6}), builds=None)
    assert len(table) == 0
    assert find_floor(table) is None


def test_floor_is_the_distance_that_few_combinations_exceed(tmp_path):
    records = []
    for workers, times in enumerate(([1.0] * 6, [1.02] * 6, [0.98] * 6, [1.3] * 6), 1):
        records += two_builds([1.0] * 6, times, workers=workers)
    floor = find_floor(noise(tmp_path, records))
    assert (floor["combinations"], floor["different"]) == (4, 1)
    assert floor["floor"] == pytest.approx(0.3)
    assert floor["typical"] == pytest.approx((0.02 + 1 / 0.98 - 1) / 2)
    assert floor["different_share"].value == 0.25


@pytest.mark.slow
def test_noise_calls_at_most_one_in_twenty_different(tmp_path):
    random = np.random.default_rng(7)

    def noisy_times():
        spikes = np.where(random.random(6) < 0.1, random.uniform(1.05, 1.3, 6), 1)
        return (np.exp(random.normal(0, 0.015, 6)) * spikes).tolist()

    records = []
    for workers in range(1, 301):
        records += two_builds(noisy_times(), noisy_times(), workers=workers)
    floor = find_floor(noise(tmp_path, records))
    assert floor["combinations"] == 300
    assert floor["different"] <= 0.05 * 300
    assert 0.01 < floor["floor"] < 0.1
