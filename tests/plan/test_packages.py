import json
from pathlib import Path

import pytest
from gil_scaling.plan import config, installers, packages, plan, request
from gil_scaling.plan.builds import Build
from gil_scaling.plan.environments import Environments
from gil_scaling.plan.packages import find_wanted
from gil_scaling.plan.prober import ProbeError

from tests.support import make_wheel

DECLARES = "# /// script\n# dependencies = ['orjson']\n# ///\ndef tasks(): return [1]\ndef task(a): pass\n"


def wanted(experiments, builds, pythons=("3.14",), monkeypatch=None):
    """{build: [(requirement, path)]} of experiments, all with these builds."""
    defaults = {"packages": [], "workloads": ["noop"], "pythons": list(pythons)}
    settings = {
        "pythons": list(pythons),
        "experiments": [{"name": str(place), **defaults, **each} for place, each in enumerate(experiments)],
    }
    found = find_wanted(settings, {each["name"]: builds for each in settings["experiments"]})
    return {name: [(each.text, each.path) for each in listed] for name, listed in found.items()}


def build(name="3.14", *requires):
    return Build(name, ("python",), {}, {}, requires=requires)


def test_builds_without_requirements_are_left_as_they_are():
    assert wanted([{}], [build()]) == {}


def test_requirements_of_all_experiments_of_a_build_are_joined():
    assert wanted([{"packages": ["numpy"]}, {"packages": ["joblib", "numpy"]}], [build()]) == {
        "3.14": [("numpy", ["experiments", 0, "packages", 0]), ("joblib", ["experiments", 1, "packages", 0])]
    }


def test_a_builds_own_requirement_replaces_the_common_one():
    entry = {"name": "old", "like": "3.14", "packages": ["numpy==2.3.*"]}
    both = [build(), build("old", "numpy==2.3.*")]
    found = wanted([{"packages": ["numpy==2.4.*", "joblib"]}], both, ["3.14", entry])
    assert [text for text, _ in found["3.14"]] == ["numpy==2.4.*", "joblib"]
    assert found["old"] == [
        ("joblib", ["experiments", 0, "packages", 1]),
        ("numpy==2.3.*", ["experiments", 0, "pythons", 1, "packages"]),
    ]


def test_a_workload_file_adds_what_it_declares(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(DECLARES)
    found = wanted([{"workloads": ["noop", "./mine.py"], "packages": ["numpy"]}], [build()])
    assert found["3.14"][1] == ("orjson", ["experiments", 0, "workloads", 1])


class Refuses(Environments):
    """Refuses each build with the same error."""

    def __init__(self, error):
        self.error = error

    def equip(self, build, texts):
        raise self.error


@pytest.mark.parametrize(
    ("error", "mistake"),
    [
        (
            installers.RequirementError("there is no version of JobLib==9"),
            (["experiments", 0, "packages", 1], "no packages for 3.14, 3.14t: there is no version of JobLib==9."),
        ),
        (
            ProbeError("its Python does not start"),
            (
                ["experiments", 0, "packages", 0],
                "cannot install the packages of 3.14, 3.14t: its Python does not start. The same command goes on when this is mended.",
            ),
        ),
        (
            installers.InstallError("the disk is full"),
            (
                ["experiments", 0, "packages", 0],
                "cannot install the packages of 3.14, 3.14t: the disk is full. The same command goes on when this is mended.",
            ),
        ),
    ],
)
def test_what_is_refused_for_all_builds_is_said_once(error, mistake):
    builds = {"e": [build(), build("3.14t")]}
    experiment = {"name": "e", "packages": ["numpy", "joblib==9"], "workloads": ["noop"], "pythons": []}
    settings = {"pythons": [], "experiments": [experiment]}
    assert packages.equip(settings, builds, Refuses(error)) == (builds, [mistake])


@pytest.fixture
def complete(tmp_path, monkeypatch, probed_once):
    """The request of a config in a folder with wheels of demo 1.0 and 2.0."""
    monkeypatch.chdir(tmp_path)
    for version in ("1.0", "2.0"):
        make_wheel(tmp_path / "wheels", "demo", version)
    (tmp_path / "mine.py").write_text("import demo\ndef tasks(n=1): return [demo.version] * n\ndef task(a): return a\n")

    def make(installs=True, files=(), **changes):
        index = {"find_links": "wheels", "offline": True}
        experiments = [{"name": "e", "workloads": ["./mine.py"], "backends": ["sequential"]}]
        names = request.read_names(
            {"machine": "m", "packages_index": index, "experiments": experiments, **changes}, files
        )
        return request.complete(names, installs=installs)

    return make


@pytest.mark.slow
def test_package_versions_are_an_axis(complete):
    old = {"name": "old demo", "like": "current", "packages": ["demo==1.*"]}
    made = complete(packages=["demo"], pythons=["current", old])
    versions = [build.facts["packages"]["demo"]["version"] for build in made.builds["e"]]
    assert [build.name for build in made.builds["e"]][1:] == ["old demo"]
    assert versions == ["2.0", "1.0"]
    assert len({build.fingerprint for build in made.builds["e"]}) == 2


@pytest.mark.slow
def test_sweeps_with_other_packages_keep_their_facts(complete):
    def describe(*packages):
        made = plan.make(complete(packages=[*packages]), None)
        (name,) = (name for name in made.facts if name.startswith("pythons/"))
        (listed,) = json.loads(Path(made.file).read_text().splitlines()[0])["plan"]["builds"]
        assert listed == f"{name}.json"
        return name, {each: facts["version"] for each, facts in json.loads(made.facts[name])["packages"].items()}

    old, new = describe("demo<2"), describe("demo")
    assert (old[1], new[1]) == ({"demo": "1.0"}, {"demo": "2.0"})
    assert old[0] != new[0]
    assert describe("demo<2") == old


@pytest.mark.slow
def test_parameters_are_checked_with_the_packages(complete):
    experiments = [{"name": "e", "workloads": [{"./mine.py": {"n": 0}}], "backends": ["sequential"]}]
    assert complete(False, packages=["demo"], experiments=experiments).notes[0].endswith("would install demo")
    with pytest.raises(config.ConfigError, match=r"tasks\(n=0\) returns no tasks"):
        complete(packages=["demo"], experiments=experiments)


@pytest.mark.slow
def test_requirements_that_nothing_satisfies_have_their_line(complete, tmp_path):
    (tmp_path / "my.yaml").write_text("x: 1\npackages:\n  - demo\n  - demo==9\n")
    with pytest.raises(config.ConfigError) as caught:
        complete(files=["my.yaml"], packages=["demo", "demo==9"])
    (mistake,) = caught.value.mistakes
    assert mistake.startswith("my.yaml:4: packages[1]: no packages for ")
    assert "demo==9" in mistake
