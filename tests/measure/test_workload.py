import pickle
import sys
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
