import hashlib
import os
import re

import pytest
from gil_scaling.plan import catalog


def test_a_module_of_a_package_is_imported_as_its_member(tmp_path):
    (tmp_path / "pack/inner").mkdir(parents=True)
    (tmp_path / "pack/__init__.py").touch()
    (tmp_path / "pack/inner/__init__.py").touch()
    (tmp_path / "pack/kernel.py").write_text("n = 1\n")
    (tmp_path / "pack/inner/mine.py").write_text(
        "from pack.kernel import n\ndef tasks(): return [1]\ndef task(a): return n\n"
    )
    by_path = catalog.read_workload("pack/inner/mine.py", tmp_path)
    assert (by_path.name, by_path.reference) == ("mine", f"{tmp_path}//pack/inner/mine.py")
    assert catalog.read_workload("pack.inner.mine", tmp_path) == by_path
    names = ["pack/inner/mine.py", "pack/inner/__init__.py", "pack/__init__.py", "pack/kernel.py"]
    assert list(by_path.files) == [str(tmp_path / name) for name in names]
    (tmp_path / "pack/kernel.py").write_text("n = 2\n")
    assert catalog.read_workload("pack.inner.mine", tmp_path).digest != by_path.digest


def test_a_module_that_does_not_exist_is_refused(tmp_path):
    message = "there is no module 'pack.mine' in the folder where Snakemake runs, nor in that of the config"
    with pytest.raises(catalog.CatalogError, match=f"^{message}$"):
        catalog.read_workload("pack.mine", tmp_path)


@pytest.mark.parametrize(
    "source",
    [
        "from elsewhere import *\n",
        "from elsewhere import tasks, task\n",
        "tasks: object = print\ntask: object = print\n",
        "try:\n    from fast import task\nexcept ImportError:\n    def task(a): pass\ndef tasks(): pass\n",
        "if True:\n    def tasks(): pass\n    class task: pass\n",
        "tasks, task = make()\n",
    ],
)
def test_functions_may_be_bound_in_any_way(source, tmp_path):
    (tmp_path / "mine.py").write_text(source)
    assert catalog.read_workload("./mine.py", tmp_path).any_parameter == ("def tasks" not in source)


@pytest.mark.parametrize(
    ("task", "is_coroutine"),
    [
        ("def task(a): pass", False),
        ("async def task(a): pass", True),
        ("async def task_async(a): pass", True),
        ("async def task_async(a): pass\ndef task(a): pass", False),
    ],
)
def test_a_workload_may_have_coroutines_only(task, is_coroutine, tmp_path):
    (tmp_path / "mine.py").write_text(f"def tasks(): return [1]\n{task}\n")
    assert catalog.read_workload("./mine.py", tmp_path).is_coroutine == is_coroutine


ARGUMENTS = "import argparse\n{}def tasks(): return [1]\ndef task(a): return a\n"


def test_a_file_that_parses_options_at_import_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text(ARGUMENTS.format("options = argparse.ArgumentParser().parse_args()\n"))
    message = "'./mine.py': line 2: the file parses sys.argv at import; move it under `if __name__ == \"__main__\":`"
    with pytest.raises(catalog.CatalogError, match=f"^{message}$"):
        catalog.read_workload("./mine.py", tmp_path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "tasks = [1, 2]\ndef task(a): return a\n",
            "line 1: tasks is [1, 2], but it must be a function that returns the list of the tasks' arguments",
        ),
        (
            "def tasks(): return [(1, 2)]\ndef task(a, b): return a\n",
            "line 2: task(a, b) is called with one item of what tasks() returns. "
            "Take a tuple as one argument and unpack it in the function",
        ),
        (
            "def tasks(): return [1]\ndef shared(): return []\nasync def task_async(a, *, b): return a\n",
            "line 3: task_async(a, *, b) is called with one item of what tasks() returns and what shared() returns. "
            "Take a tuple as one argument and unpack it in the function",
        ),
    ],
)
def test_functions_with_other_arguments_are_refused(source, message, tmp_path):
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(catalog.CatalogError) as caught:
        catalog.read_workload("./mine.py", tmp_path)
    assert str(caught.value) == f"workload './mine.py': {message}"


@pytest.mark.parametrize(
    "source",
    [
        "def task(a, b=2, *, c=3): return a\n",
        "def task(*a): return a\n",
        "if __file__:\n    def task(a): return a\nelse:\n    def task(a, b): return a\n",
        "from functools import cache\n@cache\ndef task(a, b): return a\n",
        "from functools import partial\ndef task(a, b): return a\ntask = partial(task, 1)\n",
        "from helper import shared\ndef task(a, b): return a\n",
        "from helper import *\ndef task(a, b): return a\n",
    ],
)
def test_functions_that_may_take_their_arguments_are_not(source, tmp_path):
    (tmp_path / "mine.py").write_text(f"def tasks(): return [1]\n{source}")
    assert catalog.read_workload("./mine.py", tmp_path).name == "mine"


