"""Fixtures of several tests: the builds of this machine, copies of the workflow, and a finished sweep."""

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from gil_scaling.plan import builds
from gil_scaling.plan.prober import Prober

from tests.support import NEWEST, find_build, missing
from tests.tiny_sweep import copy_workflow, run_sweep

BUILDS = ("3.9", NEWEST, "3.14t")  # the oldest, the newest, and one without the GIL
STARTED = {"build", "any_build", "free_threaded", "this_build", "clone", "tiny_sweep", "browser"}
DRAWN = Path(__file__).parent / "analysis/figures"  # 394 tests, which took 60 of the 146 s of the quick ones
LONGEST = ("tests/test_machines.py", "tests/test_workflow.py", "tests/test_interruptions.py")  # of all files


NEEDS_THE_GIL = """
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "needs_the_gil", NULL, 0, NULL};
PyMODINIT_FUNC PyInit_needs_the_gil(void) { return PyModuleDef_Init(&definition); }
"""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """For `-n 3`: a file stays in one process, for its fixtures, and the longest begin first."""
    from xdist.scheduler import LoadFileScheduling

    class LongestFirst(LoadFileScheduling):
        def _assign_work_unit(self, node):
            for path in filter(self.workqueue.__contains__, reversed(LONGEST)):
                self.workqueue.move_to_end(path, last=False)
            super()._assign_work_unit(node)

    return LongestFirst(config, log)


@pytest.hookimpl(tryfirst=True)  # before pytest looks at the marks
def pytest_collection_modifyitems(items):
    """Marks tests with fixtures of STARTED, and those that draw figures, as slow."""
    for item in items:
        if not STARTED.isdisjoint(item.fixturenames) or DRAWN in item.path.parents:
            item.add_marker(pytest.mark.slow)


def pytest_addoption(parser):
    parser.addoption("--fix", action="store_true", help="rewrite the generated parts of the READMEs")


@pytest.fixture(scope="session", params=BUILDS)
def build(request, tmp_path_factory):
    """Builds in which the measuring side behaves differently."""
    return find_build(request.param, tmp_path_factory)


@pytest.fixture(scope="session", params=["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t", "3.15"])
def any_build(request, tmp_path_factory):
    """Each of the builds that the measuring side must run in."""
    return find_build(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def free_threaded(tmp_path_factory):
    return find_build("3.14t", tmp_path_factory)


@pytest.fixture(scope="session")
def this_build(tmp_path_factory):
    """The Python of the tests, or the newest build where that one is older."""
    if sys.version_info < tuple(map(int, NEWEST.split("."))):
        return find_build(NEWEST, tmp_path_factory)
    prober = Prober(tmp_path_factory.getbasetemp() / "probes.json")
    return builds.find({"name": "current"}, prober)


@pytest.fixture
def needs_the_gil(tmp_path, free_threaded):
    """The path of a workload whose tasks import an extension module that does not declare support for running without the GIL."""
    (tmp_path / "needs_the_gil.c").write_text(NEEDS_THE_GIL)
    ask = "import sysconfig; print(sysconfig.get_path('include'), sysconfig.get_config_var('EXT_SUFFIX'))"
    told = subprocess.run([*free_threaded.command, "-c", ask], capture_output=True, text=True, check=True)
    include, suffix = told.stdout.split()
    source, out = str(tmp_path / "needs_the_gil.c"), str(tmp_path / f"needs_the_gil{suffix}")
    if shutil.which("cc") is None:
        missing("a C compiler")
    subprocess.run(["cc", "-shared", "-fPIC", f"-I{include}", source, "-o", out], check=True)
    (tmp_path / "old.py").write_text("def tasks(): return [1, 2]\ndef task(a): import needs_the_gil\n")
    return str(tmp_path / "old.py")


@pytest.fixture
def clone(tmp_path):
    """A copy of the workflow in an empty folder, with a space in its path."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    copy_workflow(folder)
    return folder


@pytest.fixture
def snakemake(clone):
    """Runs Snakemake in the clone on the tiny sweep with changes; arguments as those of run_sweep."""
    return partial(run_sweep, clone)


@pytest.fixture(scope="session")
def tiny_sweep(tmp_path_factory):
    """A copy of the workflow after the whole tiny sweep, and the two calls: the sweep, and once more. Read-only."""
    folder = tmp_path_factory.mktemp("tiny") / "a clone"
    folder.mkdir()
    copy_workflow(folder, figures=None)
    first = run_sweep(folder)
    assert first.returncode == 0, first.stderr
    return SimpleNamespace(folder=folder, first=first, again=run_sweep(folder))


@pytest.fixture
def finished(tiny_sweep, clone):
    """The clone after the whole tiny sweep."""
    shutil.copytree(tiny_sweep.folder, clone, dirs_exist_ok=True)
    return clone
