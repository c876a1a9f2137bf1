import pytest
from gil_scaling.analysis.read import read_sweep

from tests.support import make_record, make_sample, make_tables, write_result_set


def test_counts_are_summed_over_timed_samples(tmp_path):
    lost = (
        {"x_share": 0.5, "x": 1, "x_of": 2},
        {"x_share": 0.5, "x": 2, "x_of": 4},
        {"x_share": None, "x": None, "x_of": 4},
    )
    samples = [
        make_sample(metrics={"x_share": 1.0, "x": 9, "x_of": 9}, warmup=True),
        *(make_sample(metrics=each) for each in lost),
    ]
    runs = read_sweep(write_result_set(tmp_path, [make_record(samples=samples)])).runs
    assert runs["counts"].tolist() == [{"x": (3, 6)}]


def values(folder, metrics):
    """{metric: [value, ends and kind of its interval, rounds]} of rounds with these metrics."""
    records = [
        make_record(f"r{number}", samples=[make_sample(metrics=each)], spec={"round": number})
        for number, each in enumerate(metrics, 1)
    ]
    table = make_tables(folder, records)["metrics"].set_index("metric")
    return table[["value", "value_low", "value_high", "interval", "rounds"]].T.to_dict("list")


def test_metrics_have_their_median_and_interval(tmp_path):
    rounds = [{"p99_ms": value} for value in (3.0, 1.0, 2.0, 5.0, 4.0, 6.0)]
    assert values(tmp_path, rounds) == {"p99_ms": [3.5, 1.0, 6.0, "ci95", 6]}


def test_metrics_of_few_rounds_have_their_range(tmp_path):
    assert values(tmp_path, [{"x": 1}, {"x": 4}]) == {"x": [2.5, 1.0, 4.0, "range", 2]}


def test_metrics_unknown_in_a_round_rest_on_the_others(tmp_path):
    assert values(tmp_path, [{"x": 1}, {"x": None}, {}, {"x": 4}]) == {"x": [2.5, 1.0, 4.0, "range", 2]}


def test_shares_have_the_interval_of_the_summed_counts(tmp_path):
    rounds = [{"lost_share": 1.0, "lost": 5, "lost_of": 5}, {"lost_share": 0.0, "lost": 0, "lost_of": 5}]
    low, high = pytest.approx(0.1871, abs=1e-4), pytest.approx(0.8129, abs=1e-4)
    assert values(tmp_path, rounds)["lost_share"] == [0.5, low, high, "clopper_pearson", 2]


def test_words_booleans_and_unknown_values_are_no_metrics(tmp_path):
    assert values(tmp_path, [{"seen": "an exception", "lived": True, "after_s": None}]) == {}
