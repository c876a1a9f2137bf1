import math

import pytest

from tests.support import make_record, make_sample, make_tables, sweep_records


def fastest(folder, records, **options):
    """The only row of the table."""
    (row,) = make_tables(folder, records, **options)["fastest"].to_dict("records")
    return row


def test_fastest_has_its_margin_over_the_runner_up(tmp_path):
    times = {"sequential": [4.0] * 6, "thread": [3.0] * 6, "process": [2.0] * 6}
    row = fastest(tmp_path, sweep_records(times))
    assert (row["backend"], row["workers"], row["verdict"]) == ("process", 2, "fastest")
    assert (row["runner_up"], row["runner_up_backend"]) == ("thread × 2", "thread")
    assert [row["margin"], row["margin_low"], row["margin_high"]] == pytest.approx([1.5] * 3)
    assert (row["speedup"], row["claim"], row["candidates"], row["tied"]) == (pytest.approx(2.0), "faster", 3, "")


def test_fastest_is_tied_with_those_not_shown_to_be_slower(tmp_path):
    noisy = [2.0, 2.2, 1.9, 2.3, 2.1, 1.8]
    times = {"sequential": [4.0] * 6, "thread": noisy, "process": [2.0] * 6, "thread_pool": [2.04] * 6}
    row = fastest(tmp_path, sweep_records(times))
    assert row["verdict"] == "tied"
    assert row["backend"] == "process"
    assert row["tied"] == "thread_pool × 2; thread × 2"  # the one is 2 % slower, which is less than 5 %


def test_fastest_of_few_rounds_makes_no_claim(tmp_path):
    row = fastest(tmp_path, sweep_records({"sequential": [4.0] * 5, "process": [2.0] * 5}))
    assert (row["verdict"], row["claim"], row["interval"]) == ("no claim", "no claim", "range")


def test_fastest_takes_the_best_workers_of_each_backend(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [3.0] * 6})
    for one in sweep_records({"thread": [1.0] * 6}, workers=4):
        records.append({**one, "run": f"{one['run']}-w4"})
    row = fastest(tmp_path, records)
    assert (row["backend"], row["workers"], row["candidates"], row["runner_up"]) == ("thread", 4, 2, "sequential")


def test_fastest_may_be_sequential(tmp_path):
    row = fastest(tmp_path, sweep_records({"sequential": [1.0] * 6, "thread": [2.0] * 6}))
    assert (row["backend"], row["verdict"], row["runner_up"]) == ("sequential", "fastest", "thread × 2")
    assert row["claim"] is None or math.isnan(row["claim"])


def test_fastest_with_weak_scaling_has_the_best_throughput(tmp_path):
    records = sweep_records({"sequential": [1.0] * 6, "thread": [1.5] * 6}, scaling="weak")
    row = fastest(tmp_path, records)
    assert (row["backend"], row["margin"]) == ("thread", pytest.approx(2 / 1.5))


def test_fastest_is_compared_unpaired_across_calls(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    for one in records:
        if one["spec"]["backend"] == "thread":
            one["call"] = {**one["call"], "id": "another"}
    row = fastest(tmp_path, records)
    assert (row["pairing"], row["verdict"]) == ("unpaired", "fastest")


def test_fastest_is_never_a_ceiling_run(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "process": [1.0] * 6})
    roles = {one["run"]: "ceiling" for one in records if one["spec"]["backend"] == "process"}
    row = fastest(tmp_path, records, roles=roles)
    assert (row["backend"], row["verdict"]) == ("sequential", "alone")


def test_fastest_compares_work_where_workers_start_together(tmp_path):
    alone = sweep_records({"sequential": [2.0] * 6})  # of which 0.8 s are work
    together = [
        make_record(f"t{n}", spec={"start": "together", "round": n}, samples=[make_sample(1.5)]) for n in range(1, 7)
    ]
    for one in together:
        one["measured"]["samples"][0].update(work_s=1.0)
    for one in alone:
        one["measured"]["samples"][0].update(work_s=0.8)
    row = fastest(tmp_path, alone + together)
    assert (row["backend"], row["verdict"], row["margin"]) == ("sequential", "fastest", pytest.approx(1.25))
