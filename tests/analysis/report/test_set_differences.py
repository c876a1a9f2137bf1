import pandas as pd
import pytest
from gil_scaling.analysis.report.set_differences import find_differences

from tests.support import BUILD_FACTS

FACTS = {"cpu_model": "A CPU", "logical_cpus": 2, "governor": None, "caches": {"L1d": "48K", "L2": "2048K"}}
CONFIG = {"rounds": 6, "cpus": "all", "experiments": [{"name": "e", "rounds": 6, "workers": [1, 2]}]}
LOOP = "reference loop before each run, median"


def make_build(**changes):
    return {"name": "3.14", **BUILD_FACTS, **changes}


def make_set(*, facts=FACTS, builds=None, configs=None, runs=None, names=None):
    """(a result set, its tables) of one build and one workload; names: of the builds in its tables, if not those of builds."""
    builds = {"3.14": make_build()} if builds is None else builds
    configs = {"s": CONFIG} if configs is None else configs
    columns = {
        "workload": ["py_loop"] * 2,
        "source": ["1a"] * 2,
        "protocol": [3, 3],
        "reference_loop_before_s": [0.01, 0.03],
    }
    tables = {
        "runs": pd.DataFrame({**columns, **(runs or {})}).astype({"protocol": "Int64"}),
        "builds": pd.DataFrame({"python": list(builds) if names is None else names}),
    }
    return {"sweeps": list(configs) or ["s"], "facts": facts, "builds": builds, "configs": configs}, tables


def differences(*sets):
    """The differences as (part, name, what, values of the sets)."""
    labelled = [({**each, "label": f"m{place}"}, tables) for place, (each, tables) in enumerate(sets)]
    tables = {
        name: pd.concat([tables[name].assign(machine=each["label"]) for each, tables in labelled])
        for name in ("runs", "builds")
    }
    return [tuple(one) for one in find_differences([each for each, _ in labelled], tables)]


def test_equal_sets_have_no_differences():
    assert differences(make_set(), make_set(), make_set()) == []


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
def test_machine_facts_that_differ(change, what, values):
    assert differences(make_set(), make_set(facts={**FACTS, **change})) == [("machine", "", what, values)]


def test_numbers_that_differ_in_a_late_digit():
    first, second = (make_set(facts={"memory_mb": value}) for value in (16000.123, 16000.124))
    assert differences(first, second) == [("machine", "", "memory mb", ["16000.123", "16000.124"])]


def test_machine_facts_not_known_are_one_difference():
    assert differences(make_set(), make_set(facts={}), make_set(facts={**FACTS, "logical_cpus": 4})) == [
        ("machine", "", "facts", ["known", "not known", "known"]),
        ("machine", "", "logical cpus", ["2", "not known", "4"]),
    ]
    assert differences(make_set(facts={}), make_set(facts={})) == []


def test_reference_loops_that_differ():
    slower, unknown = ({"reference_loop_before_s": [value] * 2} for value in (0.025, None))
    assert differences(make_set(), make_set(runs=slower)) == [("machine", "", LOOP, ["20.0 ms", "25.0 ms"])]
    assert differences(make_set(), make_set(runs=unknown)) == []
    assert differences(make_set(), make_set(runs=unknown), make_set(runs=slower)) == [
        ("machine", "", LOOP, ["20.0 ms", "not known", "25.0 ms"])
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
def test_build_facts_that_differ(change, what, values):
    assert differences(make_set(), make_set(builds={"3.14": make_build(**change)})) == [("build", "3.14", what, values)]


def test_packages_of_all_sets_in_other_versions_differ():
    one = {"numpy": {"version": "2.4.1"}, "version": {"version": "1"}, "scipy": {"version": "1"}}
    other = {"numpy": {"version": "2.3.5"}, "version": {"version": "1"}}
    sets = [make_set(builds={"3.14": make_build(packages=packages)}) for packages in (one, other)]
    assert differences(*sets) == [("build", "3.14", "package numpy", ["2.4.1", "2.3.5"])]


def test_build_fingerprint_alone_is_no_difference():
    assert differences(make_set(), make_set(builds={"3.14": make_build(fingerprint="2")})) == []


def test_build_that_a_set_lacks_is_one_difference():
    more = {"3.14": make_build(), "3.14t": make_build(name="3.14t", gil=False)}
    assert differences(make_set(), make_set(builds=more)) == [("build", "3.14t", "is there", ["no", "yes"])]


@pytest.mark.parametrize(
    ("names", "first", "text"),
    [
        (["3.14"], ("build", "3.14", "facts", ["known", "not known", "known"]), "not known"),
        ([], ("build", "3.14", "is there", ["yes", "no", "yes"]), "–"),
    ],
)
def test_build_facts_not_known_or_absent(names, first, text):
    unknown, other = make_set(builds={}, names=names), make_set(builds={"3.14": make_build(pgo=True)})
    assert differences(make_set(), unknown, other) == [first, ("build", "3.14", "pgo", ["no", text, "yes"])]


def test_config_keys_that_differ():
    assert differences(make_set(), make_set(configs={"s": {**CONFIG, "rounds": 3, "seed": 2}})) == [
        ("config", "s", "rounds", ["6", "3"]),
        ("config", "s", "seed", ["–", "2"]),
    ]


def test_config_labels_are_no_differences():
    other = {**CONFIG, "machine": "n", "sweep": "x", "compare": ["y"], "fail_if_slower": 5}
    assert differences(make_set(), make_set(configs={"s": other})) == []


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        (  # keys of an experiment
            {"experiments": [{"name": "e", "rounds": 6, "workers": [1, 2, 4], "scaling": "weak"}, {"name": "f"}]},
            [("s: e", "workers", ["1, 2", "1, 2, 4"]), ("s: e", "scaling", ["–", "weak"])],
        ),
        (  # inherited from the top level
            {"rounds": 3, "experiments": [{"name": "e", "rounds": 3, "workers": [1, 2]}]},
            [("s", "rounds", ["6", "3"])],
        ),
        (  # overrides the top level
            {"experiments": [{"name": "e", "rounds": 9, "workers": [1, 2]}]},
            [("s: e", "rounds", ["6", "9"])],
        ),
    ],
)
def test_experiments_that_differ(config, rows):
    found = differences(make_set(), make_set(configs={"s": {**CONFIG, **config}}))
    assert found == [("config", *row) for row in rows]


