import json

import pandas as pd
import pytest
from gil_scaling.analysis.documents import Until, read_plan
from gil_scaling.analysis.tables.look import main, settle

from tests.support import sweep_records, write_result_set

UNTIL = Until(half_width=0.02, max_rounds=50)
TEXTS = {"machine": "m", "experiment": "e", "workload": "w", "params": "{}", "python": "3.14", "reference": "3.14"}
KINDS = {"role": "asked", "backend_kind": "threads", "status": "ok", "timed": "total", "interval": "ci95"}
CLAIMS = {"claim": "faster", "claim_reference": "faster"}
RATIOS = {
    f"speedup{of}{end}": value for of in ("", "_reference") for end, value in (("_low", 1.9), ("", 2.0), ("_high", 2.1))
}
SECONDS = {
    f"{time}_s{end}": value for time in ("total", "work") for end, value in (("_low", 1.0), ("", 1.0), ("_high", 1.1))
}
ROW = {**TEXTS, **KINDS, **CLAIMS, **RATIOS, **SECONDS}
OPEN = {"claim": "not shown", "claim_reference": "not shown"}
NARROW = {"speedup_low": 1.97, "speedup_high": 2.03}
NARROW_REFERENCE = {"speedup_reference_low": 1.97, "speedup_reference_high": 2.03}
NO_CLAIM = {"claim": None, "claim_reference": None, "speedup": None, "speedup_reference": None}
BASELINE = {"combination": "s", "role": "baseline", "backend_kind": "sequential", **NO_CLAIM, "speedup": 1.0}


def reasons(*rows, look=8):
    table = [{**ROW, "combination": f"c{place}", **row} for place, row in enumerate(rows)]
    return settle(pd.DataFrame(table), UNTIL, look)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "claim"),
        ({"claim": "slower", "claim_reference": "same"}, "claim"),
        (OPEN, ""),
        ({"claim_reference": "not shown"}, ""),
        ({"claim_reference": "not shown", **NARROW}, ""),
        ({"claim_reference": "not shown", **NARROW_REFERENCE}, "half_width"),
        ({**OPEN, **NARROW, **NARROW_REFERENCE}, "half_width"),
        ({**OPEN, **NARROW, **NARROW_REFERENCE, "speedup_high": 2.05}, ""),
        ({**OPEN, **NARROW, **NARROW_REFERENCE, "speedup_low": 1.95}, ""),
        ({**OPEN, **NARROW, **NARROW_REFERENCE, "interval": "range"}, ""),
        ({**OPEN, "status": "crashed"}, "failed"),
        (NO_CLAIM, ""),
        ({**NO_CLAIM, "total_s_high": 1.01}, "half_width"),
        ({**NO_CLAIM, "timed": "work", "total_s_high": 1.01}, ""),
    ],
)
def test_a_combination_stops_when_it_is_known(row, reason):
    assert reasons(row) == {"c0": reason}


def test_what_is_left_stops_after_the_last_round():
    assert reasons(OPEN, {}, look=50) == {"c0": "max_rounds", "c1": "claim"}


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({}, "not needed"),
        (OPEN, ""),
        ({**OPEN, "workload": "v"}, "not needed"),
        ({**OPEN, "status": "crashed"}, "not needed"),
    ],
)
def test_a_baseline_goes_on_with_what_is_compared_with_it(other, reason):
    assert reasons(BASELINE, other)["s"] == reason


@pytest.mark.parametrize(("high_s", "reason"), [(1.1, ""), (1.01, "half_width")])
def test_a_sequential_run_alone_goes_on_until_its_time_is_known(high_s, reason):
    other_workload = {**BASELINE, "combination": "t", "workload": "v"}
    alone = {**BASELINE, "role": "asked", "total_s_high": high_s}
    assert reasons(alone, {**other_workload, "role": "asked"}) == {"s": reason, "t": ""}
    assert reasons(alone, {})["s"] == "not needed"


def test_the_baseline_of_the_reference_build_goes_on_too():
    assert reasons(BASELINE, {**OPEN, "python": "3.14t"})["s"] == ""


@pytest.mark.parametrize(("other", "reason"), [({}, "claim"), (OPEN, "")])
def test_a_ceiling_goes_on_only_for_the_sake_of_others(other, reason):
    assert reasons({"role": "ceiling", "claim": "faster"}, other)["c0"] == reason
    assert reasons({"role": "ceiling", **OPEN}, {})["c0"] == "not needed"


@pytest.fixture
def plan_path(tmp_path):
    """The plan of a sweep with records of 10 rounds, in which threads are faster and processes not known.

    Of two experiments on the same runs, e has the key `until`.
    """
    drift = [1.0, 2.0, 0.5, 1.5, 0.7, 2.5, 1.1, 0.9, 1.0, 1.0]
    times = {"sequential": [1.0] * 10, "thread": [0.5 + 0.001 * place for place in range(10)], "process": drift}
    records = sweep_records(times)
    roles = {f"3.14-sequential-r{number}": "baseline" for number in range(1, 11)}
    path = write_result_set(tmp_path, records, roles=roles, experiments=["e", "f"])
    plan = json.loads(path.read_text())
    for planned, one in zip(plan["runs"], records, strict=True):
        planned.update(round=one["spec"]["round"], of=one["spec"]["backend"])
    path.write_text(json.dumps({**plan, "until": {"e": {"half_width": 0.02, "max_rounds": 10}}}))
    (path.parent / "looks").mkdir()
    return path


def rounds_of(plan, experiment="e"):
    """{combination: its last round in an experiment of a plan}."""
    used = [planned for planned in plan.runs if experiment in [use.experiment for use in planned.uses]]
    return {planned.of: planned.round for planned in used}  # in the order of rounds


def test_a_look_writes_what_stops_and_why(plan_path):
    out = plan_path.parent / "looks/8.json"
    main(plan_path, 8, out)
    assert json.loads(out.read_text()) == {"stopped": {"e": {"thread": "claim"}}}
    assert rounds_of(read_plan(plan_path)) == {"sequential": 10, "thread": 8, "process": 10}
    main(plan_path, 10, plan_path.parent / "looks/10.json")
    plan = read_plan(plan_path)
    assert plan.reasons == {"e": {"thread": "claim", "process": "max_rounds", "sequential": "max_rounds"}}


def test_a_plan_ends_at_the_look_that_is_not_taken(plan_path):
    assert set(rounds_of(read_plan(plan_path)).values()) == {8}
    main(plan_path, 8, plan_path.parent / "looks/8.json")
    assert set(rounds_of(read_plan(plan_path, look=8)).values()) == {8}


def test_an_experiment_without_until_has_all_its_rounds(plan_path):
    assert rounds_of(read_plan(plan_path), "f") == {"sequential": 10, "thread": 10, "process": 10}
    assert set(rounds_of(read_plan(plan_path, look=8), "f").values()) == {8}  # its later rounds are not measured yet
    main(plan_path, 8, plan_path.parent / "looks/8.json")
    assert rounds_of(read_plan(plan_path), "f")["thread"] == 10


def test_a_round_without_a_look_is_refused(plan_path):
    with pytest.raises(SystemExit) as ended:
        main(plan_path, 9, plan_path.parent / "looks/9.json")
    assert str(ended.value) == f"{plan_path}: has no look after round 9"
