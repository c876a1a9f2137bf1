import math

import pandas as pd
import pytest
from gil_scaling.analysis.tables import sides
from gil_scaling.analysis.tables.sides import AGAIN, BUILD, Pair, Side


def summary_of(*rows, **columns):
    """Rows of (machine, build, reference build)."""
    return pd.DataFrame(rows, columns=["machine", "python", "reference"]).assign(**columns)


def builds_of(*rows, **changes):
    """Rows of (machine, build, free-threaded, GIL)."""
    same = {"version": "3.14.6", "compiler": "GCC 12", "pgo": True, "lto": True, "jit": False, **changes}
    return pd.DataFrame(rows, columns=["machine", "python", "free_threaded", "gil"]).assign(**same)


def said(pairs):
    """Each pair in one line."""
    return [f"{' '.join(pair.side)} against {' '.join(pair.against)}: {pair.kind}" for pair in pairs]


NO_BUILDS = builds_of()


def test_each_build_is_held_against_the_reference_build_in_the_order_of_the_summary():
    summary = summary_of(("m", "3.14t", "3.12"), ("m", "3.12", "3.12"), ("m", "3.9", "3.12"), ("m", "3.14t", "3.12"))
    found = sides.pairs(summary, NO_BUILDS)
    assert found == [
        Pair(Side("m", "3.14t"), Side("m", "3.12"), BUILD),
        Pair(Side("m", "3.9"), Side("m", "3.12"), BUILD),
    ]


def test_one_build_alone_gives_no_pair():
    assert sides.pairs(summary_of(("m", "3.14", "3.14")), builds_of(("m", "3.14", False, True))) == []


def test_the_gil_has_three_arms():
    summary = summary_of(("m", "3.14", "3.14"), ("m", "3.14t", "3.14"), ("m", "3.14t-gil", "3.14"))
    builds = builds_of(("m", "3.14", False, True), ("m", "3.14t", True, False), ("m", "3.14t-gil", True, True))
    assert said(sides.pairs(summary, builds)) == [
        "m 3.14t against m 3.14: build",
        "m 3.14t-gil against m 3.14: build",
        "m 3.14t against m 3.14t-gil: build",
    ]


@pytest.mark.parametrize(
    "column",
    [
        {"version": ["1", "2"]},
        {"compiler": ["a", "b"]},
        *({name: [True, False]} for name in ("pgo", "lto", "jit")),
    ],
)
def test_two_free_threaded_builds_are_no_arms_of_one(column):
    rows = ("m", "3.14t", True, False), ("m", "3.14t-gil", True, True)
    summary = summary_of(("m", "3.14t", None), ("m", "3.14t-gil", None))
    assert said(sides.pairs(summary, builds_of(*rows))) == ["m 3.14t against m 3.14t-gil: build"]
    assert sides.pairs(summary, builds_of(*rows, **column)) == []


def test_facts_that_earlier_versions_did_not_write_tell_no_arms_apart():
    builds = builds_of(("m", "3.14t", True, False), ("m", "3.14t-gil", True, True), jit=math.nan)
    found = sides.pairs(summary_of(("m", "3.14t", None)), builds)
    assert said(found) == ["m 3.14t against m 3.14t-gil: build"]


def test_arms_are_of_one_machine():
    builds = builds_of(("m", "3.14t", True, False), ("n", "3.14t-gil", True, True))
    assert sides.pairs(summary_of(("m", "3.14t", "3.14t"), ("n", "3.14t-gil", "3.14t-gil")), builds) == []


def test_a_build_with_a_gil_of_its_own_is_no_arm():
    builds = builds_of(("m", "3.14", False, True), ("m", "3.14t", True, False))
    assert sides.pairs(summary_of(("m", "3.14", "3.14"), ("m", "3.14t", "3.14t")), builds) == []


@pytest.mark.parametrize(
    ("references", "pair"),
    [
        (["3.14t", "3.14t", "3.14t"], "m 3.14t-gil against m 3.14t: build"),
        (["3.14t", "3.14t", "3.14t-gil"], "m 3.14t-gil against m 3.14t: build"),
        (["3.14t-gil", "3.14t-gil", "3.14t-gil"], "m 3.14t against m 3.14t-gil: build"),
    ],
)
def test_no_pair_stands_there_twice_nor_the_other_way_round(references, pair):
    pythons = ["3.14t", "3.14t-gil", "3.14t"]
    summary = summary_of(*(("m", *own) for own in zip(pythons, references, strict=True)))
    builds = builds_of(("m", "3.14t", True, False), ("m", "3.14t-gil", True, True))
    assert said(sides.pairs(summary, builds)) == [pair]


