"""What several tests share: the builds of this machine, records and tables made by hand."""

import shutil

import pytest
import yaml
from gil_scaling.plan import builds
from gil_scaling.plan.prober import Prober

from tests.support import ROOT, find_build, run_python
from tests.tiny_sweep import TINY

BUILDS = ("3.9", "3.12", "3.14", "3.14t")


def pytest_addoption(parser):
    parser.addoption("--fix", action="store_true", help="rewrite the parts of the READMEs that are made from the code")


@pytest.fixture(scope="session", params=BUILDS)
def build(request, tmp_path_factory):
    """Each of the builds that the measuring side must run in."""
    return find_build(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def free_threaded(tmp_path_factory):
    return find_build("3.14t", tmp_path_factory)


@pytest.fixture(scope="session")
def this_build(tmp_path_factory):
    prober = Prober(tmp_path_factory.getbasetemp() / "probes.json")
    return builds.find({"name": "current"}, prober)


@pytest.fixture
def clone(tmp_path):
    """A copy of the workflow in a folder of its own, with a space in its path."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("config", "scripts", "Snakefile"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


@pytest.fixture
def snakemake(clone):
    """Runs Snakemake in the clone on the tiny sweep with these changes to it."""

    def call(*arguments, name="tiny", **changes):
        path = clone / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**TINY, **changes}))
        command = ["-m", "snakemake", "--cores", "2", *arguments, "--configfile", str(path)]
        return run_python(*command, cwd=clone)

    return call
