import json
from types import SimpleNamespace

import pytest
from gil_scaling.plan.looks import Looks

UNTIL = {"half_width": 0.02, "max_rounds": 50}


def run(combination, number, *experiments):
    uses = [SimpleNamespace(experiment=name) for name in experiments or ("e",)]
    return SimpleNamespace(combination=combination, spec={"round": number}, uses=uses)


def look(folder, number, *stopped):
    """Writes a look after which these combinations of the experiment stop."""
    (folder / f"{number}.json").write_text(json.dumps({"stopped": {"e": dict.fromkeys(stopped, "claim")}}))


def last_rounds(looks, names="ab"):
    """The last round that is wanted of each combination."""
    return [max(number for number in range(1, 51) if looks.wants(run(name, number))) for name in names]


@pytest.fixture
def make_looks(tmp_path):
    return lambda: Looks(tmp_path, [{"name": "e", "until": UNTIL}, {"name": "other", "until": None}])


def test_all_runs_are_wanted_without_until(tmp_path):
    looks = Looks(tmp_path, [{"name": "e", "until": None}])
    assert looks.rounds == []
    assert last_rounds(looks) == [50, 50]
    assert looks.allows(run("a", 50))


def test_combinations_go_on_to_the_look_that_stops_them(make_looks, tmp_path):
    assert last_rounds(make_looks()) == [8, 8]
    look(tmp_path, 8, "a")
    assert last_rounds(make_looks()) == [8, 13]
    look(tmp_path, 13, "a", "b")
    assert last_rounds(make_looks()) == [8, 13]


def test_a_run_is_wanted_while_one_of_its_experiments_wants_it(make_looks, tmp_path):
    look(tmp_path, 8, "a")
    looks = make_looks()
    assert [looks.wants(run("a", 9, "e")), looks.wants(run("a", 50, "e", "other"))] == [False, True]
    assert [looks.are_open([run("b", 9, "e")]), looks.are_open([run("b", 9, "other")])] == [True, False]


def test_a_run_is_allowed_until_a_look_stops_it(make_looks, tmp_path):
    look(tmp_path, 8, "a")
    looks = make_looks()
    assert [looks.allows(run("a", 8)), looks.allows(run("a", 9)), looks.allows(run("b", 50))] == [True, False, True]


def test_a_look_counts_only_after_the_ones_before(make_looks, tmp_path):
    look(tmp_path, 13, "b")
    assert last_rounds(make_looks()) == [8, 8]


def test_a_look_that_is_taken_again_replaces_the_later_ones(make_looks, tmp_path):
    look(tmp_path, 8, "a")
    look(tmp_path, 13, "a", "b")
    looks = make_looks()
    look(tmp_path, 8)
    assert looks.take(8)
    assert last_rounds(looks) == [13, 13]


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_damaged_look_counts_as_not_taken(text, make_looks, tmp_path):
    (tmp_path / "8.json").write_text(text)
    assert last_rounds(make_looks()) == [8, 8]
