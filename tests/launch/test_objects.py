from gil_scaling.launch.objects import Study, best_of, make_changes

COMBINATION = {
    "run": "a-run",
    "workers": 2,
    "backend_kind": "threads",
    "about_s": 1.0,
    "timed": "total_s",
    "bound": 2.0,
    "lines": [["work.py", 4]],
}


def make_candidate(expression, *addresses, **changes):
    return {
        "file": "work.py",
        "line": 4,
        "expression": expression,
        "type": "dict",
        "objects": 1,
        "addresses": list(addresses),
        **changes,
    }


D, VALUE = make_candidate("d", [["shared"]]), make_candidate('d["k"]', [["shared"], ["item", "k"]])


class FakeRuns:
    """Extra runs in which the changes of some expressions gain; gains: {(how, address as text): factor}."""

    def __init__(self, candidates, gains, failing=()):
        self.candidates, self.gains, self.failing = candidates, gains, failing
        self.count, self.made = 0, []

    def __call__(self, run):
        self.count += 1
        if run["what"] == "objects":
            return {"status": "ok", "reason": None, "measured": {"candidates": self.candidates}}
        changes = [(each["how"], str(each["addresses"])) for each in run["facts"]["changes"]]
        self.made.append((run["workers"], run["round"], changes))
        if set(changes) & set(self.failing):
            return {"status": "unsupported", "reason": "no copies", "measured": None}
        rate = 10.0 if run["workers"] == 1 else 8.0
        for change in changes:
            rate *= self.gains.get(change, 1.0)
        samples = [{"tasks": 99, "total_s": 1.0}, {"tasks": rate, "total_s": 1.0}, {"tasks": rate, "total_s": 1.0}]
        return {"status": "ok", "reason": None, "measured": {"samples": samples}}


def key(how, candidate):
    return how, str(candidate["addresses"])


def test_each_object_is_made_immortal_and_each_root_copied_once():
    made = [
        (each["how"], each["expression"])
        for each in make_changes([D, VALUE, make_candidate("d", [["shared"]], line=5)])
    ]
    assert made == [("immortal", "d"), ("immortal", 'd["k"]'), ("copies", "d")]


def test_a_root_that_no_line_loads_has_a_name():
    (_, copied) = make_changes([make_candidate("x", [["global", "work", "RATES"], ["item", 0]])])
    assert (copied["expression"], copied["addresses"]) == ("RATES", [[["global", "work", "RATES"]]])
    (_, copied) = make_changes([VALUE])
    assert copied["expression"] == "what shared() returns"


def test_what_has_no_address_is_not_tried():
    assert make_changes([make_candidate("x")]) == []


def test_each_round_has_the_run_without_the_change_beside_it():
    runs = FakeRuns([D], {})
    found = Study(COMBINATION, 2, runs).make()
    one = [(1, []), (2, []), (2, [key("immortal", D)]), (2, [("copies", "[[['shared']]]")])]
    assert runs.made == [(workers, number, changes) for number in (1, 2) for workers, changes in one]
    assert len(found["steps"]) == 1
    assert found["steps"][0]["alone"] == [10.0, 10.0]
    assert found["steps"][0]["before"] == [8.0, 8.0]


def test_what_gains_most_stays_for_the_next_step():
    runs = FakeRuns([D, VALUE], {key("immortal", VALUE): 1.5, key("immortal", D): 1.2})
    steps = Study(COMBINATION, 2, runs).make()["steps"]
    assert [[each["expression"] for each in step["kept"]] for step in steps] == [[], ['d["k"]'], ['d["k"]', "d"]]
    assert [[each["change"]["expression"] for each in step["tried"]] for step in steps] == [
        ["d", 'd["k"]', "d"],
        ["d", "d"],
        ["d"],
    ]
    assert steps[1]["before"] == [12.0, 12.0]


def test_it_ends_at_the_bound():
    assert len(Study(COMBINATION, 2, FakeRuns([D, VALUE], {key("immortal", VALUE): 2.5})).make()["steps"]) == 1


def test_it_ends_at_the_limit_of_runs():
    candidates = [make_candidate(f"x{n}", [["argument", n]]) for n in range(40)]
    runs = FakeRuns(candidates, {key("immortal", each): 1.06 for each in candidates})
    study = Study({**COMBINATION, "bound": 1e9}, 6, runs).make()
    assert 80 < runs.count <= 96
    tried = {each["change"]["expression"] for step in study["steps"] for each in step["tried"]}
    assert {each["expression"] for each in study["untried"]} == {f"x{n}" for n in range(40)} - tried
    assert len(tried) < 40


def test_a_change_that_is_not_supported_keeps_its_reason():
    runs = FakeRuns([D], {}, failing=[("copies", "[[['shared']]]")])
    (step,) = Study(COMBINATION, 2, runs).make()["steps"]
    assert (step["tried"][1]["status"], step["tried"][1]["reason"], step["tried"][1]["rates"]) == (
        "unsupported",
        "no copies",
        [None, None],
    )


def test_a_gain_in_some_rounds_only_is_none():
    tried = [{"change": D, "rates": [20.0, 9.0, 20.0], "status": "ok", "reason": None}]
    assert best_of({"before": [10.0] * 3, "tried": tried}) is None
    assert best_of({"before": [8.0] * 3, "tried": tried}) is tried[0]


def test_a_build_that_shows_no_objects_has_a_reason():
    runs = FakeRuns([], {})
    runs.__class__ = type(
        "", (FakeRuns,), {"__call__": lambda *_: {"status": "unsupported", "reason": "the GIL is on"}}
    )
    assert Study(COMBINATION, 2, runs).make() == {
        "status": "unsupported",
        "reason": "the GIL is on",
        "candidates": [],
        "steps": [],
        "untried": [],
    }


def test_candidates_of_other_lines_are_looked_for_anew():
    files = []

    def runs(run):
        files.append(run["file"])
        return {"status": "unsupported", "reason": "", "measured": None}

    for lines in ([["work.py", 4]], [["work.py", 5]], [["work.py", 4]]):
        Study({**COMBINATION, "lines": lines}, 2, runs).make()
    assert files[0] == files[2] != files[1]
