import json
from pathlib import Path

import pytest
from gil_scaling.plan import plan, request

from tests.support import make_record
from tests.tiny_sweep import TINY


@pytest.fixture
def make_plan(tmp_path, monkeypatch, probed_once):
    """The plan of the tiny sweep, with what a test left there."""
    monkeypatch.chdir(tmp_path)
    return lambda settings=TINY: plan.make(request.read(settings, sorted(tmp_path.glob("*.yaml"))), None)


def leave(made, runs, call="call-1", expected="a" * 64, **changes):
    """Writes records of runs of a plan, as if a call had measured them."""
    (made.request.folder / "runs").mkdir(parents=True, exist_ok=True)
    for run in runs:
        record = make_record(run.name, call={"id": call, "time": "2026-01-01T00:00:00Z", "host": "node-1"}, **changes)
        if record["measured"]:
            record["measured"]["expected"] = expected
        made.record_path(run).write_text(json.dumps({**record, "spec": run.spec}))


def test_the_round_that_an_interruption_split_is_measured_again(make_plan):
    made = make_plan()
    first, second = made.rounds[1], made.rounds[2]
    leave(made, [*first, *second[:2]])
    made.note_last_call("call-1", [run.name for run in made.runs])
    again = make_plan()
    assert again.split == again.replaced == second[:2]
    assert again.todo == second
    assert "4 of 8 runs to measure" in again.summary([run.name for run in again.todo])
    assert "; 2 of them again, because an interruption split round 2" in again.summary([run.name for run in again.todo])
    assert [bool(again.repeats(run.name)) for run in second] == [True, True, False, False]
    again.set_aside([run.name for run in second])
    assert sorted(path.stem for path in (made.request.folder / "logs/set_aside").iterdir()) == sorted(
        r.name for r in second[:2]
    )


def test_older_records_of_the_round_that_a_forced_call_split_go(make_plan):
    made = make_plan()
    first, second = made.rounds[1], made.rounds[2]
    leave(made, [*first, second[0], second[3]])
    leave(made, [second[1]], call="call-2")
    leave(made, [second[3]], call="call-3")  # by another sweep
    made.note_last_call("call-2", [run.name for run in made.runs])
    assert make_plan().split == second[:2]


def test_a_round_is_not_measured_again_without_an_interruption(make_plan):
    made = make_plan()
    leave(made, made.runs[1:])
    assert make_plan().todo == made.runs[:1]  # a record was lost
    made.note_last_call("call-1", [])  # the call ended by itself
    assert make_plan().todo == made.runs[:1]
    made.note_last_call("call-2", [made.runs[0].name])  # a call that added a run to the round was interrupted before it
    assert make_plan().todo == made.runs[:1]


UNTIL = {**TINY, "until": {"half_width": 0.02, "max_rounds": 12}}


