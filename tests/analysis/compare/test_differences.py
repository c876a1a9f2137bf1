import pandas as pd
import pytest
from gil_scaling.analysis.compare.differences import differences
from gil_scaling.analysis.compare.sets import ResultSet

from tests.support import BUILD_FACTS

FACTS = {"cpu_model": "A CPU", "logical_cpus": 2, "governor": None, "caches": {"L1d": "48K", "L2": "2048K"}}
CONFIG = {"rounds": 6, "cpus": "all", "experiments": [{"name": "e", "rounds": 6, "workers": [1, 2]}]}


def build(**changes):
    return {"name": "3.14", **BUILD_FACTS, **changes}


def a_set(label="a", *, facts=FACTS, builds=None, configs=None, runs=None, names=None):
    """A result set of one build and one workload; names: of the builds in its tables, those of builds if not given."""
    builds = {"3.14": build()} if builds is None else builds
    configs = {"s": CONFIG} if configs is None else configs
    own = {
        "workload": ["py_loop"] * 2,
        "source": ["1a"] * 2,
        "protocol": [3, 3],
        "reference_loop_before_s": [0.01, 0.03],
    }
    tables = {
        "runs": pd.DataFrame({**own, **(runs or {})}).astype({"protocol": "Int64"}),
        "builds": pd.DataFrame({"python": list(builds) if names is None else names}),
    }
    return ResultSet(label, "m", list(configs) or ["s"], facts, builds, configs, tables)


def told(*sets):
    """What differs as (part, of, what, values of the sets)."""
    return [tuple(one) for one in differences(sets)]


def test_sets_that_differ_in_nothing_have_no_differences():
    assert told(a_set("a"), a_set("b"), a_set("c")) == []


def test_one_set_alone_has_none():
    assert told(a_set()) == []


@pytest.mark.parametrize(
    ("change", "what", "values"),
    [
        ({"cpu_model": "Another"}, "cpu model", ["A CPU", "Another"]),
        ({"logical_cpus": 64}, "logical cpus", ["2", "64"]),
        ({"governor": "powersave"}, "governor", ["–", "powersave"]),
        ({"caches": {"L1d": "32K"}}, "caches", ["L1d 48K, L2 2048K", "L1d 32K"]),
        ({"turbo": True}, "turbo", ["–", "yes"]),
        ({"memory_mb": 1024.25}, "memory mb", ["–", "1024.25"]),
    ],
)
def test_each_fact_of_the_machines_that_differs_is_told(change, what, values):
    assert told(a_set(), a_set(facts={**FACTS, **change})) == [("machine", "", what, values)]


def test_numbers_that_differ_in_a_late_digit_differ():
    one, other = (a_set(facts={"memory_mb": value}) for value in (16000.123, 16000.124))
    assert told(one, other) == [("machine", "", "memory mb", ["16000.123", "16000.124"])]


def test_facts_that_are_not_known_are_told_once_and_are_no_difference_of_each():
    found = told(a_set(), a_set(facts={}), a_set(facts={**FACTS, "logical_cpus": 4}))
    assert found == [
        ("machine", "", "what it is", ["known", "not known", "known"]),
        ("machine", "", "logical cpus", ["2", "not known", "4"]),
    ]


def test_facts_that_nobody_knows_are_not_told():
    assert told(a_set(facts={}), a_set(facts={})) == []


def test_a_fixed_loop_that_took_another_time_is_told():
    slower, unknown = ({"reference_loop_before_s": [value] * 2} for value in (0.025, None))
    what = "a fixed loop before each run, median"
    assert told(a_set(), a_set(runs=slower)) == [("machine", "", what, ["20.0 ms", "25.0 ms"])]
    assert told(a_set(), a_set(runs=unknown)) == []
    assert told(a_set(), a_set(runs=unknown), a_set(runs=slower)) == [
        ("machine", "", what, ["20.0 ms", "not known", "25.0 ms"])
    ]


