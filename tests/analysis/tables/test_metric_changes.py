from collections import Counter

import numpy as np
import pytest
from gil_scaling.analysis.tables.metric_changes import _row
from gil_scaling.analysis.tables.pairing import Rounds

from tests.support import compare_sources, make_record, make_sample, make_tables, write_source

BETTER = {"py_loop": {"better": {"wait_ms": "lower", "rate": "higher"}}}
BOTH_BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}


def runs(name, values, metric="wait_ms", **spec):
    """Records of rounds with these values of a metric; spec: changes, such as of the backend."""
    return [
        make_record(
            f"{name}-r{number}",
            samples=[make_sample(workers=spec.get("workers", 2), metrics={metric: value})],
            spec={"round": number, **spec},
        )
        for number, value in enumerate(values, 1)
    ]


def sequential(values, metric="wait_ms", **spec):
    own = {"backend": "sequential", "workers": 1, "switch_interval_s": None, **spec}
    return runs(f"sequential-{own}", values, metric, **own)


def compare(folder, *records, **options):
    """The rows of the table, as dictionaries."""
    options = {"declared": BETTER, **options}
    return make_tables(folder, [one for part in records for one in part], **options)["metric_changes"].to_dict(
        "records"
    )


def test_a_metric_is_compared_with_sequential_by_round(tmp_path):
    drift = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    (row,) = compare(tmp_path, sequential(drift), runs("t", [3 * value for value in drift]))
    assert (row["kind"], row["against_label"], row["metric"], row["better"]) == (
        "baseline",
        "sequential",
        "wait_ms",
        "lower",
    )
    assert [row[f"ratio{end}"] for end in ("", "_low", "_high")] == pytest.approx([3, 3, 3])
    assert (row["value"], row["against_value"], row["difference"]) == (10.5, 3.5, pytest.approx(7))
    assert (row["rounds"], row["interval"], row["pairing"], row["claim"]) == (6, "ci95", "paired", "worse")


def test_without_sequential_the_fewest_workers_are_the_baseline(tmp_path):
    counts = {workers: runs(f"w{workers}", [1.0 * workers] * 6, "rate", workers=workers) for workers in (2, 4, 8)}
    rows = compare(tmp_path, *counts.values())
    assert [(row["label"], row["against_label"], row["ratio"]) for row in rows] == [
        ("thread × 4", "thread × 2", pytest.approx(2)),
        ("thread × 8", "thread × 2", pytest.approx(4)),
    ]
    assert [row["claim"] for row in rows] == ["better"] * 2


def test_sequential_at_the_same_switch_interval_is_the_baseline(tmp_path):
    bases = [sequential([value] * 6, switch_interval_s=interval) for interval, value in ((0.1, 1.0), (0.005, 2.0))]
    (row,) = compare(tmp_path, *bases, runs("t", [4.0] * 6))
    assert row["ratio"] == pytest.approx(2)


def test_values_of_0_have_a_difference_and_no_ratio(tmp_path):
    (row,) = compare(tmp_path, sequential([0.0] * 6), runs("t", [0.2, 0.3, 0.4, 0.2, 0.3, 0.4]))
    assert np.isnan([row["ratio"], row["ratio_low"], row["ratio_high"]]).all()
    assert (row["difference"], row["difference_low"], row["claim"]) == (pytest.approx(0.3), 0.2, "worse")


def test_values_that_are_always_0_are_the_same(tmp_path):
    (row,) = compare(tmp_path, sequential([0.0] * 6), runs("t", [0.0] * 6))
    assert (row["difference"], row["claim"]) == (0, "same")


def test_a_metric_without_direction_has_a_ratio_and_no_claim(tmp_path):
    (row,) = compare(tmp_path, sequential([1.0] * 6, "items"), runs("t", [2.0] * 6, "items"))
    assert (row["ratio"], row["claim"], row["better"]) == (pytest.approx(2), None, None)


def test_few_rounds_of_a_metric_make_no_claim(tmp_path):
    (row,) = compare(tmp_path, sequential([1.0] * 5), runs("t", [2.0] * 5))
    assert (row["interval"], row["claim"]) == ("range", "no claim")


def test_with_weak_scaling_a_metric_has_no_baseline(tmp_path):
    assert compare(tmp_path, sequential([1.0] * 6), runs("t", [2.0] * 6, scaling="weak")) == []


def test_a_metric_is_compared_between_builds(tmp_path):
    builds = [sequential([value] * 6, python=python) for python, value in (("3.14", 6.0), ("3.14t", 2.0))]
    (row,) = compare(tmp_path, *builds, builds=BOTH_BUILDS)
    assert (row["python"], row["against_python"], row["kind"]) == ("3.14t", "3.14", "build")
    assert (row["ratio"], row["claim"]) == (pytest.approx(1 / 3), "better")


def test_metrics_of_two_times_are_compared_unpaired(tmp_path):
    parts = (("may", 1.0), ("june", 2.0))
    sources = [
        write_source(
            tmp_path / label, sequential([value] * 6), machine="laptop", label=label, call=label, declared=BETTER
        )
        for label, value in parts
    ]
    (row,) = compare_sources(*sources)["metric_changes"].to_dict("records")
    assert (row["kind"], row["pairing"], row["claim"]) == ("again", "unpaired", "worse")


def test_metrics_of_two_machines_are_not_compared(tmp_path):
    sources = [write_source(tmp_path / name, sequential([1.0] * 6), machine=name) for name in ("a", "b")]
    assert len(compare_sources(*sources)["metric_changes"]) == 0


def test_metrics_that_one_side_lacks_are_left_out(tmp_path):
    assert compare(tmp_path, sequential([1.0] * 6, "rate"), runs("t", [1.0] * 6)) == []


@pytest.mark.parametrize("better", ["lower", "higher"])
@pytest.mark.parametrize("mean", [0.7, 3, 30])
def test_equal_counts_are_rarely_called_different(better, mean):
    random = np.random.default_rng(5)
    counts = random.poisson(mean, (2000, 2, 8)).astype(float)
    numbers, calls = np.arange(8), np.full(8, "call", object)
    claims = Counter(_row(*(Rounds(numbers, calls, side) for side in sweep), better)["claim"] for sweep in counts)
    assert claims["better"] + claims["worse"] <= 0.05 * 2000
    assert claims["no claim"] == 0
