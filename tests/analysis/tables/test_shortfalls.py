import json

import pytest
from gil_scaling.analysis import tables
from gil_scaling.analysis.read import read_sweep
from gil_scaling.analysis.tables import shortfalls

from tests.support import make_record, make_sample, sweep_records, write_result_set


def make_runs(cpu_s, workers=2, python="3.14t", total_s=2.0):
    """Six rounds of two threads whose tasks need so much CPU time, and of a sequential run that needs 2 s."""
    records = sweep_records({"sequential": [2.2] * 6}, python=python, workload="py_loop")
    for record in records:
        record["measured"]["samples"] = [make_sample(2.2, durations=(1.0, 1.0), workers=1)]
    for number in range(1, 7):
        sample = make_sample(total_s, durations=(total_s * 0.45,) * 2, workers=workers)
        sample["tasks"]["start_s"], sample["tasks"]["end_s"] = [0.1, 0.1], [total_s - 0.1] * 2
        sample["tasks"]["cpu_s"], sample["task_cpu_s"] = [cpu_s / 2] * 2, cpu_s
        interval_s = None if python == "3.14t" else 0.005
        spec = {"python": python, "workers": workers, "round": number, "switch_interval_s": interval_s}
        records.append(make_record(f"{python}-thread-w{workers}-r{number}", samples=[sample], spec=spec))
    return records


@pytest.fixture
def order(tmp_path):
    """The order that the tables of some records lead to, with the key `why`."""

    def make(records, why=None):
        folder = write_result_set(tmp_path / "m", records).parent
        tables.write(tables.make(read_sweep(folder / "plan.json")), folder / "tables")
        shortfalls.main(tmp_path / "plan.jsonl", folder, json.dumps(why or {}))
        return json.loads((folder / "why/order.json").read_text())

    return make


def test_a_combination_below_its_bound_is_chosen(order):
    found = order(make_runs(cpu_s=3.6))
    assert [each["run"] for each in found["combinations"]] == ["3.14t-thread-w2-r1"]


def test_one_that_reaches_its_bound_is_not_chosen(order):
    assert order(make_runs(cpu_s=2.0, total_s=1.2))["combinations"] == []


def test_the_key_why_sets_the_share_of_the_bound(order):
    assert order(make_runs(cpu_s=3.6), {"below": 0.5})["combinations"] == []


def test_the_key_why_can_name_combinations(order):
    records = [*make_runs(cpu_s=2.0, total_s=1.2), *make_runs(cpu_s=2.0, total_s=1.2, python="3.14")]
    found = order(records, {"combinations": [{"backend": "thread", "python": "3.14", "workers": 2}]})
    assert [each["run"] for each in found["combinations"]] == ["3.14-thread-w2-r1"]


def test_an_order_has_both_numbers_of_workers_in_turn(order):
    found = order(make_runs(cpu_s=3.6), {"rounds": 2})
    assert [(run["round"], run["workers"], run["file"]) for run in found["runs"]] == [
        (1, 1, "lines-w1-r1-3.14t-thread-w2-r1"),
        (1, 2, "lines-w2-r1-3.14t-thread-w2-r1"),
        (2, 2, "lines-w2-r2-3.14t-thread-w2-r1"),
        (2, 1, "lines-w1-r2-3.14t-thread-w2-r1"),
    ]


def test_threads_that_wait_get_a_run_with_metered_locks(order):
    found = order(make_runs(cpu_s=1.8), {"rounds": 1})
    assert [(run["what"], run["workers"], run["file"]) for run in found["runs"]][2:] == [
        ("locks", 2, "locks-w2-r1-3.14t-thread-w2-r1")
    ]


def test_the_largest_loss_is_explained_first_up_to_a_limit(order):
    records = [*make_runs(cpu_s=3.6), *make_runs(cpu_s=3.6, python="3.14", total_s=3.0)]
    assert [each["run"][:5] for each in order(records)["combinations"]] == ["3.14-", "3.14t"]
    assert [each["run"][:5] for each in order(records, {"limit": 1})["combinations"]] == ["3.14-"]


def test_a_sweep_without_runs_that_are_ok_gives_an_empty_order(order):
    records = sweep_records({"sequential": [1.0], "thread": [1.0]})
    for record in records:
        record.update(status="crashed", reason="killed", measured=None)
    assert order(records)["runs"] == []
