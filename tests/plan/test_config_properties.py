"""Any config is either expanded, or refused with a line for each mistake."""

import re
from datetime import date

import pytest
from gil_scaling.plan import catalog, config, sweep
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import FakeBuild

WORKLOADS, BACKENDS = catalog.names(catalog.WORKLOADS), catalog.names(catalog.BACKENDS)
SCHEMA = config.load_schema()
TOP = sorted(SCHEMA["properties"])
OF_EXPERIMENT = sorted(SCHEMA["properties"]["experiments"]["items"]["properties"])
PARTS = (
    {name: catalog.read_workload(name, ".") for name in WORKLOADS},
    {name: catalog.read_backend(name, ".") for name in BACKENDS},
)
BUILDS = [FakeBuild("3.14"), FakeBuild("3.14t", gil=False)]
LINE = re.compile(r"(my\.yaml:\d+|my\.yaml|--config): [^\n]+?: [^\n]+\.")

odd = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats(),
    st.sampled_from(
        [
            "",
            "default",
            "auto",
            "null",
            "true",
            "1e-6",
            "6",
            "a\0b",
            "\ud800",
            "a\nb",
            "../x",
            "~nobody/x.py",
            "./none.py",
        ]
    ),
    st.builds(lambda: 16**5000),  # Python refuses to write it out
    st.sampled_from([10**30, -1, 0, 1e300, 3.1, 3.12, date(2026, 1, 1), b"x", {1}, ("a",), object()]),
    st.text(max_size=8),
)
keys = st.sampled_from([None, 1, 2.5, True, date(2026, 1, 1), "a\nb", "name", "sweep", "size", "n"]) | st.text(
    max_size=5
)
rubbish = st.recursive(
    odd, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)


def mostly(good, bad, of=20):
    """One of so many values is a bad one."""
    return st.integers(1, of).flatmap(lambda number: bad if number == of else good)


value = mostly(st.integers(0, 9), odd)
swept = st.fixed_dictionaries({"sweep": mostly(st.lists(value, min_size=1, max_size=3), rubbish)})
params = (
    mostly(st.dictionaries(st.just("count"), value | swept), st.dictionaries(keys, value | swept, max_size=2))
    | st.none()
)


def parts(known, with_params):
    """Entries of `workloads` or `backends`; with_params: of those that take any."""
    own = st.sampled_from(with_params).flatmap(lambda name: st.fixed_dictionaries({name: params}))
    return st.lists(mostly(st.sampled_from(known) | own, rubbish), min_size=1, max_size=3)


python = mostly(
    st.sampled_from(["current", "3.14", 3.12, "/usr/bin/python3"]) | st.fixed_dictionaries({"name": st.just("a")}),
    st.fixed_dictionaries({}, optional={"name": odd, "command": odd, "env": rubbish, "optional": odd}),
)
DEFAULTS = config.with_defaults({"experiments": []}, SCHEMA)
GOOD = {
    "cpus": st.sampled_from(["all", "physical", 1, [0, 1]]),
    "pythons": st.lists(python, min_size=1, max_size=2) | st.just("auto"),
    "workloads": parts(WORKLOADS, ["noop", "py_loop", "url_fetch"]),
    "backends": parts(BACKENDS, ["process_pool", "thread_pool"]),
    "workers": st.lists(st.integers(1, 9) | st.just("default"), min_size=1, max_size=3) | st.just("auto"),
    "switch_intervals": st.lists(st.floats(1e-6, 1) | st.just("default") | st.just("1e-5"), min_size=1, max_size=2),
    "timeout": st.floats(0.1, 100) | st.integers(1, 100),
    "ceiling": st.booleans(),
    "control": st.booleans(),
    "remove": st.booleans(),
    "until": st.none() | st.just({"half_width": 0.02, "max_rounds": 8}),
    "start": st.sampled_from(["natural", "together"]),
    "scaling": st.sampled_from(["strong", "weak"]),
    "on_noise": st.sampled_from(["flag", "wait", "repeat"]),
    "name": st.sampled_from(["a", "b", "c"]),
    "packages": st.lists(st.sampled_from(["numpy", "joblib>=1.3"]), max_size=2),
    "packages_index": st.just({"offline": True}),
    "why": st.booleans() | st.just({"rounds": 6}),
    "fail_if_below": st.just({"ceiling": 0.8}),
    "lessons": st.just(DEFAULTS["lessons"]),
    "compare": st.lists(st.just("results") | st.just({"a": "results"}), max_size=2),
}
number = st.integers(1, 3) | st.just("2") | st.just(2.0)


def mapping(names, required=()):
    """Mappings of these keys, most with an allowed value, and sometimes of other keys."""
    known = {name: mostly(GOOD.get(name, number), rubbish, of=100) for name in names}
    own = {name: known.pop(name) for name in required}
    return st.builds(
        lambda good, more: {**good, **more},
        st.fixed_dictionaries(own, optional=known),
        mostly(st.just({}), st.dictionaries(keys, rubbish, max_size=1)),
    )


experiments = st.lists(mapping(OF_EXPERIMENT, ["name", "workloads"]), min_size=1, max_size=3)
configs = st.builds(
    lambda top, own: {**top, "experiments": own},
    mapping([key for key in TOP if key != "experiments"]),
    mostly(experiments, rubbish),
)
SEEN = {"refused": 0, "expanded": 0}


@settings(derandomize=True, max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(configs)
def check(given_config):
    try:
        checked = config.checked(given_config, ["my.yaml"])
    except config.ConfigError as error:
        SEEN["refused"] += 1
        for line in error.mistakes:
            assert LINE.fullmatch(line), line
    else:
        SEEN["expanded"] += 1
        assert expand(checked)


def expand(checked):
    return sweep.expand(checked, {one["name"]: BUILDS for one in checked["experiments"]}, *PARTS, None, [1, 2])


@pytest.mark.slow
def test_any_config_is_expanded_or_refused_with_lines(monkeypatch):
    monkeypatch.setattr(config, "MAX_RUNS", 300)
    monkeypatch.setattr(config, "load_schema", lambda: SCHEMA)
    check()
    assert min(SEEN.values()) > 50
