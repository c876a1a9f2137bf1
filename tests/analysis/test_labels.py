import pandas as pd
from gil_scaling.analysis import labels


def rows(*params, workload="py_loop", experiment="e"):
    return pd.DataFrame({"workload": workload, "params": list(params), "experiment": experiment})


def test_a_panel_names_the_parameters_that_differ():
    found = labels.panels(rows('{"n": 10, "count": 2}', '{"n": 2000, "count": 2}'))
    assert list(found["panel"]) == ["py_loop, n=10", "py_loop, n=2,000"]


def test_a_panel_names_the_experiment_where_several_have_the_same_workload():
    found = labels.panels(
        pd.concat([rows("{}", experiment="a"), rows("{}", experiment="b"), rows("{}", workload="fib")])
    )
    assert list(found["panel"]) == ["py_loop (a)", "py_loop (b)", "fib"]


def test_a_way_is_the_backend_with_its_parameters_and_workers():
    table = pd.DataFrame(
        {
            "backend": ["sequential", "process_pool", "thread_pool"],
            "backend_params": ["{}", '{"chunksize": 4}', "{}"],
            "switch_interval_s": [None, None, 0.005],
            "workers": [1, 2, 6],
            "workers_asked": ["1", "2", "default"],
        }
    )
    assert list(labels.ways(table)["way"]) == [
        "sequential",
        "process_pool, chunksize=4 × 2",
        "thread_pool × default: 6",
    ]


def test_of_unknown_workers_there_is_a_question_mark():
    table = pd.DataFrame(
        {"backend": "thread", "backend_params": "{}", "switch_interval_s": 0.005, "workers_asked": "2"}, [0]
    )
    for unknown in (float("nan"), pd.NA):
        assert list(labels.ways(table.assign(workers=unknown))["way"]) == ["thread × ?"]


def test_the_switch_interval_is_told_where_there_are_several():
    table = pd.DataFrame({"backend": "thread", "backend_params": "{}", "switch_interval_s": [0.005, 0.1, float("nan")]})
    assert list(labels.series(table)["series"]) == ["thread, 5.00 ms", "thread, 100 ms", "thread"]


def test_long_values_are_cut():
    assert labels.short("x" * 30) == "x" * 23 + "…"
    assert labels.short(True) == "True"
    assert labels.short("a\x1b\ud800") == r"a\x1b\ud800"


def test_no_rows_have_no_labels():
    names = [
        "workload",
        "params",
        "experiment",
        "backend",
        "backend_params",
        "workers",
        "workers_asked",
        "switch_interval_s",
    ]
    found = labels.ways(labels.panels(pd.DataFrame(columns=names)))
    assert len(found) == 0 and {"panel", "series", "way"} <= set(found)


def test_builds_stand_in_the_order_of_their_versions():
    names = ["3.14t", "3.9", "again", "3.10", "3.14", "3.14t-gil", "3.9"]
    assert labels.in_order(names) == ["3.9", "3.10", "3.14", "3.14t", "3.14t-gil", "again"]
    assert labels.in_order(["a, n=2,048", "a, n=256", "a"]) == ["a", "a, n=256", "a, n=2,048"]
