import msgspec
import numpy as np
import pytest
from gil_scaling.analysis.documents import Build
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables
from gil_scaling.analysis.tables.noise import find_floor, identical_builds

from tests.support import BUILD_FACTS, make_record, sweep_records, write_result_set

SAME = {"a": {"fingerprint": "1"}, "b": {"fingerprint": "1"}}


def made(tmp_path, records, **options):
    return tables.tables(load(write_result_set(tmp_path, records, **options)))


def test_two_names_of_one_build_are_twins_and_others_are_not():
    facts = {"a": {}, "b": {}, "gil": {"env": {"PYTHON_GIL": "1"}}, "c": {"fingerprint": "2"}}
    builds = {
        ("m", name): msgspec.convert({**BUILD_FACTS, "name": name, "fingerprint": "1", **changes}, Build)
        for name, changes in facts.items()
    }
    assert identical_builds(builds) == {("m", "b"): "a"}


def test_what_the_twins_differ_by_is_the_noise(tmp_path):
    records = sweep_records({"thread": [2.0] * 6}, python="a") + sweep_records({"thread": [1.0] * 6}, python="b")
    (found,) = made(tmp_path, records, builds=SAME)["noise"].to_dict("records")
    assert (found["python"], found["against"], found["rounds"]) == ("b", "a", 6)
    assert (found["ratio"], found["claim"], found["interval"]) == (pytest.approx(2), "faster", "ci95")


def test_twins_of_two_calls_are_compared_unpaired(tmp_path):
    records = sweep_records({"thread": [2.0] * 6}, python="a") + sweep_records({"thread": [1.0] * 6}, python="b")
    for one in records[6:]:
        one["call"] = {"id": "call-2", "time": ""}
    (found,) = made(tmp_path, records, builds=SAME)["noise"].to_dict("records")
    assert (found["ratio"], found["pairing"], found["interval"]) == (pytest.approx(2), "unpaired", "ci95")


def test_without_twins_there_is_no_noise_table(tmp_path):
    found = made(tmp_path, sweep_records({"thread": [2.0] * 6}))["noise"]
    assert len(found) == 0
    assert find_floor(found) is None


def test_the_floor_is_the_distance_that_few_combinations_exceed(tmp_path):
    records = []
    for workers, times in enumerate(([1.0] * 6, [1.02] * 6, [0.98] * 6, [1.3] * 6), 1):
        spec = {"workers": workers}
        records += sweep_records({"thread": [1.0] * 6}, python="a", **spec)
        records += sweep_records({"thread": times}, python="b", **spec)
    for number, one in enumerate(records):
        one["run"] = f"r{number}"
    found = find_floor(made(tmp_path, records, builds=SAME)["noise"])
    assert (found["combinations"], found["different"]) == (4, 1)
    assert found["floor"] == pytest.approx(0.3)
    assert found["typical"] == pytest.approx((0.02 + 1 / 0.98 - 1) / 2)
    assert found["different_share"].value == 0.25


def test_an_a_a_test_of_noisy_times_calls_at_most_one_in_twenty_different(tmp_path):
    random = np.random.default_rng(7)
    records = []
    combinations = 300
    for workers in range(1, combinations + 1):
        for python in ("a", "b"):
            spikes = np.where(random.random(6) < 0.1, random.uniform(1.05, 1.3, 6), 1)
            times = np.exp(random.normal(0, 0.015, 6)) * spikes
            records += sweep_records({"thread": times.tolist()}, python=python, workers=workers)
    for number, one in enumerate(records):
        one["run"] = f"r{number}"
    found = find_floor(made(tmp_path, records, builds=SAME)["noise"])
    assert found["combinations"] == combinations
    assert found["different"] <= 0.05 * combinations
    assert 0.01 < found["floor"] < 0.1


def test_the_quality_table_counts_what_was_disturbed_by_backend(tmp_path):
    records = sweep_records({"thread": [1.0] * 3, "sequential": [1.0]})
    noisy = {"flag": "noisy", "reading": "other_share", "value": 0.123, "limit": 0.05}
    records[0]["noise"] = [noisy]
    records[1]["noise"] = [noisy, {"flag": "drifting", "reading": "reference_loop_drift", "value": 0.2, "limit": 0.1}]
    records[1].update(attempts=4)
    records[2].update(waited_s=2.5)
    found = made(tmp_path, records, experiments=("e", "f"))
    names = ["backend", "runs", "noisy", "drifting", "throttled", "repeated", "waited_s"]
    assert found["quality"][names].values.tolist() == [["sequential", 1, 0, 0, 0, 0, 0], ["thread", 3, 2, 1, 0, 3, 2.5]]
    row = found["summary"].set_index(["experiment", "backend"]).loc[("e", "thread")]
    assert (row["flags"], row["rounds_disturbed"]) == ("drifting;few_rounds;noisy", 2)
    assert found["runs"]["noise"].tolist()[0] == "noisy: other_share 0.12, at most 0.05"


def test_a_record_tells_what_others_took(tmp_path):
    one = make_record()
    one["state"]["meanwhile"] = {"other_cpu_s": 0.5, "steal_s": 0.25, "throttled_s": None}
    one["state"]["after"]["reference_loop_s"] = 0.03
    found = made(tmp_path, [one])["runs"].iloc[0]
    names = ["other_cpu_s", "steal_s", "reference_loop_before_s", "reference_loop_after_s"]
    assert found[names].tolist() == [0.5, 0.25, 0.02, 0.03]