def stop(made, look, *runs, experiment="tiny"):
    """Writes a look that stops the combinations of these runs in an experiment."""
    path = Path(made.request.sweep_folder, f"looks/{look}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"stopped": {experiment: {run.combination: "claim" for run in runs}}}))


def test_runs_are_wanted_up_to_the_next_look(make_plan):
    made = make_plan(UNTIL)
    assert {run.spec["round"] for run in made.wanted} == set(range(1, 9))
    assert len(made.records) == 32
    assert made.summary([run.name for run in made.todo]) == (
        "32 runs to measure up to the look after round 8, of at most 48"
    )
    stopped = made.runs[0]
    stop(made, 8, stopped)
    again = make_plan(UNTIL)
    later = [run for run in again.wanted if run.spec["round"] > 8]
    assert [run.spec["round"] for run in later] == [9] * 3 + [10] * 3
    assert stopped.combination not in {run.combination for run in later}
    assert len(again.in_round(9)) == 3


def of_experiments(**keys):
    """A sweep of experiments that measure the same baseline alone; keys: {name: its keys}."""
    shared = {**TINY["experiments"][0], "backends": ["sequential"], "ceiling": False}
    return {**TINY, "experiments": [{**shared, "name": name, **own} for name, own in keys.items()]}


def wanted_rounds(made):
    """{experiment: the rounds that are wanted of it or of another that has the same runs}."""
    wanted = {}
    for run in made.wanted:
        for use in run.uses:
            wanted.setdefault(use.experiment, set()).add(run.spec["round"])
    return {name: max(rounds) for name, rounds in wanted.items()}


def test_experiments_have_their_own_looks(make_plan):
    untils = {"e": {"half_width": 0.02, "max_rounds": 9}, "f": {"half_width": 0.02, "max_rounds": 10}, "g": None}
    sizes = {name: [{"py_loop": {"n": 1000 + place}}] for place, name in enumerate(untils)}
    settings = of_experiments(
        **{name: {"until": until, "rounds": 12, "workloads": sizes[name]} for name, until in untils.items()}
    )
    made = make_plan(settings)
    assert made.looks.rounds == [8, 9, 10]
    assert wanted_rounds(made) == {"e": 9, "f": 8, "g": 12}
    stop(made, 8)
    assert wanted_rounds(make_plan(settings)) == {"e": 9, "f": 10, "g": 12}


def test_a_run_is_wanted_while_any_experiment_wants_it(make_plan):
    until = {"half_width": 0.02, "max_rounds": 10}
    settings = of_experiments(e={"until": until}, f={"rounds": 9})
    made = make_plan(settings)
    stop(made, 8, made.runs[0], experiment="e")
    again = make_plan(settings)
    assert [run.spec["round"] for run in again.wanted] == [*range(1, 10)]
    assert not again.looks.are_open(again.runs)
    assert not again.looks.allows(again.runs[-1])


def test_undecided_runs_do_not_make_a_round_count_as_split(make_plan):
    made = make_plan(UNTIL)
    made.note_last_call("call-1", [run.name for run in made.undecided])
    leave(made, [run for run in made.runs if run.spec["round"] <= 8])
    assert make_plan(UNTIL).split == []
    ninth = made.rounds[9]
    stop(made, 8, ninth[0])
    leave(made, ninth[1:])
    assert make_plan(UNTIL).split == []  # the round is whole: what stopped is not wanted in it
    made.record_path(ninth[1]).unlink()
    assert make_plan(UNTIL).split == ninth[2:]


def test_only_runs_without_a_record_wait_for_a_round(make_plan):
    made = make_plan()
    leave(made, [*made.rounds[1][1:], *made.rounds[2][1:]])
    again = make_plan()
    waiting = [run for run in again.runs if again.round_before(run.name)]
    assert waiting == made.rounds[2][:1]  # a record of round 1 that is made now repeats none of the others


def test_runs_wait_for_the_last_record_to_be_made(make_plan):
    made = make_plan()
    first = made.rounds[1]
    assert made.round_before(made.runs[-1].name) == [f"{made.request.result_set}/runs/{first[-1].name}.json"]
    leave(made, first[-1:])
    assert make_plan().round_before(made.runs[-1].name) == [f"{made.request.result_set}/runs/{first[-2].name}.json"]


def test_no_run_waits_for_one_that_has_stopped(make_plan):
    made = make_plan(UNTIL)
    ninth, tenth = made.rounds[9], made.rounds[10]
    stop(made, 8, ninth[-1])
    name = next(run.name for run in tenth if run.combination != ninth[-1].combination)
    assert make_plan(UNTIL).round_before(name) == [f"{made.request.result_set}/runs/{ninth[-2].name}.json"]


def test_failed_runs_are_measured_again(make_plan):
    made = make_plan()
    leave(made, made.runs[2:])
    leave(made, made.runs[:2], status="failed", reason="why", measured=None)
    assert make_plan().replaced == make_plan().todo == made.runs[:2]


def test_what_earlier_calls_passed_to_their_jobs_is_known(make_plan):
    earlier = make_plan({**TINY, "seed": 2})
    leave(earlier, earlier.runs[:1], status="failed", reason="why", measured=None)
    marks = [make_plan({**TINY, "seed": 2}).repeat_mark]
    leave(earlier, earlier.runs[:2], status="failed", reason="why", measured=None)
    made = make_plan()
    assert made.repeat_mark not in marks
    assert sorted(made.of_earlier_calls()) == sorted([Path(earlier.file), *marks])


def test_lost_digests_of_correct_results_are_restored(make_plan):
    made = make_plan()
    leave(made, made.runs)
    make_plan().restore_expected()
    found = {path.stem: json.loads(path.read_text()) for path in (made.request.folder / "expected").iterdir()}
    assert found == {run.expected: {"digest": "a" * 64} for run in made.runs}
