import json

import pytest
import yaml
from gil_scaling.plan import check, request

from tests.tiny_sweep import TINY, experiment


@pytest.fixture
def order(tmp_path, monkeypatch, probed_once):
    """What the check of the tiny sweep with changes tries."""
    monkeypatch.chdir(tmp_path)

    def write(**changes):
        path = check.write(request.read({**TINY, **changes}), None)
        return json.loads((tmp_path / path).read_text())

    return write


def names(tries, key):
    return [one["entry"]["spec"][key] for one in tries]


def test_each_backend_is_tried_once_with_two_workers(order):
    tries = order(rounds=6, warmups=3, experiments=experiment(workers=[1, 2, 8], switch_intervals=[0.1, 0.2]))["tries"]
    assert names(tries, "backend")[0] == "sequential"
    assert sorted(names(tries, "backend")) == ["process", "sequential", "thread"]
    assert names(tries, "workers") == [1, 2, 2]
    assert {(one["warmups"], one["repeats"], one["round"]) for one in (t["entry"]["spec"] for t in tries)} == {
        (0, 2, 1)
    }
    assert {one["entry"]["timeout_s"] for one in tries} == {check.RUN_LIMIT_S}


def test_a_shorter_time_limit_of_the_sweep_holds(order):
    assert {one["entry"]["timeout_s"] for one in order(timeout=3)["tries"]} == {3}


def test_the_first_choice_of_parameters_is_tried_first(order):
    tries = order(experiments=experiment(workloads=[{"noop": {"count": {"sweep": [3, 1, 2]}}}]))["tries"]
    counts = [params["count"] for params in names(tries, "params")]
    assert len(set(counts)) == 3
    assert counts == sorted(counts, key=counts.index)  # all of one choice, then all of the next
    assert names(tries[::3], "backend") == ["sequential"] * 3


def test_the_config_is_shown_without_defaults(order):
    made = order(rounds=6, experiments=[*experiment(), {**experiment()[0], "name": "other", "start": "together"}])
    assert made["config"] == {
        "sweep": "default",
        "machine": "test-machine",
        "pythons": ["current"],
        "repeats": 1,
        "rounds": 6,
        "warmups": 0,
        "workers": [2],
        "control": False,
    }
    assert [one["config"] for one in made["experiments"]] == [{"name": "tiny"}, {"name": "other", "start": "together"}]
    assert made["experiments"][0]["workloads"] == [{"name": "py_loop", "item": {"py_loop": {"n": 1000, "count": 4}}}]


def test_the_shown_config_asks_for_the_same_runs(order, tmp_path):
    experiments = [
        *experiment(),
        {**experiment()[0], "name": "other", "workers": [3], "ceiling": False, "control": True, "seed": 1},
    ]
    experiments[1].pop("seed")
    made = order(experiments=experiments)
    lists = [
        {key: [one["item"] for one in each[key]] for key in ("workloads", "backends")} for each in made["experiments"]
    ]
    shown = [{**each["config"], **items} for each, items in zip(made["experiments"], lists, strict=True)]
    again = request.read(yaml.safe_load(yaml.safe_dump({**made["config"], "experiments": shown})))
    assert {**again.settings, "sweep": None} == request.read({**TINY, "experiments": experiments}).settings


def test_the_parameters_that_are_sizes_are_named(order):
    assert [one["sizes"] for one in order()["tries"]] == [["n", "count"]] * 3
