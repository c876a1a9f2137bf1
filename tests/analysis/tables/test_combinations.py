import numpy as np
import pandas as pd
from gil_scaling.analysis.tables.combinations import arrays, records_by, with_keys

RUNS = pd.DataFrame(
    {
        "combination": ["b", "a", "b", "a"],
        "workload": ["fib", "zip", "other", "other"],
        "timed_s": [1.0, 2.0, 3.0, 4.0],
    }
)


def test_arrays_are_in_order_of_appearance():
    parts = {name: values["timed_s"].tolist() for name, values in arrays(RUNS, ["timed_s"])}
    assert list(parts.items()) == [("b", [1.0, 3.0]), ("a", [2.0, 4.0])]


def test_arrays_of_no_runs_are_none():
    assert list(arrays(RUNS.iloc[:0], ["timed_s"])) == []


def test_records_are_grouped_in_order_of_appearance():
    found = records_by(RUNS, ["combination", "workload"])
    assert list(found) == [("b", "fib"), ("a", "zip"), ("b", "other"), ("a", "other")]
    assert [row["timed_s"] for row in records_by(RUNS, ["combination"])[("b",)]] == [1.0, 3.0]


def test_keys_come_from_the_first_run():
    table = with_keys([{"combination": "a", "value": 1}, {"combination": "b", "value": 2}], RUNS, "metrics")
    assert table.to_dict("list") == {"workload": ["fib", "zip"], "combination": ["b", "a"], "value": [2, 1]}


def test_values_replace_keys_of_the_same_name():
    table = with_keys([{"combination": "a", "workload": "new"}], RUNS, "metrics")
    assert (list(table), table.values.tolist()) == (["combination", "workload"], [["a", "new"]])


def test_rows_of_a_combination_keep_their_order():
    rows = [{"combination": name, "value": number} for number, name in enumerate("abab")]
    assert with_keys(rows, RUNS, "metrics")["value"].tolist() == [1, 3, 0, 2]


def test_no_rows_are_an_empty_table():
    assert with_keys([], RUNS, "metrics").empty


def test_arrays_have_the_type_of_their_column():
    ((_, values),) = arrays(RUNS.iloc[[0, 2]], ["timed_s", "workload"])
    assert values["timed_s"].dtype == np.float64
    assert values["workload"].tolist() == ["fib", "other"]