def test_a_build_whose_reference_is_not_known_is_held_against_none():
    summary = summary_of(("a", "3.14", None), ("a", "3.14t", None), ("b", "3.14", "3.14"), ("b", None, "3.14"))
    assert said(sides.pairs(summary, NO_BUILDS)) == ["b 3.14 against a 3.14: machine"]


def test_two_labels_of_one_machine_are_the_machine_at_two_times():
    summary = summary_of(("may", "3.14", "3.14"), ("june", "3.14", "3.14"), ("july", "3.14", "3.14"))
    found = sides.pairs(summary, NO_BUILDS, {"may": "laptop", "june": "laptop", "july": "laptop"})
    assert found == [
        Pair(Side("june", "3.14"), Side("may", "3.14"), AGAIN),
        Pair(Side("july", "3.14"), Side("may", "3.14"), AGAIN),
    ]


def test_machines_are_held_against_the_first_by_the_builds_that_both_have():
    builds = {"laptop": ["3.14", "3.12", "3.9"], "server": ["3.12", "3.14"], "pi": ["3.9"]}
    summary = summary_of(*((machine, python, python) for machine, own in builds.items() for python in own))
    assert said(sides.pairs(summary, NO_BUILDS)) == [
        "server 3.12 against laptop 3.12: machine",
        "server 3.14 against laptop 3.14: machine",
        "pi 3.9 against laptop 3.9: machine",
    ]


def test_a_machine_that_was_measured_again_is_held_against_itself_alone():
    labels = {"laptop may": "laptop", "server may": "server", "laptop june": "laptop", "server june": "server"}
    summary = summary_of(*((label, "3.14", "3.14") for label in labels))
    assert said(sides.pairs(summary, NO_BUILDS, labels)) == [
        "server may 3.14 against laptop may 3.14: machine",
        "laptop june 3.14 against laptop may 3.14: again",
        "server june 3.14 against server may 3.14: again",
    ]


def test_pairs_of_builds_come_before_pairs_of_machines():
    summary = summary_of(*((machine, python, "3.14") for machine in "ab" for python in ("3.14", "3.15")))
    assert said(sides.pairs(summary, NO_BUILDS)) == [
        "a 3.15 against a 3.14: build",
        "b 3.15 against b 3.14: build",
        "b 3.14 against a 3.14: machine",
        "b 3.15 against a 3.15: machine",
    ]


def test_a_pair_names_its_sides_in_the_columns_of_a_table():
    pair = Pair(Side("june", "3.14"), Side("may", "3.12"), AGAIN)
    columns = {"machine": "june", "python": "3.14", "against_machine": "may", "against_python": "3.12", "kind": AGAIN}
    turned = {"machine": "may", "python": "3.12", "against_machine": "june", "against_python": "3.14", "kind": AGAIN}
    assert (pair.columns(), pair.turned().columns()) == (columns, turned)


PAIR = Pair(Side("m", "b"), Side("m", "a"), BUILD)


def runs_of(*rows):
    """Rows of (build, workers, switch interval), else alike."""
    alike = dict.fromkeys(sides.SHARED, "")
    return pd.DataFrame(
        [
            {**alike, "machine": "m", "python": build, "workers_asked": workers, "switch_interval_s": interval}
            for build, workers, interval in rows
        ]
    )


def matched(*rows):
    """(own, other) intervals, by the workers, None for those that one side lacks."""
    found = []
    for own, other in sides.matched(runs_of(*rows), PAIR):
        sets = [None if one is None else tuple(one["switch_interval_s"]) for one in (own, other)]
        found.append(((own if own is not None else other)["workers_asked"].iloc[0], *sets))
    return found


def test_combinations_that_one_side_alone_has_come_without_the_other():
    found = matched(("b", "2", 0.005), ("a", "2", 0.005), ("a", "4", 0.005), ("b", "8", 0.005), ("b", "2", 0.005))
    assert found == [("2", (0.005, 0.005), (0.005,)), ("8", (0.005,), None), ("4", None, (0.005,))]


