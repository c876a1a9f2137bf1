import pandas as pd
import pytest
from gil_scaling.analysis import labels


def combinations(*rows):
    """Runs of one round, one per combination; rows: dictionaries of what differs from a thread pool with 2 workers."""
    common = {
        "experiment": "e",
        "workload": "py_loop",
        "params": "{}",
        "backend": "thread_pool",
        "backend_params": "{}",
        "switch_interval_s": 0.005,
        "workers": 2,
        "workers_asked": "2",
    }
    return pd.DataFrame([{"combination": str(number), **common, **row} for number, row in enumerate(rows)])


def names(name, *rows):
    return labels.label_combinations(combinations(*rows))[name].tolist()


def test_panels_name_the_parameters_that_differ():
    params = ('{"n": 10, "count": 2}', '{"n": 2000, "count": 2}')
    assert names("panel", *({"params": text} for text in params)) == ["py_loop, n=10", "py_loop, n=2,000"]


def test_panels_name_only_what_differs_in_the_experiment():
    rows = [{"params": '{"n": 1}'}, {"params": '{"n": 2}', "experiment": "f", "workload": "fib"}]
    assert names("panel", *rows, {**rows[1], "params": '{"n": 3}'}) == ["py_loop", "fib, n=2", "fib, n=3"]


def test_panels_name_the_experiment_if_several_share_them():
    rows = [{"experiment": "a"}, {"experiment": "b", "params": '{"n": 2}'}, {"workload": "fib"}]
    assert names("panel", *rows) == ["py_loop (a)", "py_loop (b)", "fib"]


def test_panels_of_unknown_workloads_are_empty():
    panels = labels.label_combinations(combinations({}, {"workload": None}))["panel"]
    assert panels.isna().tolist() == [False, True]


def test_series_show_backend_parameters():
    assert names("series", {"backend_params": '{"chunksize": 4}'}) == ["thread_pool, chunksize=4"]


def test_series_show_the_switch_interval_if_several():
    rows = [{"switch_interval_s": value} for value in (0.005, 0.1, None)]
    other = {"experiment": "f", "switch_interval_s": 0.1}
    assert names("series", *rows, other) == [
        "thread_pool, 5.00 ms",
        "thread_pool, 100 ms",
        "thread_pool",
        "thread_pool",
    ]


def test_labels_show_the_workers():
    rows = [{"backend": "sequential", "workers": 1}, {}, {"workers": 6, "workers_asked": "default"}]
    assert names("label", *rows) == ["sequential", "thread_pool × 2", "thread_pool × default: 6"]


@pytest.mark.parametrize("unknown", [float("nan"), pd.NA])
def test_labels_of_unknown_workers_have_a_question_mark(unknown):
    assert names("label", {"workers": unknown}) == ["thread_pool × ?"]


def test_labels_take_the_workers_of_any_run():
    runs = pd.concat([combinations({"workers": None, "workers_asked": "default"}), combinations({"workers": 6})])
    assert labels.label_combinations(runs)["label"].tolist() == ["thread_pool × default: 6"] * 2


def test_no_runs_have_no_labels():
    empty = labels.label_combinations(combinations({}).iloc[:0])
    assert len(empty) == 0 and {"panel", "series", "label"} <= set(empty)


def test_long_values_are_cut():
    assert labels.short("x" * 30) == "x" * 23 + "…"
    assert labels.short(True) == "True"
    assert labels.short("a\x1b\ud800") == r"a\x1b\ud800"


def test_builds_are_in_the_order_of_their_versions():
    builds = ["3.14t", "3.9", "again", "3.10", "3.14", "3.14t-gil", "3.9"]
    assert labels.in_order(builds) == ["3.9", "3.10", "3.14", "3.14t", "3.14t-gil", "again"]
    assert labels.in_order(["a, n=2,048", "a, n=256", "a"]) == ["a", "a, n=256", "a, n=2,048"]
