import pytest
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, write_result_set


def test_counts_are_summed_over_the_samples_that_count(tmp_path):
    lost = (
        {"x_share": 0.5, "x": 1, "x_of": 2},
        {"x_share": 0.5, "x": 2, "x_of": 4},
        {"x_share": None, "x": None, "x_of": 4},
    )
    samples = [
        make_sample(metrics={"x_share": 1.0, "x": 9, "x_of": 9}, warmup=True),
        *(make_sample(metrics=one) for one in lost),
    ]
    loaded = load(write_result_set(tmp_path, [make_record(samples=samples)]))
    assert loaded.runs["counts"].tolist() == [{"x": (3, 6)}]


def made(tmp_path, metrics):
    records = [
        make_record(f"r{number}", samples=[make_sample(metrics=one)], spec={"round": number})
        for number, one in enumerate(metrics, 1)
    ]
    found = tables.tables(load(write_result_set(tmp_path, records)))["metrics"]
    names = ["value", "value_low", "value_high", "interval", "rounds"]
    return {row["metric"]: [row[name] for name in names] for row in found.to_dict("records")}


def test_a_metric_has_its_median_and_interval_over_the_rounds(tmp_path):
    found = made(tmp_path, [{"p99_ms": value} for value in (3.0, 1.0, 2.0, 5.0, 4.0, 6.0)])
    assert found == {"p99_ms": [3.5, 1.0, 6.0, "ci95", 6]}


def test_few_rounds_give_a_metric_its_range(tmp_path):
    assert made(tmp_path, [{"x": 1}, {"x": 4}]) == {"x": [2.5, 1.0, 4.0, "range", 2]}


def test_a_share_of_counts_has_the_interval_of_their_sum(tmp_path):
    found = made(tmp_path, [{"lost_share": 1.0, "lost": 5, "lost_of": 5}, {"lost_share": 0.0, "lost": 0, "lost_of": 5}])
    assert found["lost_share"] == [
        0.5,
        pytest.approx(0.1871, abs=1e-4),
        pytest.approx(0.8129, abs=1e-4),
        "clopper_pearson",
        2,
    ]


def test_words_flags_and_unknown_numbers_are_no_metrics(tmp_path):
    assert made(tmp_path, [{"seen": "an exception", "lived": True, "after_s": None}]) == {}
