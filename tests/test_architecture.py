import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

from gil_scaling.launch import environment

PACKAGE = Path("scripts/gil_scaling")
SOURCES = sorted(PACKAGE.rglob("*.py"))
MEASURE = [path for path in SOURCES if "measure" in path.parts]
ANALYSIS = [path for path in SOURCES if "analysis" in path.parts]
PLAN = [path for path in SOURCES if "plan" in path.relative_to(PACKAGE).parts[:1]]
LAUNCH = [path for path in SOURCES if "launch" in path.parts]


@cache
def parsed(path):
    return ast.parse(path.read_text())


@cache
def imported(path):
    """The full names of all modules that a file imports, anywhere in it."""
    return imported_by(parsed(path))


def wrong(paths, find):
    """{path: what is wrong with it} of the files in which something is found."""
    return {str(path): found for path in paths if (found := find(path))}


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


def test_measure_imports_itself_and_the_standard_library():
    assert wrong(MEASURE, lambda path: of_ours(path, "gil_scaling.measure", *CONTRACT)) == {}
    others = [path for path in MEASURE if path.parent.name not in ("workloads", "backends")]
    assert wrong(others, foreign) == {}  # those import packages, but not at the top


def test_analysis_imports_itself_and_the_contract():
    allowed = ("gil_scaling.analysis", "gil_scaling.decode", *CONTRACT)
    assert wrong(ANALYSIS, lambda path: of_ours(path, *allowed)) == {}


# Rooms of the analysis, from the top floor down; a file beside them is on the floor below the tables, the package itself above all.
FLOORS = ("report", "figures", "tables")


def from_above(path):
    """What a file of the analysis imports from a floor above its own."""
    room = path.relative_to(PACKAGE / "analysis").parts[0]
    above = FLOORS[: FLOORS.index(room)] if room in FLOORS else ("report", "figures")
    above = above if room in (*FLOORS, "exchange") else () if room == "__init__.py" else FLOORS
    return [name for name in imported(path) for floor in above if name.startswith(f"gil_scaling.analysis.{floor}")]


def test_analysis_imports_only_downwards():
    assert wrong(ANALYSIS, from_above) == {}


def test_plan_imports_no_analysis():
    assert wrong(PLAN, lambda path: [one for one in imported(path) if one.startswith("gil_scaling.analysis")]) == {}


def test_the_snakefile_has_at_most_200_lines():
    assert len(Path("Snakefile").read_text().splitlines()) <= 200


def test_launcher_needs_no_installed_package():
    assert wrong(LAUNCH, foreign) == {}
    assert wrong(LAUNCH, lambda path: of_ours(path, "gil_scaling.launch", "gil_scaling.__version__", *CONTRACT)) == {}


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


def without_sentence(path):
    """The file, and its public functions and classes, whose docstring is missing or does not begin with a sentence."""
    tree = parsed(path)
    kinds = ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    texts = {getattr(node, "name", "the file"): ast.get_docstring(node) or "" for node in [tree, *public]}
    ends = (".", "?", "`", ":", ")")
    return [name for name, text in texts.items() if not text.partition("\n\n")[0].rstrip().endswith(ends)]


def test_files_and_public_functions_have_docstrings():
    assert wrong(SOURCES, without_sentence) == {}


def test_measure_imports_no_typing_at_run_time():
    def typing(path):
        top = ast.Module([node for node in parsed(path).body if not isinstance(node, ast.If)], [])
        return sorted(imported_by(top) & {"typing", "__future__"})

    found = wrong(MEASURE, typing)
    uses_typing = {"interfaces.py", "pattern.py"}
    assert {Path(path).name: names for path, names in found.items()} == {name: ["typing"] for name in uses_typing}


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


def test_names_of_tests_have_at_most_60_characters():
    def long_names(path):
        functions = [node.name for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef)]
        return [name for name in functions if name.startswith("test_") and len(name) > 60]

    assert wrong(sorted(Path("tests").rglob("test_*.py")), long_names) == {}
