import pandas as pd
import pytest
from gil_scaling.analysis import representatives
from gil_scaling.analysis.columns import CASE


def rows_of(workers, cpus=2, **columns):
    rows = {"workers": pd.array(workers, dtype="Int64"), "usable_cpus": cpus, "switch_interval_s": None, **columns}
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("workers", "chosen"), [([1, 2, 4], 2), ([4, 8], 4), ([1, 4, 8], 4), ([1], 1), ([2, 3, 4], 2)])
def test_typical_has_the_workers_up_to_the_cpus(workers, chosen):
    rows = rows_of(workers, group="a")
    assert list(representatives.typical_rows(rows, ["group"])["workers"]) == [chosen]
    assert list(representatives.typical_row_of_each(rows, ["group"])["workers"]) == [chosen]


def test_typical_has_the_default_switch_interval():
    rows = rows_of([2, 2, 4], 4, switch_interval_s=[0.1, 0.005, 1e-5], group="a")
    assert list(representatives.typical_row_of_each(rows, ["group"])["switch_interval_s"]) == [0.005]


def test_a_typical_row_of_each_is_chosen_per_group():
    workers, intervals = [4, 2, 4, 2, 2, 8], [0.005, 0.1, 0.1, None, None, 0.1]
    rows = rows_of(workers, 4, switch_interval_s=intervals, group=list("aaabbc"))
    assert list(representatives.typical_row_of_each(rows, ["group"]).index) == [0, 3, 5]


def test_typical_rows_are_chosen_per_group():
    rows = rows_of([1, 2, 4, 8], group=["a", "a", "b", "b"])
    assert list(representatives.typical_rows(rows, ["group"])["workers"]) == [2, 4]


def test_plainest_backend_has_the_shortest_name():
    rows = rows_of([2] * 4, backend=["thread_pool", "thread", "thread", "thread_pool"], group=list("aaab"))
    assert list(representatives.plainest_rows(rows, ["group"]).index) == [1, 2, 3]


def test_typical_thread_rows_are_one_per_group():
    kinds = {"backend_kind": ["processes", "threads", "threads", "threads"], "group": ["a", "a", "a", "b"]}
    rows = rows_of([2] * 4, backend=["process", "thread_pool", "thread", "thread_pool"], **kinds)
    assert list(representatives.typical_thread_rows(rows, ["group"])["backend"]) == ["thread", "thread_pool"]


ALONE = {
    **dict.fromkeys(("machine", "python", *CASE), "x"),
    "workers": 1,
    "switch_interval_s": 0.005,
    "role": "asked",
    "claim": "faster",
    "backend_kind": "threads",
    "speedup": 1.2,
    "speedup_low": 1.1,
    "speedup_high": 1.3,
    "interval": "ci95",
}
SEVERAL = {**ALONE, "workers": 2}
CONTROL = {**ALONE, "backend": "thread", "role": "control"}
PROCESS = {**SEVERAL, "backend_kind": "processes"}


@pytest.mark.parametrize(
    ("alone", "row", "is_described"),
    [
        (ALONE, SEVERAL, True),
        (ALONE, ALONE, False),
        (ALONE, PROCESS, True),
        (CONTROL, SEVERAL, True),
        (CONTROL, PROCESS, False),
        ({**ALONE, "backend": "thread"}, SEVERAL, False),
        ({**ALONE, "workload": "other"}, SEVERAL, False),
        ({**ALONE, "switch_interval_s": 0.1}, SEVERAL, False),
        ({**ALONE, "switch_interval_s": None}, {**SEVERAL, "switch_interval_s": float("nan")}, True),
        ({**ALONE, "claim": "same"}, SEVERAL, False),
    ],
)
def test_one_worker_of_the_same_backend_is_described(alone, row, is_described):
    text = representatives.OneWorker(pd.DataFrame([alone, SEVERAL])).describe(row)
    gain = " (one worker alone is 1.20× sequential [1.10, 1.30], which is no gain of concurrency)"
    assert text == (gain if is_described else "")


def test_the_first_of_one_worker_and_a_control_is_described():
    rows = pd.DataFrame([CONTROL, {**ALONE, "claim": "slower", "speedup": 0.9}])
    assert representatives.OneWorker(rows).describe(SEVERAL).startswith(" (one worker alone is 1.20× ")
    assert representatives.OneWorker(rows[::-1]).describe(SEVERAL).startswith(" (one worker alone is 0.90× ")


def test_combinations_keep_rows_nearest_to_the_default_interval():
    cells = [("a", 1e-5), ("a", 0.004), ("a", 0.1), ("b", 0.1), ("c", None)]
    common = dict.fromkeys(("machine", "python", *CASE), "")
    rows = pd.DataFrame([{**common, "workload": name, "switch_interval_s": value} for name, value in cells])
    chosen = representatives.at_default_interval(rows)
    assert list(chosen["workload"]) == ["a", "b", "c"]
    assert chosen["switch_interval_s"].iloc[0] == 0.004


def test_labels_without_interval_are_shared():
    labels = ["thread, 5.00 ms × 2", "thread, 10.0 µs × 2", "thread × 2"]
    rows = pd.DataFrame({"label": labels, "switch_interval_s": [0.005, 1e-5, None]})
    assert set(representatives.labels_without_interval(rows)) == {"thread × 2"}


def test_work_counts_for_all_of_a_workload_and_build():
    common = {"machine": "m", "experiment": "e", "params": "{}"}
    rows = pd.DataFrame(
        [
            {**common, "python": "3.14", "workload": "a", "timed": "total"},
            {**common, "python": "3.14", "workload": "a", "timed": "work"},
            {**common, "python": "3.14t", "workload": "a", "timed": "total"},
            {**common, "python": "3.14", "workload": "b", "timed": "total"},
        ]
    )
    assert list(representatives.common_timed(rows)) == ["work", "work", "total", "total"]