@pytest.mark.parametrize(
    "name",
    [
        "experiment",
        "workload",
        "params",
        "backend",
        "backend_params",
        "workers_asked",
        "start",
        "scaling",
        "timed",
    ],
)
def test_what_differs_in_anything_else_is_another_combination(name):
    runs = runs_of(("b", "2", 0.005), ("a", "2", 0.005)).assign(**{name: ["one", "other"]})
    assert [(own is None, other is None) for own, other in sides.matched(runs, PAIR)] == [(False, True), (True, False)]


def test_intervals_match_one_to_one_where_both_sides_have_them():
    found = matched(("b", "2", 0.005), ("b", "2", 0.1), ("a", "2", 0.001), ("a", "2", 0.005))
    assert found == [("2", (0.005,), (0.005,)), ("2", (0.1,), None), ("2", None, (0.001,))]


@pytest.mark.parametrize(("free", "other"), [("b", "a"), ("a", "b")])
def test_where_the_interval_has_no_effect_the_other_side_s_nearest_to_the_default_stands_against_it(free, other):
    ((workers, *found),) = matched((free, "2", math.nan), *((other, "2", value) for value in (0.1, 0.004, 0.0001)))
    found = found if free == "b" else found[::-1]
    assert (workers, math.isnan(found[0][0]), found[1]) == ("2", True, (0.004,))


def test_runs_whose_times_say_nothing_are_not_judged():
    alike = {
        "machine": "m",
        "workload": "w",
        "status": "ok",
        "role": "asked",
        "workers": 2,
        "scaling": "strong",
        "timed_s": 1.0,
    }
    changes = [{"status": "timeout"}, {"role": "ceiling"}, {"workload": "latency"}, {"timed_s": 0.0}, {"workers": None}]
    runs = pd.DataFrame(
        [
            {**alike, "role": "baseline"},
            {**alike, "timed_s": 3.0, "scaling": "weak"},
            *({**alike, **change} for change in changes),
        ]
    )
    summary = pd.DataFrame({"machine": "m", "workload": ["w", "w", "latency"], "speedup": [1.0, 2.0, math.nan]})
    assert sides.judged(runs, summary)[["role", "cost_s"]].values.tolist() == [["baseline", 1.0], ["asked", 1.5]]


def changes_of(**columns):
    row = {"machine": "june", "python": "3.14t", "against_machine": "may", "against_python": "3.14", **columns}
    return pd.DataFrame([row])


def test_where_there_are_several_machines_builds_are_named_with_theirs():
    tables = {"summary": summary_of(("may", "3.14", None), ("june", "3.14t", "3.14")), "changes": changes_of()}
    found = sides.named({**tables, "notes": pd.DataFrame({"text": ["kept"]})})
    assert found["summary"]["python"].tolist() == ["may · 3.14", "june · 3.14t"]
    assert found["summary"]["reference"].tolist()[1] == "june · 3.14"
    assert found["summary"]["reference"].isna().tolist() == [True, False]
    assert found["summary"]["build"].tolist() == ["3.14", "3.14t"]
    names = ["python", "against_python", "build", "against_build"]
    assert found["changes"].loc[0, names].tolist() == ["june · 3.14t", "may · 3.14", "3.14t", "3.14"]
    assert found["notes"]["text"].tolist() == ["kept"]


def test_on_one_machine_builds_keep_their_names():
    found = sides.named({"summary": summary_of(("m", "3.14", "3.14")), "changes": changes_of(machine="m")})
    assert found["summary"].loc[0, ["python", "reference", "build"]].tolist() == ["3.14", "3.14", "3.14"]
    assert found["changes"].loc[0, ["python", "against_build"]].tolist() == ["3.14t", "3.14"]


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"machine": "may"}, "3.14"),
        ({"python": "3.14"}, "may"),
        ({}, "may · 3.14"),
    ],
)
def test_what_a_row_is_held_against_is_named_by_what_tells_it_apart(columns, name):
    tables = {"summary": summary_of(("may", "3.14", None), ("june", "3.14", None)), "changes": changes_of(**columns)}
    assert sides.against(sides.named(tables)["changes"].loc[0]) == name


def test_on_one_machine_a_row_is_held_against_a_build():
    assert sides.against(changes_of(machine="may").loc[0]) == "3.14"