@pytest.mark.parametrize(
    ("change", "what", "values"),
    [
        ({"version": "3.14.7"}, "version", ["3.14.6", "3.14.7"]),
        ({"compiler": "Clang 20"}, "compiler", ["GCC 12", "Clang 20"]),
        ({"compiler": ""}, "compiler", ["GCC 12", ""]),
        ({"pgo": True}, "pgo", ["no", "yes"]),
        ({"gil": False}, "gil", ["yes", "no"]),
        (
            {"jit": {"available": True, "enabled": True}},
            "jit",
            ["available no, enabled no", "available yes, enabled yes"],
        ),
        ({"options": ["-X", "dev"]}, "options", ["none", "-X, dev"]),
        ({"env": {"PYTHON_GIL": "1"}}, "env", ["none", "PYTHON_GIL 1"]),
        (
            {"configure_arguments": ["--with-lto", "--with-pgo"]},
            "configure arguments",
            ["none", "--with-lto, --with-pgo"],
        ),
    ],
)
def test_each_fact_of_a_build_that_differs_is_told(change, what, values):
    assert told(a_set(), a_set(builds={"3.14": build(**change)})) == [("build", "3.14", what, values)]


def test_the_fingerprint_of_a_build_is_no_difference_of_its_own():
    assert told(a_set(), a_set(builds={"3.14": build(fingerprint="2")})) == []


def test_a_build_that_a_set_does_not_have_is_told_and_nothing_else_of_it():
    more = {"3.14": build(), "3.14t": build(name="3.14t", gil=False)}
    assert told(a_set(), a_set(builds=more)) == [("build", "3.14t", "is there", ["no", "yes"])]


def test_a_build_whose_facts_cannot_be_read_is_there_all_the_same():
    found = told(a_set(), a_set(builds={}, names=["3.14"]), a_set(builds={"3.14": build(pgo=True)}))
    assert found == [
        ("build", "3.14", "what it is", ["known", "not known", "known"]),
        ("build", "3.14", "pgo", ["no", "not known", "yes"]),
    ]


def test_of_a_build_that_is_not_there_no_fact_is_unknown():
    found = told(a_set(), a_set(builds={}), a_set(builds={"3.14": build(pgo=True)}))
    assert found == [
        ("build", "3.14", "is there", ["yes", "no", "yes"]),
        ("build", "3.14", "pgo", ["no", "–", "yes"]),
    ]


def test_each_key_of_the_configs_that_differs_is_told():
    other = {**CONFIG, "rounds": 3, "seed": 2}
    assert told(a_set(), a_set(configs={"s": other})) == [
        ("config", "s", "rounds", ["6", "3"]),
        ("config", "s", "seed", ["–", "2"]),
    ]


def test_labels_and_what_is_compared_are_no_differences():
    other = {**CONFIG, "machine": "n", "sweep": "x", "compare": ["y"], "fail_if_slower": 5}
    assert told(a_set(), a_set(configs={"s": other})) == []


def test_what_the_experiments_set_is_told_by_their_names():
    experiment = {"name": "e", "rounds": 6, "workers": [1, 2, 4], "scaling": "weak"}
    other = {**CONFIG, "experiments": [experiment, {"name": "f", "workers": [8]}]}
    assert told(a_set(), a_set(configs={"s": other})) == [
        ("config", "s: e", "workers", ["1, 2", "1, 2, 4"]),
        ("config", "s: e", "scaling", ["–", "weak"]),
    ]


def test_what_an_experiment_has_from_the_top_is_told_there_alone():
    other = {**CONFIG, "rounds": 3, "experiments": [{"name": "e", "rounds": 3, "workers": [1, 2]}]}
    assert told(a_set(), a_set(configs={"s": other})) == [("config", "s", "rounds", ["6", "3"])]


