import ast
import subprocess
import sys
from pathlib import Path

import pytest
from gil_scaling.launch import environment

PACKAGE = Path("scripts/gil_scaling")
SOURCES = sorted(PACKAGE.rglob("*.py"))
MEASURE = [path for path in SOURCES if "measure" in path.parts]
ANALYSIS = [path for path in SOURCES if "analysis" in path.parts]
PLAN = [path for path in SOURCES if "plan" in path.relative_to(PACKAGE).parts[:1]]
LAUNCH = [path for path in SOURCES if "launch" in path.parts]


def imported(path):
    """The full names of all modules that a file imports, anywhere in it."""
    return imported_by(ast.parse(path.read_text()))


def imported_by(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def of_ours(path, *allowed):
    return {
        name
        for name in imported(path)
        if name.startswith("gil_scaling.") and not any(name == one or name.startswith(f"{one}.") for one in allowed)
    }


def foreign(path):
    ours = {"gil_scaling", "_remote_debugging"}  # this one is in the standard library, from 3.14 on
    return {name.partition(".")[0] for name in imported(path)} - sys.stdlib_module_names - ours


CONTRACT = (
    "gil_scaling.quick_json",
    "gil_scaling.record",
    "gil_scaling.result_set",
    "gil_scaling.stopping",
    "gil_scaling.text",
    "gil_scaling.value_types",
)


@pytest.mark.parametrize("path", MEASURE, ids=str)
def test_measure_imports_itself_and_the_standard_library(path):
    assert not of_ours(path, "gil_scaling.measure", *CONTRACT)
    assert path.parent.name in ("workloads", "backends") or not foreign(
        path
    )  # these import packages, but not at the top


@pytest.mark.parametrize("path", ANALYSIS, ids=str)
def test_analysis_imports_itself_and_the_contract(path):
    assert not of_ours(path, "gil_scaling.analysis", "gil_scaling.decode", *CONTRACT)


# Rooms of the analysis, from the top floor down; a file beside them is on the floor below the tables, the package itself above all.
FLOORS = ("report", "figures", "tables")


@pytest.mark.parametrize("path", ANALYSIS, ids=str)
def test_analysis_imports_only_downwards(path):
    room = path.relative_to(PACKAGE / "analysis").parts[0]
    above = FLOORS[: FLOORS.index(room)] if room in FLOORS else ("report", "figures")
    above = above if room in (*FLOORS, "exchange") else () if room == "__init__.py" else FLOORS
    assert not [name for name in imported(path) for floor in above if name.startswith(f"gil_scaling.analysis.{floor}")]


@pytest.mark.parametrize("path", PLAN, ids=str)
def test_plan_imports_no_analysis(path):
    assert not [name for name in imported(path) if name.startswith("gil_scaling.analysis")]


def test_the_snakefile_has_at_most_200_lines():
    assert len(Path("Snakefile").read_text().splitlines()) <= 200


@pytest.mark.parametrize("path", LAUNCH, ids=str)
def test_launcher_needs_no_installed_package(path):
    assert not foreign(path)
    assert not of_ours(path, "gil_scaling.launch", "gil_scaling.__version__", *CONTRACT)


def test_launcher_imports_nothing_that_takes_long():
    program = "import sys; from gil_scaling.launch.__main__ import run; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {environment.SCRIPTS!r}); {program}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "gil_scaling.record" in done.stdout.split()
    assert not {"collections", "ctypes", "enum", "functools", "json", "re", "runpy", "typing"} & set(
        done.stdout.split()
    )


def test_contract_imports_itself_and_the_standard_library():
    for name in CONTRACT:
        path = PACKAGE / f"{name.partition('.')[2]}.py"
        assert not of_ours(path, *CONTRACT)
        assert not foreign(path)


def test_sweep_imports_no_files_pandas_or_snakemake():
    assert not foreign(Path("scripts/gil_scaling/plan/sweep.py"))
    assert not imported(Path("scripts/gil_scaling/plan/sweep.py")) & {"os", "pathlib", "subprocess", "io"}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_files_and_public_functions_have_docstrings(path):
    tree = ast.parse(path.read_text())
    kinds = ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    for node in [tree, *public]:
        text = ast.get_docstring(node)
        assert text, getattr(node, "name", path)
        assert text.partition("\n\n")[0].rstrip().endswith((".", "?", "`", ":", ")")), text


@pytest.mark.parametrize("path", MEASURE, ids=str)
def test_measure_imports_no_typing_at_run_time(path):
    top = ast.Module([node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.If)], [])
    uses_typing = {"interfaces.py": {"typing"}, "pattern.py": {"typing"}}
    assert imported_by(top) & {"typing", "__future__"} == uses_typing.get(path.name, set())


def test_measure_is_imported_by_each_build_without_packages(build):
    modules = [".".join(path.with_suffix("").parts[1:]) for path in MEASURE if path.name != "__main__.py"]
    modules = [name.removesuffix(".__init__") for name in modules]
    program = f"import importlib, sys\nsys.path.insert(0, {environment.SCRIPTS!r})\nfor name in {modules!r}: importlib.import_module(name)"
    done = subprocess.run([build.command[0], "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


WORKERS = "processes", "threads", "backends.thread", "backends.interpreter", "backends.interpreter_pool"


def test_worker_imports_only_measure_and_resource(build):
    needed = "collections, contextlib, importlib, multiprocessing.connection, multiprocessing.context, threading, time"
    program = (
        f"import sys\nsys.path.insert(0, {environment.SCRIPTS!r})\nimport {needed}\nbefore = set(sys.modules)\n"
        f"import {', '.join(f'gil_scaling.measure.{name}' for name in WORKERS)}\n"
        "from gil_scaling.measure.workload import load\nload('noop')\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('gil_scaling')))"
    )
    done = subprocess.run([build.command[0], "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() in ([], ["resource"])  # for the context switches


@pytest.mark.parametrize("path", sorted(Path("tests").rglob("test_*.py")), ids=str)
def test_names_of_tests_have_at_most_60_characters(path):
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    names = [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)]
    assert [name for name in names if name.startswith("test_") and len(name) > 60] == []