@pytest.mark.parametrize(
    "line",
    [
        "if __name__ == '__main__':\n    argparse.ArgumentParser().parse_args()\n",
        "def main(): argparse.ArgumentParser().parse_args()\n",
        "options = argparse.ArgumentParser().parse_args([])\n",
    ],
)
def test_a_file_that_parses_options_as_a_program_is_not(line, tmp_path):
    (tmp_path / "mine.py").write_text(ARGUMENTS.format(line))
    assert catalog.read_workload("./mine.py", tmp_path).name == "mine"


def test_files_are_those_that_the_digest_covers(tmp_path):
    (tmp_path / "mine.py").write_text("import beside\ndef tasks(): pass\ntask = 1\n")
    (tmp_path / "beside.py").write_bytes(b"n = 1\r\n")
    files = catalog.read_workload("./mine.py", tmp_path).files
    assert list(files) == [str(tmp_path / "mine.py"), str(tmp_path / "beside.py")]
    assert files[str(tmp_path / "beside.py")] == hashlib.sha256(b"n = 1\r\n").hexdigest()


def test_files_of_a_backend_are_those_of_a_custom_one(tmp_path):
    (tmp_path / "mine.py").write_text("def run(job): pass\n")
    assert list(catalog.read_backend("./mine.py", tmp_path).files) == [str(tmp_path / "mine.py")]
    assert catalog.read_backend("thread", ".").files == {}


def test_arguments_that_are_positional_only_have_defaults(tmp_path):
    (tmp_path / "mine.py").write_text(
        "def tasks(n=5, /, m=3): return [n]\ndef task(a): return a\ndef run(job, size=4, /): pass\n"
    )
    assert catalog.read_workload("./mine.py", tmp_path).defaults["m"] == 3
    assert catalog.read_backend("./mine.py", tmp_path).parameters == ("size",)


def test_what_a_backend_takes_is_read_from_its_run(tmp_path):
    (tmp_path / "mine.py").write_text("one_thread_per_gil = True\ndef run(job, size=4, *, kind='a', **rest): pass\n")
    found = catalog.read_backend("./mine.py", tmp_path)
    assert (found.name, found.parameters, found.defaults) == ("mine", ("size", "kind"), {"size": 4, "kind": "a"})
    assert (found.one_thread_per_gil, found.any_parameter) == (True, True)
    assert found.reference == str(tmp_path / "mine.py")


@pytest.mark.parametrize(
    ("source", "declared"),
    [("", ("threads", False, False)), ("kind = 'processes'\ntogether = True\n", ("processes", True, False))],
)
def test_backend_declarations_are_read_from_the_file(source, declared, tmp_path):
    (tmp_path / "mine.py").write_text(f"{source}def run(job): pass\n")
    backend = catalog.read_backend("./mine.py", tmp_path)
    assert (backend.kind, backend.together, backend.one_thread_per_gil) == declared


def test_an_unknown_backend_kind_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text("kind = 'fibers'\ndef run(job): pass\n")
    message = (
        "backend './mine.py': unknown kind 'fibers'. Known: sequential, threads, processes, interpreters, coroutines"
    )
    with pytest.raises(catalog.CatalogError, match=f"^{message}$"):
        catalog.read_backend("./mine.py", tmp_path)


def test_a_built_in_backend_has_no_digest():
    assert catalog.read_backend("thread", ".").digest is None


def test_parameters_without_any_default_are_required(tmp_path):
    (tmp_path / "mine.py").write_text(
        "def tasks(context, workers, a, b, c=len, *, d): return [a]\ndef context(b=1, *, e): pass\ndef task(x): return x\n"
    )
    (tmp_path / "back.py").write_text("def run(job, a, b=1, *, c, d=2): pass\n")
    assert catalog.read_workload("./mine.py", tmp_path).required == ("a", "d", "e")
    assert catalog.read_backend("./back.py", tmp_path).required == ("a", "c")


def test_only_defaults_that_records_can_hold_are_read(tmp_path):
    (tmp_path / "mine.py").write_text(
        "def tasks(a=1, b=(1, 2), c=b'x', d={1}, e=1e999, f=2**9, g={[]: 1}, h={1: 2, 'k': 3}, i=None): return [a]\n"
        "def task(x): return x\n"
    )
    assert catalog.read_workload("./mine.py", tmp_path).defaults == {"a": 1, "b": [1, 2], "i": None}


