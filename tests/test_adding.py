"""One of each kind is added to a copy of the tree, in one place each, and appears everywhere it belongs."""

import json
import shutil

import pandas as pd
import pytest
import yaml

from tests.snakemake_calls import run_snakemake
from tests.support import ROOT, run_python
from tests.tiny_sweep import copy_workflow

pytestmark = pytest.mark.slow

PACKAGE = "scripts/gil_scaling"
WORKLOAD = '''"""Squares numbers: what it shows."""


def tasks(n=9, count=4):
    """`count` tasks that each square n."""
    return [n] * count


def task(n):
    """Squares n."""
    return n * n
'''
FIGURE = '''"""The number of combinations on each backend."""

import matplotlib.pyplot as plt

from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables

TITLE = "How many were added?"
PLACE = 5


def draw(tables: Tables) -> Drawn:
    """One bar per backend."""
    counts = tables["summary"][tables["summary"]["status"] == "ok"].value_counts("backend").reset_index()
    if counts.empty:
        raise Missing("no run was ok")
    figure, axes = plt.subplots()
    axes.bar(counts["backend"], counts["count"])
    return Drawn(figure, ["It was added."], "One bar per backend.", counts)
'''
COLUMN = """    Column("added_s", FLOAT, "s", "total_s + work_s", derive=lambda table: table["total_s"] + table["work_s"]),
"""
SWEEP = {
    "rounds": 1,
    "experiments": [
        {
            "name": "added",
            "workloads": ["added_workload"],
            "backends": ["sequential", {"added_backend": {"added_option": {"sweep": [1, 2]}}}],
            "workers": [2],
            "start": "together",
            "ceiling": False,
            "control": False,
        }
    ],
}
DRAW = """
import sys
from pathlib import Path
from gil_scaling.analysis import tables
from gil_scaling.analysis.figures.__main__ import draw_all
from gil_scaling.analysis.report.__main__ import main
folder = Path(sys.argv[1])
draw_all(tables.read(folder / "tables"), ["added"], folder / "figures", ["added_figure"])
main(folder)
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree with a workload, a backend, a figure, a table column and a ready-made sweep more."""
    folder = tmp_path_factory.mktemp("adding")
    copy_workflow(folder, figures=None)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "results").mkdir()
    for name in ("README.md", "results/README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    package = folder / PACKAGE
    (package / "measure/workloads/added_workload.py").write_text(WORKLOAD)
    backend = (package / "measure/backends/thread_pool.py").read_text()
    assert "chunksize: int = 1" in backend
    backend = backend.replace("chunksize: int = 1", "chunksize: int = 1, added_option: int = 1")
    (package / "measure/backends/added_backend.py").write_text(backend)
    (package / "analysis/figures/added_figure.py").write_text(FIGURE)
    columns = package / "analysis/columns.py"
    first = "LIMITS = (\n"
    assert columns.read_text().count(first) == 1
    columns.write_text(columns.read_text().replace(first, first + COLUMN))
    sweep = f"# What was added?\n# Takes no time.\n{yaml.safe_dump(SWEEP)}"
    (folder / "config/added_sweep.yaml").write_text(sweep)
    return folder


@pytest.fixture(scope="module")
def tested(tree):
    """The output of the tests of all of a kind, for what was added; they also make the documents from the code again."""
    files = [
        "test_docs",
        "plan/test_config",
        "measure/test_backends",
        "measure/test_conformance",
        "analysis/figures/test_figures",
    ]
    names = "the_readme_says or everything_yaml or [added_ or 3.14-added_"
    command = ["-m", "pytest", "-vv", "--fix", "-k", names, "-p", "no:cacheprovider", f"--basetemp={tree}/temporary"]
    done = run_python(*command, *(f"tests/{name}.py" for name in files), cwd=tree, PYTHONPATH=f"{tree}/scripts:{tree}")
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ("config/README.md", "| `added_workload` | Squares numbers: what it shows. |"),
        ("config/README.md", "| `added_backend` | concurrent.futures.ThreadPoolExecutor and its map. "),
        ("config/README.md", "| `added_sweep.yaml` | What was added? | Takes no time. |"),
        ("results/README.md", "| `added_figure` | How many were added? | experiment |"),
        ("results/README.md", "| `added_s` | float | s | total_s + work_s |"),
        ("config/everything.yaml", "  - added_backend\n"),
        ("config/everything.yaml", ", added_workload]"),
    ],
)
def test_documents_list_what_was_added(document, line, tested, tree):
    assert line in (tree / document).read_text()


@pytest.mark.parametrize(
    "name",
    [
        "test_workloads_run_on_each_backend_and_build[3.14-added_backend]",
        "test_backend_declares_itself_in_literals[added_backend]",
        "test_together_all_workers_exist_before_the_start[3.14-added_backend]",
        "test_tasks_of_a_chunk_run_in_one_worker[3.14-added_backend]",
        "test_a_figure_is_a_question_a_place_and_what_it_shows[added_figure]",
    ],
)
def test_tests_of_all_of_a_kind_include_what_was_added(name, tested):
    assert f"{name} PASSED" in tested or f"{name} SKIPPED" in tested  # a build that was not found


@pytest.fixture(scope="module")
def results(tree):
    """The tables of the ready-made sweep that was added, the figure that was added, and a report that holds it."""
    command = ["--cores", "2", "tables", "--configfile", "config/added_sweep.yaml", "--config", "machine=m"]
    done = run_snakemake(*command, cwd=tree)
    assert done.returncode == 0, done.stderr
    folder = tree / "results/m/added_sweep"
    done = run_python("-c", DRAW, str(folder), PYTHONPATH=f"{tree}/scripts")
    assert done.returncode == 0, done.stderr
    return folder


def test_a_sweep_of_what_was_added_is_measured(results):
    runs = pd.read_csv(results / "tables/runs.csv", keep_default_na=False)
    assert set(zip(runs["workload"], runs["backend"], runs["backend_params"], runs["status"], strict=True)) == {
        ("added_workload", "sequential", "{}", "ok"),
        ("added_workload", "added_backend", "{}", "ok"),
        ("added_workload", "added_backend", '{"added_option": 2}', "ok"),
    }
    assert set(runs["start"]) == {"natural", "together"}


def test_a_derived_column_is_in_the_summary(results):
    summary = pd.read_csv(results / "tables/summary.csv")
    assert summary["added_s"].tolist() == pytest.approx((summary["total_s"] + summary["work_s"]).tolist())


def test_a_new_figure_is_drawn_and_in_the_report(results):
    assert (results / "figures/added_figure-added.svg").stat().st_size > 1000
    answers = {entry["name"]: entry["answers"] for entry in json.loads((results / "figures/index.json").read_text())}
    assert answers["added_figure-added"] == ["It was added."]
    assert "How many were added?" in (results / "report.html").read_text()
