import math

import pytest

from tests.support import make_tables, sweep_records

SEQUENTIAL = {"sequential": [4.0] * 6}
NOISY = [2.0, 2.2, 1.9, 2.3, 2.1, 1.8]


def recommended(folder, records, **options):
    """The only row of the table."""
    (row,) = make_tables(folder, records, **options)["recommendations"].to_dict("records")
    return row


def with_workers(times, workers):
    """Records of backends with so many workers, under names of their own."""
    return [{**one, "run": f"{one['run']}-w{workers}"} for one in sweep_records(times, workers=workers)]


def test_fewest_workers_not_shown_to_be_slower_are_recommended(tmp_path):
    records = [*sweep_records({**SEQUENTIAL, "thread": NOISY}), *with_workers({"thread": [1.98] * 6}, 4)]
    row = recommended(tmp_path, records)
    assert (row["label"], row["fastest"], row["candidates"]) == ("thread × 2", "thread × 4", 3)
    assert [row["regret_low"], row["regret_high"]] == pytest.approx([1.8 / 1.98, 2.3 / 1.98])
    assert (row["claim"], row["interval"], row["pairing"]) == ("faster", "ci95", "paired")


def test_what_is_shown_to_be_slower_is_not_recommended(tmp_path):
    records = [*sweep_records({**SEQUENTIAL, "thread": [2.4] * 6}), *with_workers({"thread": [2.0] * 6}, 4)]
    row = recommended(tmp_path, records)
    assert (row["label"], row["regret"]) == ("thread × 4", 1)
    assert math.isnan(row["regret_low"]) and not isinstance(row["pairing"], str)
    assert [row[f"speedup{end}"] for end in ("_low", "", "_high")] == pytest.approx([2.0] * 3)


@pytest.mark.parametrize(("peak_mb", "label"), [(30.0, "thread × 2"), (12.6, "process × 2")])
def test_least_memory_decides_between_equal_workers(peak_mb, label, tmp_path):
    records = sweep_records({**SEQUENTIAL, "thread": [2.04] * 6, "process": [2.0] * 6})
    for one in records:
        if one["spec"]["backend"] == "process":
            one["peak_memory_mb"] = peak_mb  # threads have 12.5 MiB, which 12.6 does not exceed by 5 %
    assert recommended(tmp_path, records)["label"] == label


def test_sequential_is_recommended_where_no_gain_is_shown(tmp_path):
    row = recommended(tmp_path, sweep_records({"sequential": [2.0, 2.3, 2.0, 2.0, 1.8, 2.0], "thread": NOISY[::-1]}))
    assert row["backend"] == "sequential"


def test_sequential_is_not_recommended_beside_a_shown_gain(tmp_path):
    row = recommended(tmp_path, sweep_records({**SEQUENTIAL, "thread": NOISY}))
    assert (row["backend"], row["claim"]) == ("thread", "faster")


def test_few_rounds_recommend_nothing(tmp_path):
    row = recommended(tmp_path, sweep_records({"sequential": [4.0] * 5, "thread": [2.0] * 5}))
    assert (row["label"], row["claim"], row["interval"]) == ("thread × 2", "no claim", "range")


def test_nothing_is_recommended_without_a_sound_baseline(tmp_path):
    records = sweep_records({**SEQUENTIAL, "thread": [3.9, 4.2, 4.0, 3.8, 4.1, 4.0]})
    records[0].update(status="failed", reason="it broke", measured=None)
    row = recommended(tmp_path, records)
    assert (row["label"], row["claim"]) != ("sequential", "faster")


def test_default_switch_interval_is_preferred(tmp_path):
    records = sweep_records({**SEQUENTIAL, "thread": [2.05] * 6})
    for one in sweep_records({"thread": [2.0] * 6}):
        one["spec"]["switch_interval_s"] = 0.001
        one["measured"]["switch_interval_s"] = 0.001
        for sample in one["measured"]["samples"]:
            sample["switch_intervals_s"] = [0.001] * sample["workers"]
        records.append({**one, "run": f"{one['run']}-fast"})
    row = recommended(tmp_path, records)
    assert (row["switch_interval_s"], row["regret"]) == (0.005, pytest.approx(2.05 / 2.0))