def test_a_file_is_read_in_the_encoding_that_it_declares(tmp_path):
    (tmp_path / "mine.py").write_bytes(
        "# coding: latin-1\nimport beside\ndef tasks(a='ä'): pass\ntask = 1\n".encode("latin-1")
    )
    (tmp_path / "beside.py").write_bytes("# coding: latin-1\nb = 'ö'\n".encode("latin-1"))
    assert catalog.read_workload("./mine.py", tmp_path).defaults == {"a": "ä"}


def test_an_imported_file_that_is_not_python_is_tolerated(tmp_path):
    (tmp_path / "mine.py").write_text("import beside\ndef tasks(): pass\ntask = 1\n")
    (tmp_path / "beside.py").write_bytes(b"\xff(")
    assert catalog.read_workload("./mine.py", tmp_path).name == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("./folder.py", "'./folder.py' is not a file"),
        ("./pipe.py", "'./pipe.py' is not a file"),
        (
            "./loop.py",
            "'./loop.py' (is not a path: Symlink loop from .*|cannot be read: Too many levels of symbolic links)",
        ),
        ("~nobody.at.all/mine.py", "'~nobody.at.all/mine.py' .*"),
        (f"./{'x' * 300}.py", f"'./{'x' * 300}.py' cannot be read: File name too long"),
    ],
)
def test_unreadable_files_are_refused(tmp_path, text, message):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "loop.py").symlink_to("loop.py")
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(catalog.CatalogError, match=f"^{message}$"):
        catalog.read_workload(text, tmp_path)


@pytest.mark.parametrize(("line", "sharing"), [("", None), ('sharing = "written"\n', "written")])
def test_what_the_tasks_share_is_read_from_the_file(tmp_path, line, sharing):
    (tmp_path / "mine.py").write_text(f"{line}def tasks(): return [1]\ndef task(x): return x\n")
    assert catalog.read_workload("./mine.py", tmp_path).sharing == sharing


def test_an_unknown_kind_of_sharing_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text('sharing = "all"\ndef tasks(): return [1]\ndef task(x): return x\n')
    message = "workload './mine.py': unknown sharing 'all'. Known: own, read, written, locked"
    with pytest.raises(catalog.CatalogError, match=f"^{message}$"):
        catalog.read_workload("./mine.py", tmp_path)


MINE = "def tasks(): return [1]\ndef task(x): return x\n"


@pytest.mark.parametrize("line", ['better = {"p99_s": "lower"}', 'better: dict[str, str] = {"p99_s": "lower"}'])
def test_the_better_values_are_read_from_the_file(tmp_path, line):
    (tmp_path / "mine.py").write_text(f'{line}\ncounterpart = "other"\n{MINE}')
    workload = catalog.read_workload("./mine.py", tmp_path)
    assert (workload.better, workload.counterpart) == ({"p99_s": "lower"}, "other")


def test_a_function_called_better_declares_nothing(tmp_path):
    (tmp_path / "mine.py").write_text(f"def better(a, b): return a < b\nbetter_s: int\n{MINE}")
    workload = catalog.read_workload("./mine.py", tmp_path)
    assert (workload.better, workload.counterpart) == ({}, None)


@pytest.mark.parametrize("value", ["{'p99_s': 'less'}", "'lower'", "find()", "{1: 'lower'}", "{'p99_s': ['lower']}"])
def test_better_values_that_are_unknown_are_refused(tmp_path, value):
    (tmp_path / "mine.py").write_text(f"better = {value}\n{MINE}")
    message = (
        f"workload './mine.py': better is {value}, but must be a literal mapping of metrics to 'lower' or 'higher', such as "
        "{'p99_ms': 'lower'}"
    )
    with pytest.raises(catalog.CatalogError, match=f"^{re.escape(message)}$"):
        catalog.read_workload("./mine.py", tmp_path)


@pytest.mark.parametrize("value", ["'./other.py'", "['other']", "other"])
def test_a_counterpart_that_is_no_name_is_refused(tmp_path, value):
    (tmp_path / "mine.py").write_text(f"counterpart = {value}\n{MINE}")
    message = (
        f"workload './mine.py': counterpart is {value}, but must be the name of a workload as tables have it, such as "
        "'shared_append'"
    )
    with pytest.raises(catalog.CatalogError, match=f"^{re.escape(message)}$"):
        catalog.read_workload("./mine.py", tmp_path)


def test_counterparts_are_workloads_with_equal_parameters():
    workloads = {name: catalog.read_workload(name, ".") for name in catalog.names(catalog.WORKLOADS)}
    pairs = {name: workload.counterpart for name, workload in workloads.items() if workload.counterpart}
    assert pairs == {f"own_{what}": f"shared_{what}" for what in ("append", "attribute", "read")}
    assert all(workloads[name].defaults == workloads[other].defaults for name, other in pairs.items())
