import pandas as pd
import pytest
from gil_scaling.analysis import choice
from gil_scaling.analysis.tables.pairing import COMBINATION


@pytest.mark.parametrize(("workers", "chosen"), [([1, 2, 4], 2), ([4, 8], 4), ([1, 4, 8], 4), ([1], 1), ([2, 3, 4], 2)])
def test_a_sentence_tells_of_the_workers_up_to_the_cpus(workers, chosen):
    rows = pd.DataFrame({"workers": pd.array(workers, dtype="Int64"), "usable_cpus": 2, "switch_interval_s": None})
    assert choice.typical(rows)["workers"] == chosen


def test_a_sentence_tells_of_the_interval_that_python_has_by_itself():
    rows = pd.DataFrame({"workers": [2, 2, 4], "usable_cpus": 4, "switch_interval_s": [0.1, 0.005, 1e-5]})
    assert choice.typical(rows)["switch_interval_s"] == 0.005


def test_the_plainest_threads_stand_for_all():
    rows = pd.DataFrame(
        {"backend": ["process", "thread_pool", "thread"], "workers": 2, "usable_cpus": 2, "switch_interval_s": None}
    )
    assert choice.typical_threads(rows)["backend"] == "thread"
    assert choice.typical_threads(rows.iloc[:2])["backend"] == "thread_pool"


def test_each_combination_keeps_its_rows_nearest_to_the_default_interval():
    cells = [("a", 1e-5), ("a", 0.004), ("a", 0.1), ("b", 0.1), ("c", None)]
    rows = pd.DataFrame(
        [{**dict.fromkeys(COMBINATION, ""), "workload": name, "switch_interval_s": value} for name, value in cells]
    )
    found = choice.at_default_interval(rows)
    assert list(found["workload"]) == ["a", "b", "c"]
    assert found["switch_interval_s"].iloc[0] == 0.004


def test_work_counts_for_all_of_a_workload_and_build_where_it_counts_for_any():
    common = {"machine": "m", "experiment": "e", "params": "{}"}
    rows = pd.DataFrame(
        [
            {**common, "python": "3.14", "workload": "a", "timed": "total"},
            {**common, "python": "3.14", "workload": "a", "timed": "work"},
            {**common, "python": "3.14t", "workload": "a", "timed": "total"},
            {**common, "python": "3.14", "workload": "b", "timed": "total"},
        ]
    )
    assert list(choice.common_timed(rows)) == ["work", "work", "total", "total"]
