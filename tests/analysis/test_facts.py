import json

import pytest
from gil_scaling.analysis import facts

from tests.support import BUILD_FACTS

DEEP = "[" * 100_000
LEVELS = "[" * 60 + "]" * 60


def unusable(read, *arguments):
    """What is said of a file that cannot be used."""
    with pytest.raises(facts.Unusable) as caught:
        read(*arguments)
    return str(caught.value)


@pytest.fixture
def written(tmp_path):
    """Writes a text, or what stands for it as JSON, into a file; returns its path."""

    def write(content, name="3.14.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


FACTS = {"name": "3.14", "fingerprint": "1", **BUILD_FACTS}


def test_facts_are_read_as_they_were_written(written):
    known = {"usable_cpus": 2, "cpu_model": "A CPU", "caches": {"L1d": "48K"}, "turbo": None}
    assert facts.machine_facts(written(known)) == known
    assert facts.build_facts(written(FACTS)) == FACTS


def test_facts_of_a_build_that_an_earlier_version_did_not_write_are_filled_in(written):
    earlier = {name: value for name, value in FACTS.items() if name not in ("options", "env", "configure_arguments")}
    assert facts.build_facts(written(earlier)) == FACTS


def test_of_a_fact_that_stands_there_twice_the_last_counts(written):
    assert facts.machine_facts(written('{"turbo": 1, "turbo": 2}')) == {"turbo": 2}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"turbo": NaN}', "its values: nan is not a finite number"),
        ('{"turbo": -Infinity}', "its values: -inf is not a finite number"),
        ("[]", "$: [] is not of type 'object'"),
        ("3", "$: 3 is not of type 'object'"),
        ('{"turbo": ' + LEVELS + "}", "its values: more than 50 levels of lists and objects"),
        (LEVELS, "its values: more than 50 levels of lists and objects"),
        ('"' + "x" * 2**20 + '"', "cannot be read: is larger than 1 MiB"),
    ],
)
def test_facts_of_a_machine_that_are_none_are_refused(content, said, written):
    assert unusable(facts.machine_facts, written(content)) == said


@pytest.mark.parametrize("levels", [50, 51])
def test_facts_lie_at_most_fifty_lists_and_objects_deep(levels, written):
    path = written('{"a": ' + "[" * (levels - 1) + "1" + "]" * (levels - 1) + "}")
    if levels == 50:
        assert list(facts.machine_facts(path)) == ["a"]
    else:
        assert unusable(facts.machine_facts, path) == "its values: more than 50 levels of lists and objects"


@pytest.mark.parametrize("content", [DEEP, '{"turbo": ' * 20_000, '{"turbo": ' + "9" * 5000 + "}"])
def test_json_that_python_cannot_hold_is_refused(content, written):
    assert unusable(facts.machine_facts, written(content)).startswith("is no JSON: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 3.14}, "$.version: 3.14 is not of type 'string'"),
        ({"gil": "on"}, "$.gil: 'on' is not of type 'boolean'"),
        ({"gil": None}, "$.gil: None is not of type 'boolean'"),
        ({"jit": True}, "$.jit: True is not of type 'object'"),
        ({"jit": {"available": True}}, "$.jit: 'enabled' is a required property"),
        ({"options": "-X dev"}, "$.options: '-X dev' is not of type 'array'"),
        ({"env": {"PYTHON_GIL": 1}}, "$.env.PYTHON_GIL: 1 is not of type 'string'"),
        ({"name": "3.14t"}, "tells of the build '3.14t'"),
        ({"name": "../x"}, r"$.name: '../x' does not match '^[A-Za-z0-9][A-Za-z0-9._-]{0,59}\\Z'"),
    ],
)
def test_facts_of_a_build_that_are_wrong_are_refused(change, said, written):
    assert unusable(facts.build_facts, written({**FACTS, **change})) == said


def test_what_is_said_of_facts_is_fit_for_a_terminal(written):
    said = unusable(facts.build_facts, written({**FACTS, "env": {"\x1b[31m": "x\x1b[31m", "\x1b": ["\x1b"]}}))
    assert said.isprintable() and said.endswith(" is not of type 'string'")


@pytest.mark.parametrize("name", [name for name in FACTS if name not in facts._LATER])
def test_facts_of_a_build_are_all_there(name, written):
    others = {key: value for key, value in FACTS.items() if key != name}
    assert unusable(facts.build_facts, written(others)) == f"$: {name!r} is a required property"


def test_a_config_is_read_as_it_was_written(written):
    text = "rounds: 6\nmachine: null\nexperiments: [{name: e, workloads: [{py_loop: {n: 1e3}}]}]\n"
    experiments = [{"name": "e", "workloads": [{"py_loop": {"n": "1e3"}}]}]
    assert facts.config(written(text)) == {"rounds": 6, "machine": None, "experiments": experiments}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: &x [1]\nb: *x\n", "holds aliases"),
        ("&x [*x]", "holds aliases"),
        ("- a\n- b\n", "is no mapping"),
        ("", "is no mapping"),
        ("a: [", "is no YAML"),
        ("a: b: c", "is no YAML"),
        ("--- {a: b}\n--- {c: d}\n", "is no YAML"),
        ("a: !!python/name:os.system\n", "is no YAML"),
        ("a: !!bool x", "is no YAML"),
        ("a: !!int ''", "is no YAML"),
        ("a: !!timestamp x", "is no YAML"),
        ("a: 2026-13-45", "is no YAML"),
        ("a: " + "1:" * 200 + "1.5", "is no YAML"),
        ("a: 0x" + "f" * 5000, "is no YAML"),
        ('a: "\\ud800"', r"its values: '\ud800' contains a lone surrogate"),
        ("2026-01-01: a", "is no YAML"),
        ("? [a]\n: b\n", "is no YAML"),
        ("a: \0", "is no YAML"),
        (DEEP, "is no YAML"),
        ("a: " + LEVELS, "its values: more than 50 levels of lists and objects"),
        ("a: " + "x" * 2**20, "cannot be read: is larger than 1 MiB"),
    ],
)
def test_a_config_that_is_none_is_refused(content, said, written):
    assert unusable(facts.config, written(content, "config.yaml")) == said


@pytest.mark.parametrize(
    "tag", ["object/apply:os.mkdir [{path}]", "object/new:os.mkdir [{path}]", "module:antigravity"]
)
def test_tags_of_a_config_are_not_executed(tag, written, tmp_path):
    text = "a: !!python/" + tag.format(path=tmp_path / "made")
    assert unusable(facts.config, written(text, "config.yaml")) == "is no YAML"
    assert not (tmp_path / "made").exists()
