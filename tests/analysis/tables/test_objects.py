import pytest
from gil_scaling.analysis.tables.objects import NO_ADDRESS, NOT_REACHED, object_rows


def make_change(expression, how="immortal"):
    return {
        "file": "work.py",
        "line": 4,
        "expression": expression,
        "type": "dict",
        "how": how,
        "addresses": [[["shared"]]],
    }


def make_tried(expression, rates, status="ok", reason=None, **changes):
    return {"change": make_change(expression, **changes), "rates": rates, "status": status, "reason": reason}


def rows(*steps, candidates=({"addresses": [1]},), status="ok", reason=None, untried=()):
    study = {"status": status, "reason": reason, "candidates": list(candidates), "steps": list(steps)}
    return list(object_rows({**study, "untried": list(untried)}))


def test_a_gain_is_paired_with_the_run_before_it():
    tried = [make_tried("d", [16.0 * factor for factor in (1, 2, 3, 4, 5, 6)])]
    factors = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    (row,) = rows({"kept": [], "alone": factors, "before": [0.8 * each for each in factors], "tried": tried})
    assert (row["speedup_before"], row["speedup_after"], row["gain"]) == pytest.approx((0.8, 1.6, 2.0))
    assert (row["gain_low"], row["gain_high"]) == pytest.approx((2.0, 2.0))
    assert (row["claim"], row["interval"], row["rounds"], row["step"], row["given"]) == ("faster", "ci95", 6, 1, None)


def test_the_changes_that_stay_are_named():
    kept = [make_change('d["k"]'), make_change("d", how="copies")]
    (row,) = rows({"kept": kept, "alone": [1.0], "before": [1.0], "tried": [make_tried("x", [1.0])]})
    assert row["given"] == '`d["k"]` immortal; a copy of `d` per worker'


def test_rounds_in_which_a_run_failed_do_not_count():
    tried = [make_tried("d", [None, 3.0], status="failed", reason="broke")]
    (row,) = rows({"kept": [], "alone": [1.0, 1.0], "before": [2.0, 2.0], "tried": tried})
    assert (row["rounds"], row["gain"], row["reason"]) == (1, 1.5, "broke")


def test_a_change_that_was_not_measured_has_a_reason():
    tried = [make_tried("d", [None], status="unsupported", reason="no copies")]
    (row,) = rows({"kept": [], "alone": [1.0], "before": [2.0], "tried": tried})
    assert (row["status"], row["reason"], "gain" in row) == ("unsupported", "no copies", False)


def test_an_object_without_an_address_has_a_reason():
    (row,) = rows(candidates=[{**make_change("d"), "how": None, "addresses": []}])
    assert (row["expression"], row["status"], row["reason"]) == ("d", "unsupported", NO_ADDRESS)


def test_without_candidates_there_is_one_row():
    assert rows(candidates=[]) == [{"status": "ok", "reason": None}]
    assert rows(candidates=[], status="unsupported", reason="old") == [{"status": "unsupported", "reason": "old"}]


def test_a_change_for_which_no_run_was_left_is_listed():
    (row,) = rows(untried=[make_change("d")])
    assert (row["expression"], row["status"], row["reason"]) == ("d", "unsupported", NOT_REACHED)