def test_an_experiment_that_overrides_the_top_is_told():
    other = {**CONFIG, "experiments": [{"name": "e", "rounds": 9, "workers": [1, 2]}]}
    assert told(a_set(), a_set(configs={"s": other})) == [("config", "s: e", "rounds", ["6", "9"])]


def test_a_config_that_cannot_be_read_is_told_once():
    other = {**CONFIG, "rounds": 3, "experiments": [{"name": "e", "rounds": 3, "workers": [4]}]}
    found = told(a_set(), a_set(configs={}), a_set(configs={"s": other}))
    assert found == [
        ("config", "s", "what it is", ["known", "not known", "known"]),
        ("config", "s", "rounds", ["6", "not known", "3"]),
        ("config", "s: e", "workers", ["1, 2", "not known", "4"]),
    ]


def test_a_config_with_nothing_but_labels_is_known():
    assert told(a_set(configs={"s": {"machine": "m"}}), a_set(configs={"s": {"machine": "n"}})) == []


def test_of_sweeps_and_experiments_that_one_set_has_nothing_is_told():
    more = {**CONFIG, "experiments": [*CONFIG["experiments"], {"name": "f", "workers": [8]}]}
    assert told(a_set(), a_set(configs={"s": more, "t": {**CONFIG, "rounds": 1}})) == []


def test_sets_without_a_sweep_have_a_dash_where_others_differ_in_it():
    others = [a_set(configs={"t": {**CONFIG, "rounds": number}}) for number in (1, 2)]
    assert told(a_set(), *others) == [("config", "t", "rounds", ["–", "1", "2"])]


def test_sets_without_an_experiment_have_a_dash_where_others_differ_in_it():
    configs = [{**CONFIG, "experiments": [{"name": "f", "workers": [number]}]} for number in (1, 2)]
    found = told(a_set(), *(a_set(configs={"s": config}) for config in configs))
    assert found == [("config", "s: f", "workers", ["–", "1", "2"])]


@pytest.mark.parametrize("experiments", [None, 3, "e", [3], [["e"]], {"e": 1}, [{"name": ["e"]}, {}]])
def test_configs_that_are_none_of_ours_are_told_as_far_as_they_go(experiments):
    other = {**CONFIG, "rounds": None, 3: {"a": [None, 1.5]}, "experiments": experiments}
    assert told(a_set(), a_set(configs={"s": other})) == [
        ("config", "s", "rounds", ["6", "–"]),
        ("config", "s", "3", ["–", "a –, 1.5"]),
    ]


def test_a_workload_of_another_source_is_told():
    found = told(a_set(), a_set(runs={"source": ["2b", "2b"]}), a_set(runs={"source": ["2b", "1a"]}))
    assert found == [("workload", "py_loop", "source", ["1a", "2b", "1a, 2b"])]


def test_a_source_that_is_not_known_or_not_there_is_no_difference():
    unknown, absent = a_set(runs={"source": [None, None]}), a_set(runs={"workload": ["noop"] * 2})
    assert told(a_set(), unknown, absent) == []
    found = told(a_set(), unknown, absent, a_set(runs={"source": ["2b"] * 2}))
    assert found == [("workload", "py_loop", "source", ["1a", "not known", "–", "2b"])]


def test_another_version_of_the_protocol_is_told_also_where_one_is_not_known():
    found = told(a_set(), a_set(runs={"protocol": [4, 4]}), a_set(runs={"protocol": [None, None]}))
    assert found == [("method", "", "version of the measuring protocol", ["3", "4", "not known"])]


def test_machines_come_first_then_builds_configs_sources_and_the_method():
    other = a_set(
        facts={**FACTS, "logical_cpus": 4},
        builds={"3.14": build(pgo=True)},
        configs={"s": {**CONFIG, "rounds": 3}},
        runs={"source": ["2b"] * 2, "protocol": [4, 4]},
    )
    assert [part for part, *_ in told(a_set(), other)][:3] == ["machine", "build", "config"]
    assert [part for part, *_ in told(a_set(), other)][-2:] == ["workload", "method"]
