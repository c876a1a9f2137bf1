import pickle
import sys
from functools import partial, wraps
from types import SimpleNamespace

import pytest
from gil_scaling.measure.workload import Workload, load
from gil_scaling.plan import catalog

from tests.measure.running import measure_file


def test_workload_is_pickled_as_its_name():
    workload = load("noop")
    assert pickle.loads(pickle.dumps(workload)) is workload


def test_workload_without_task_is_refused():
    with pytest.raises(TypeError, match="workload 'w' lacks the function 'task'"):
        Workload("w", SimpleNamespace(tasks=lambda: [1]))


@pytest.mark.parametrize("name", ["check", "shared", "metrics", "context"])
def test_name_of_a_hook_that_is_no_function_is_refused(name):
    module = SimpleNamespace(tasks=list, task=print, **{name: 5})
    message = f"'{name}' of workload 'w' is 5, not a function: rename it, or see the README"
    with pytest.raises(TypeError, match=f"^{message}$"):
        Workload("w", module)


async def asynchronous(*given):
    return given


@pytest.mark.parametrize("name", ["tasks", "context", "shared", "before_sample", "check", "metrics"])
def test_hook_that_nothing_awaits_is_refused(name):
    module = SimpleNamespace(**{"tasks": list, "task": print, name: asynchronous})
    message = f"'{name}' of the workload is `async def`, but nothing awaits it: make it a plain function"
    with pytest.raises(TypeError, match=f"^{message}$"):
        Workload("w", module)


def test_tasks_that_return_no_list_are_refused():
    workload = Workload("w", SimpleNamespace(tasks=lambda: None, task=print))
    with pytest.raises(TypeError) as caught:
        workload.tasks({})
    assert str(caught.value) == "tasks() returned None: it must return the list of the tasks' arguments"


def test_context_that_is_no_context_manager_is_refused():
    workload = Workload("w", SimpleNamespace(tasks=list, task=print, context=lambda n=1: {"n": n}))
    with pytest.raises(TypeError) as caught:
        workload.open_context({})
    assert str(caught.value) == (
        "context() returned a dict: it must return a context manager, as a function does that yields once under "
        "`@contextlib.contextmanager`"
    )


def test_hook_with_other_parameters_is_refused():
    workload = Workload("w", SimpleNamespace(tasks=list, task=print, metrics=lambda a, b, c, d: {}))
    message = (
        "'metrics' of the workload takes 4 arguments, but is called with 2: results, arguments and what the tasks share. "
        "Rename it if it is not meant for this"
    )
    with pytest.raises(TypeError, match=f"^{message}$"):
        workload.call_hook("metrics", [], [])


class Callable:
    def __call__(self, results, n=2):
        return results


class AsyncCallable:
    async def __call__(self, argument):
        return argument


@pytest.mark.parametrize(
    "hook",
    [
        lambda results: results,
        lambda *given: given[0],
        partial(lambda factor, results: results, 2),
        Callable(),
        Callable().__call__,
        wraps(len)(lambda *given: given[0]),
        sorted,
    ],
)
def test_hook_may_be_any_callable(hook):
    workload = Workload("w", SimpleNamespace(tasks=list, task=print, check=hook))
    assert workload.call_hook("check", [1]) == [1]


def test_tasks_may_be_any_callable():
    workload = Workload("w", SimpleNamespace(tasks=partial(lambda n, context: [n, context]), task=print))
    assert workload.tasks({"n": 1}, context=2, workers=3) == [1, 2]


async def coroutine(argument):
    return argument


@pytest.mark.parametrize(
    ("task", "is_coroutine"),
    [
        (coroutine, True),
        (partial(coroutine), True),
        (wraps(coroutine)(lambda *given: coroutine(*given)), True),
        (AsyncCallable(), True),
        (AsyncCallable().__call__, True),
        (print, False),
        (lambda a: a, False),
        (Callable(), False),
    ],
)
def test_task_that_gives_a_coroutine_is_recognized(task, is_coroutine):
    workload = Workload("w", SimpleNamespace(tasks=list, task=task))
    assert (workload.is_coroutine, workload.task_async is task) == (is_coroutine, is_coroutine)


def test_failing_import_leaves_no_module_behind(tmp_path):
    path = tmp_path / "breaks_on_import.py"
    path.write_text("raise RuntimeError('here')\n")
    with pytest.raises(RuntimeError, match="here"):
        load(str(path))
    assert "breaks_on_import" not in sys.modules


CUSTOM = """
import helper

class Thing:
    def __init__(self, n):
        self.n = n
    def __repr__(self):
        return f"Thing({self.n})"

def tasks(n=3):
    return [Thing(i) for i in range(n)]

def task(thing):
    return Thing(helper.twice(thing.n))
"""


@pytest.mark.parametrize("backend", catalog.names(catalog.BACKENDS))
def test_custom_file_may_have_classes_and_import_neighbours(backend, build, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "helper.py").write_text("def twice(n):\n    return 2 * n\n")
    result = measure_file(build, folder, CUSTOM, backend=backend, params={"n": 4})
    assert (result.status, result.reason) == ("ok", None), result.stderr


def test_own_modules_hide_installed_ones_only(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("def tasks(): return []\ndef task(a): pass\n")
    monkeypatch.setattr(sys, "path", ["lib", "lib/site-packages", "more"])
    load(str(tmp_path / "mine.py"))
    assert sys.path == ["lib", str(tmp_path), "lib/site-packages", "more"]