def test_config_not_known_is_one_difference():
    other = {**CONFIG, "rounds": 3, "experiments": [{"name": "e", "rounds": 3, "workers": [4]}]}
    assert differences(make_set(), make_set(configs={}), make_set(configs={"s": other})) == [
        ("config", "s", "facts", ["known", "not known", "known"]),
        ("config", "s", "rounds", ["6", "not known", "3"]),
        ("config", "s: e", "workers", ["1, 2", "not known", "4"]),
    ]


def test_config_of_only_labels_is_known():
    assert differences(make_set(configs={"s": {"machine": "m"}}), make_set(configs={"s": {"machine": "n"}})) == []


def test_sweeps_and_experiments_of_one_set_are_no_differences():
    more = {**CONFIG, "experiments": [*CONFIG["experiments"], {"name": "f", "workers": [8]}]}
    assert differences(make_set(), make_set(configs={"s": more, "t": {**CONFIG, "rounds": 1}})) == []


def test_sets_without_a_sweep_or_experiment_have_a_dash():
    sweeps = [make_set(configs={"t": {**CONFIG, "rounds": number}}) for number in (1, 2)]
    assert differences(make_set(), *sweeps) == [("config", "t", "rounds", ["–", "1", "2"])]
    configs = [{**CONFIG, "experiments": [{"name": "f", "workers": [number]}]} for number in (1, 2)]
    experiments = [make_set(configs={"s": config}) for config in configs]
    assert differences(make_set(), *experiments) == [("config", "s: f", "workers", ["–", "1", "2"])]


@pytest.mark.parametrize("experiments", [None, 3, "e", [3], [["e"]], {"e": 1}, [{"name": ["e"]}, {}]])
def test_malformed_configs_are_compared_as_far_as_possible(experiments):
    other = {**CONFIG, "rounds": None, 3: {"a": [None, 1.5]}, "experiments": experiments}
    assert differences(make_set(), make_set(configs={"s": other})) == [
        ("config", "s", "rounds", ["6", "–"]),
        ("config", "s", "3", ["–", "a –, 1.5"]),
    ]


def test_workload_sources_that_differ():
    found = differences(make_set(), make_set(runs={"source": ["2b", "2b"]}), make_set(runs={"source": ["2b", "1a"]}))
    assert found == [("workload", "py_loop", "source", ["1a", "2b", "1a, 2b"])]


def test_workload_sources_not_known_or_absent():
    unknown, absent = make_set(runs={"source": [None, None]}), make_set(runs={"workload": ["noop"] * 2})
    assert differences(make_set(), unknown, absent) == []
    found = differences(make_set(), unknown, absent, make_set(runs={"source": ["2b"] * 2}))
    assert found == [("workload", "py_loop", "source", ["1a", "not known", "–", "2b"])]


def test_protocols_that_differ_or_are_not_known():
    others = (make_set(runs={"protocol": [version] * 2}) for version in (4, None))
    found = differences(make_set(), *others)
    assert found == [("method", "", "version of the measuring protocol", ["3", "4", "not known"])]


def test_differences_are_in_order():
    other = make_set(
        facts={**FACTS, "logical_cpus": 4},
        builds={"3.14": make_build(pgo=True)},
        configs={"s": {**CONFIG, "rounds": 3}},
        runs={"source": ["2b"] * 2, "protocol": [4, 4]},
    )
    parts = [part for part, *_ in differences(make_set(), other)]
    assert parts == ["machine", "build", "config", "workload", "method"]


def test_all_packages_of_environments_are_compared():
    builds = [
        {
            "3.14": make_build(
                requires=["numpy"], packages={name: {"version": version} for name, version in each.items()}
            )
        }
        for each in ({"numpy": "2.3.5"}, {"numpy": "2.4.1", "helper": "1.0"})
    ]
    assert differences(*(make_set(builds=each) for each in builds)) == [
        ("build", "3.14", "package helper", ["–", "1.0"]),
        ("build", "3.14", "package numpy", ["2.3.5", "2.4.1"]),
    ]
