import pytest

from tests.support import make_tables, sweep_records

BUILDS = {"3.14": {}, "3.14t": {"gil": False, "free_threaded": True}}
WITH_GIL = {"sequential": [4.0] * 6, "thread": [4.0] * 6, "process": [2.5] * 6}
WITHOUT = {"sequential": [5.0] * 6, "thread": [3.0] * 6}


def predict(folder, with_gil=WITH_GIL, without=WITHOUT, *, change=None, **options):
    """The rows of the table, as dictionaries; the processes with the GIL are the ceiling. change: of the records."""
    records = [*sweep_records(with_gil, python="3.14"), *sweep_records(without, python="3.14t")]
    for record in records:
        has_gil = record["spec"]["python"] == "3.14"
        record["measured"]["gil_before"] = record["measured"]["gil_after"] = has_gil
    roles = {record["run"]: "ceiling" for record in records if record["spec"]["backend"] == "process"}
    for record in records:
        if change:
            change(record)
    return make_tables(folder, records, roles=roles, builds=BUILDS, **options)["without_gil"].to_dict("records")


def test_threads_are_predicted_from_processes_and_the_tax(tmp_path):
    (row,) = predict(tmp_path)
    # processes 4 / 2.5 = 1.6, tax 5 / 4 = 1.25, so 1.6 / 1.25 = 1.28; measured 4 / 3
    assert (row["python"], row["reference_build"], row["backend"]) == ("3.14t", "3.14", "thread")
    names = ("speedup_ceiling", "tax", "predicted", "measured", "error")
    assert [row[name] for name in names] == pytest.approx([1.6, 1.25, 1.28, 4 / 3, 0.96])
    assert (row["rounds"], row["interval"]) == (6, "ci95")


def test_a_prediction_is_made_in_each_round(tmp_path):
    slow = [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]  # rounds in which everything takes so many times as long
    times = [{name: [each[0] * factor for factor in slow] for name, each in own.items()} for own in (WITH_GIL, WITHOUT)]
    (row,) = predict(tmp_path, *times)
    assert [row[f"error{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.96] * 3)


def test_workers_that_share_an_object_are_not_predicted(tmp_path):
    (row,) = predict(tmp_path, declared={"py_loop": {"sharing": "written"}})
    assert (
        row["reason"] == "its workers share an object, of which processes have copies: what that costs is not predicted"
    )
    assert row["predicted"] != row["predicted"]


def test_workers_with_own_objects_are_predicted(tmp_path):
    (row,) = predict(tmp_path, declared={"py_loop": {"sharing": "own"}})
    assert row["predicted"] == pytest.approx(1.28)


NO_PROCESSES = "no processes in steady state, at as many workers on the build with the GIL, in a round of the same call"


def test_without_processes_nothing_is_predicted(tmp_path):
    (row,) = predict(tmp_path, {**WITH_GIL, "process": []})
    assert row["reason"] == NO_PROCESSES


def in_another_call(backends, python, rounds):
    def change(record):
        spec = record["spec"]
        if spec["backend"] in backends and spec["python"] == python and spec["round"] in rounds:
            record["call"] = {**record["call"], "id": "call-2"}

    return change


@pytest.mark.parametrize(
    ("backends", "python"),
    [
        (["process"], "3.14"),
        (["sequential"], "3.14"),
        (["sequential"], "3.14t"),
        (["thread"], "3.14t"),
        (["sequential", "thread"], "3.14t"),
    ],
)
def test_only_rounds_that_one_call_measured_count(backends, python, tmp_path):
    (row,) = predict(tmp_path, change=in_another_call(backends, python, {2, 5}))
    assert (row["rounds"], row["interval"], row["predicted"]) == (4, "range", pytest.approx(1.28))


def test_without_a_round_of_one_call_nothing_is_predicted(tmp_path):
    (row,) = predict(tmp_path, change=in_another_call(["process"], "3.14", set(range(1, 7))))
    assert row["reason"] == NO_PROCESSES


def test_nothing_is_predicted_from_a_build_without_the_gil(tmp_path):
    records = [*sweep_records(WITH_GIL, python="3.14t"), *sweep_records(WITHOUT, python="3.15t")]
    for record in records:
        record["measured"]["gil_before"] = record["measured"]["gil_after"] = False
    roles = {record["run"]: "ceiling" for record in records if record["spec"]["backend"] == "process"}
    builds = dict.fromkeys(("3.14t", "3.15t"), BUILDS["3.14t"])
    assert make_tables(tmp_path, records, roles=roles, builds=builds)["without_gil"].empty


def test_threads_with_the_gil_are_not_predicted(tmp_path):
    assert make_tables(tmp_path, sweep_records(WITH_GIL))["without_gil"].empty
