import numpy as np
import pytest

from tests.support import make_tables, sweep_records

DECLARED = {"own": {"counterpart": "shared"}}
BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}


def records(workload, times, **spec):
    """Records of a workload with a unique name each; times: as sweep_records takes them."""
    made = sweep_records(times, workload=workload, **spec)
    return [{**one, "run": f"{workload}-{spec.get('workers', 2)}-{one['run']}-{spec.get('params')}"} for one in made]


def compare(folder, *parts, **options):
    """The rows of the table, as dictionaries."""
    options = {"declared": DECLARED, **options}
    return make_tables(folder, [one for part in parts for one in part], **options)["counterparts"].to_dict("records")


def of_threads(rows):
    return [row for row in rows if row["backend"] == "thread"]


def test_a_workload_is_compared_with_its_counterpart_by_round(tmp_path):
    drift = np.array([1.0, 2.0, 3.0, 1.5, 2.5, 1.0])
    own, shared = ({"sequential": [4.0] * 6, "thread": list(factor * drift)} for factor in (1, 2))
    base, row = sorted(
        compare(tmp_path, records("own", own), records("shared", shared)), key=lambda row: row["workers"]
    )
    assert (row["workload"], row["against_workload"], row["against_panel"]) == ("own", "shared", "shared")
    assert [row[f"gain{end}"] for end in ("", "_low", "_high")] == pytest.approx([2, 2, 2])
    assert (row["time_s"], row["against_s"]) == (pytest.approx(1.75), pytest.approx(3.5))
    assert (row["rounds"], row["interval"], row["pairing"], row["claim"]) == (6, "ci95", "paired", "faster")
    assert (base["gain"], base["claim"]) == (pytest.approx(1), "same")


def test_counterparts_are_compared_build_by_build(tmp_path):
    parts = [
        records(workload, {"sequential": [4.0] * 6, "thread": [total_s] * 6}, python=python)
        for python, times in (("3.14", (4.0, 4.0)), ("3.14t", (2.0, 8.0)))
        for workload, total_s in zip(("own", "shared"), times, strict=True)
    ]
    rows = of_threads(compare(tmp_path, *parts, builds=BUILDS))
    assert {row["python"]: (row["gain"], row["claim"]) for row in rows} == {
        "3.14": (pytest.approx(1), "same"),
        "3.14t": (pytest.approx(4), "faster"),
    }


def test_counterparts_are_compared_at_equal_workers(tmp_path):
    own = [records("own", {"thread": [4.0 / workers] * 6}, workers=workers) for workers in (2, 4)]
    shared = records("shared", {"sequential": [4.0] * 6, "thread": [8.0] * 6}, workers=4)
    (row,) = of_threads(compare(tmp_path, records("own", {"sequential": [4.0] * 6}), *own, shared))
    assert (row["workers"], row["gain"]) == (4, pytest.approx(8))


@pytest.mark.parametrize(("params", "count"), [({"n": 1, "k": 2}, 1), ({"n": 2}, 0), ({}, 1)])
def test_counterparts_have_equal_parameters_where_both_have_them(tmp_path, params, count):
    times = {"sequential": [4.0] * 6, "thread": [2.0] * 6}
    rows = compare(tmp_path, records("own", times, params={"n": 1}), records("shared", times, params=params))
    assert len(of_threads(rows)) == count


def test_few_rounds_of_counterparts_make_no_claim(tmp_path):
    own, shared = ({"sequential": [4.0] * 5, "thread": [total_s] * 5} for total_s in (1.0, 2.0))
    (row,) = of_threads(compare(tmp_path, records("own", own), records("shared", shared)))
    assert (row["interval"], row["claim"], row["flags"]) == ("range", "no claim", "few_rounds")


def test_counterparts_of_two_calls_are_unpaired(tmp_path):
    own, shared = (records(name, {"sequential": [4.0] * 6, "thread": [2.0] * 6}) for name in ("own", "shared"))
    for one in shared:
        one["call"] = {"id": "call-2", "time": "", "host": "node-1"}
    (row,) = of_threads(compare(tmp_path, own, shared))
    assert (row["pairing"], row["flags"]) == ("unpaired", "separate_calls")


def test_without_counterparts_the_table_is_empty(tmp_path):
    times = {"sequential": [4.0] * 6, "thread": [2.0] * 6}
    assert compare(tmp_path, records("own", times)) == []
    assert compare(tmp_path / "other", records("shared", times), records("third", times)) == []
