import math

import pytest
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, sweep_records, write_result_set


def fastest(tmp_path, records, **options):
    return tables.tables(load(write_result_set(tmp_path, records, **options)))["fastest"]


def test_the_fastest_stands_with_its_margin_over_the_next_one(tmp_path):
    (row,) = fastest(
        tmp_path, sweep_records({"sequential": [4.0] * 6, "thread": [3.0] * 6, "process": [2.0] * 6})
    ).to_dict("records")
    assert (row["backend"], row["workers"], row["verdict"]) == ("process", 2, "fastest")
    assert (row["runner_up"], row["runner_up_backend"]) == ("thread × 2", "thread")
    assert [row["margin"], row["margin_low"], row["margin_high"]] == pytest.approx([1.5] * 3)
    assert (row["speedup"], row["claim"], row["candidates"], row["tied"]) == (pytest.approx(2.0), "faster", 3, "")


def test_no_backend_stands_out_where_one_other_is_not_shown_to_be_slower(tmp_path):
    noisy = [2.0, 2.2, 1.9, 2.3, 2.1, 1.8]
    times = {"sequential": [4.0] * 6, "thread": noisy, "process": [2.0] * 6, "thread_pool": [2.04] * 6}
    (row,) = fastest(tmp_path, sweep_records(times)).to_dict("records")
    assert row["verdict"] == "tied"
    assert row["backend"] == "process"
    assert row["tied"] == "thread_pool × 2; thread × 2"  # the one is 2 % slower, which is less than 5 %


def test_fewer_than_six_rounds_make_no_fastest(tmp_path):
    (row,) = fastest(tmp_path, sweep_records({"sequential": [4.0] * 5, "process": [2.0] * 5})).to_dict("records")
    assert (row["verdict"], row["claim"], row["interval"]) == ("no claim", "no claim", "range")


def test_a_backend_stands_there_with_its_best_number_of_workers(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [3.0] * 6})
    for one in sweep_records({"thread": [1.0] * 6}, workers=4):
        records.append({**one, "run": f"{one['run']}-w4"})
    (row,) = fastest(tmp_path, records).to_dict("records")
    assert (row["backend"], row["workers"], row["candidates"], row["runner_up"]) == ("thread", 4, 2, "sequential")


def test_the_sequence_may_be_the_fastest(tmp_path):
    (row,) = fastest(tmp_path, sweep_records({"sequential": [1.0] * 6, "thread": [2.0] * 6})).to_dict("records")
    assert (row["backend"], row["verdict"], row["runner_up"]) == ("sequential", "fastest", "thread × 2")
    assert row["claim"] is None or math.isnan(row["claim"])


def test_with_weak_scaling_the_throughput_decides(tmp_path):
    records = sweep_records({"sequential": [1.0] * 6, "thread": [1.5] * 6}, scaling="weak")
    (row,) = fastest(tmp_path, records).to_dict("records")
    assert (row["backend"], row["margin"]) == ("thread", pytest.approx(2 / 1.5))


def test_rounds_of_other_calls_are_compared_unpaired(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    for one in records:
        if one["spec"]["backend"] == "thread":
            one["call"] = {**one["call"], "id": "another"}
    (row,) = fastest(tmp_path, records).to_dict("records")
    assert (row["pairing"], row["verdict"]) == ("unpaired", "fastest")


def test_what_processes_reach_in_steady_state_is_no_candidate(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "process": [1.0] * 6})
    roles = {one["run"]: "ceiling" for one in records if one["spec"]["backend"] == "process"}
    (row,) = fastest(tmp_path, records, roles=roles).to_dict("records")
    assert (row["backend"], row["verdict"]) == ("sequential", "alone")


def test_where_workers_wait_for_each_other_the_work_of_the_sequence_counts_too(tmp_path):
    alone = sweep_records({"sequential": [2.0] * 6})  # of which 0.8 s are work
    together = [
        make_record(f"t{n}", spec={"start": "together", "round": n}, samples=[make_sample(1.5)]) for n in range(1, 7)
    ]
    for one in together:
        one["measured"]["samples"][0].update(work_s=1.0)
    for one in alone:
        one["measured"]["samples"][0].update(work_s=0.8)
    (row,) = fastest(tmp_path, alone + together).to_dict("records")
    assert (row["backend"], row["verdict"], row["margin"]) == ("sequential", "fastest", pytest.approx(1.25))
