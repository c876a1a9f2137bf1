import ast
import re
from pathlib import Path

import pytest
from gil_scaling.measure.workload import load_backend
from gil_scaling.plan import catalog

from tests.measure.running import counted, measure

CHUNKING = [
    name for name in catalog.names(catalog.BACKENDS) if "chunksize" in catalog.read_backend(name, ".").parameters
]
KINDS = {"sequential", "threads", "processes", "interpreters", "coroutines"}


@pytest.mark.parametrize("name", catalog.names(catalog.BACKENDS))
def test_every_backend_declares_itself_in_literals(name):
    tree = ast.parse((catalog.BACKENDS / f"{name}.py").read_text())
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    constants = {node.targets[0].id: node.value.value for node in assigned}
    assert constants["kind"] in KINDS
    assert {type(constants["one_thread_per_gil"]), type(constants["together"])} == {bool}
    assert load_backend(name).by_hand


@pytest.mark.parametrize("backend", CHUNKING)
def test_the_tasks_of_a_chunk_run_in_one_worker(backend, build, tmp_path):
    params = {"n": 10, "count": 9}
    result = measure(build, tmp_path, backend=backend, backend_params={"chunksize": 3}, workers=3, params=params)
    if result.status == "unsupported":
        pytest.skip(result.reason)
    for sample in counted(result):
        workers = sample["tasks"]["worker"]
        assert [len(set(workers[first : first + 3])) for first in (0, 3, 6)] == [1, 1, 1]
        assert sample["tasks"]["index"] == list(range(9))


@pytest.mark.parametrize("backend", ["process_pool", "multiprocessing_pool"])
def test_one_chunk_of_all_tasks_keeps_one_worker_busy(backend, this_build, tmp_path):
    params = {"n": 10, "count": 6}
    result = measure(this_build, tmp_path, backend=backend, backend_params={"chunksize": 6}, params=params)
    assert [(sample["workers"], sample["workers_used"]) for sample in counted(result)] == [(2, 1)] * 2


def test_each_event_loop_of_a_thread_gathers_every_so_manyth_task(build, tmp_path):
    result = measure(build, tmp_path, backend="asyncio_threads", workers=3, params={"n": 10, "count": 7})
    for sample in counted(result):
        assert sample["tasks"]["worker"] == [0, 1, 2, 0, 1, 2, 0]
        assert sample["tasks"]["cpu_s"] == [None] * 7
        assert sample["task_cpu_s"] > 0


OWN = """
one_thread_per_gil = False

def run(job, twice=False):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(job.workers) as pool:
        found = list(pool.map(lambda call: call(), job.calls()))
    return found * 2 if twice else found
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(OWN)
    return {"backend": "mine", "backend_reference": str(path)}


def test_a_backend_of_one_s_own_returns_what_its_calls_gave(own, build, tmp_path):
    result = measure(build, tmp_path, **own, workers=3)
    assert (result.status, result.reason) == ("ok", None)
    assert {sample["workers"] for sample in counted(result)} == {3}
    assert counted(result)[0]["tasks"]["index"] == list(range(5))


def test_its_parameters_reach_it_and_results_too_many_are_wrong(own, this_build, tmp_path):
    result = measure(this_build, tmp_path, **own, backend_params={"twice": True})
    assert (result.status, result.reason) == ("wrong_result", "a task was run more than once")


def test_what_its_calls_did_not_return_is_refused(own, this_build, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def run(job):\n    return [call()[1] for call in job.calls()]\n")
    result = measure(this_build, tmp_path, **own)
    assert result.status == "failed"
    assert "run() of a backend is to return what its calls returned, not [(0, 4950)]" in result.reason


def test_a_custom_backend_does_not_start_together(own, this_build, tmp_path):
    result = measure(this_build, tmp_path, **own, start="together")
    assert (result.status, result.reason) == (
        "unsupported",
        "backend 'mine' does not support `start: together`",
    )


def test_its_threads_share_and_its_processes_do_not(own, this_build, tmp_path):
    source = Path(own["backend_reference"]).read_text()
    processes = source.replace("ThreadPoolExecutor", "ProcessPoolExecutor")
    processes = processes.replace("lambda call: call(), job.calls()", "perform, job.calls()")
    (tmp_path / "far.py").write_text(f"from gil_scaling.measure.worker import perform\n{processes}")
    seen = []
    for name in ("mine", "far"):
        where = {"backend": name, "backend_reference": str(tmp_path / f"{name}.py")}
        result = measure(this_build, tmp_path, **where, workload="shared_append", params={"n": 10, "count": 4})
        assert result.status == "ok", result.reason
        seen.append(counted(result)[0]["metrics"]["items_in_parent"])
    assert seen == [40, 0]


def test_the_backend_in_the_readme_runs(this_build, tmp_path):
    pytest.importorskip("joblib")
    source = re.search(r"```python\n(\"\"\"joblib.*?)```", Path("README.md").read_text(), re.DOTALL)[1]
    path = tmp_path / "loky.py"
    path.write_text(source)
    result = measure(this_build, tmp_path, backend="loky", backend_reference=str(path), switch_interval_s=0.0123)
    assert (result.status, result.reason) == ("ok", None), result.stderr
    for sample in counted(result):
        assert sample["tasks"]["index"] == list(range(5))
        assert set(sample["switch_intervals_s"]) == {0.0123}


def test_the_backend_in_the_readme_is_unsupported_without_its_library():
    source = re.search(r"```python\n(\"\"\"joblib.*?)```", Path("README.md").read_text(), re.DOTALL)[1]
    names = {}
    exec(source, names)
    names["find_spec"] = lambda name: None
    assert names["available"]() == "joblib is not installed in this Python"
