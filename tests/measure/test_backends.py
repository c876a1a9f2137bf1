import ast
import os
import re
from pathlib import Path

import pytest
from gil_scaling.measure.workload import load_backend
from gil_scaling.plan import catalog

from tests.measure.running import measure, measure_file, measure_supported
from tests.support import run_python

NAMES = catalog.names(catalog.BACKENDS)
KINDS = {"sequential", "threads", "processes", "interpreters", "coroutines"}


@pytest.mark.parametrize("name", NAMES)
def test_backend_declares_itself_in_literals(name):
    tree = ast.parse((catalog.BACKENDS / f"{name}.py").read_text())
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    constants = {node.targets[0].id: node.value.value for node in assigned}
    assert constants["kind"] in KINDS
    assert {type(constants["one_thread_per_gil"]), type(constants["together"])} == {bool}
    assert load_backend(name).by_hand
    assert catalog.read_backend(name, ".").snippet


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_snippet_gives_the_results_in_order(name, tmp_path):
    missing = getattr(load_backend(name), "available", lambda: None)()
    if missing:
        pytest.skip(missing)
    backend = catalog.read_backend(name, ".")
    function = "async def" if backend.kind == "coroutines" else "def"
    snippet = backend.snippet.replace("{workers}", "2")
    ending = "if __name__ == '__main__': print(results)"
    (tmp_path / "script.py").write_text(
        f"{function} task(n): return n * n\narguments = list(range(5))\n{snippet}\n{ending}\n"
    )
    done = run_python(str(tmp_path / "script.py"))
    assert (done.stdout, done.stderr) == ("[0, 1, 4, 9, 16]\n", "")


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_snippet_of_a_start_method_sets_it(method):
    assert (
        f'    multiprocessing.set_start_method("{method}")\n' in catalog.read_backend(f"process_{method}", ".").snippet
    )


@pytest.mark.parametrize("start", ["natural", "together"])
@pytest.mark.parametrize(
    "backend", ["thread", "process", "process_fork", "process_spawn", "process_forkserver", "interpreter"]
)
def test_worker_i_begins_with_task_i(backend, start, build, tmp_path):
    params = {"n": 10, "count": 6}
    result = measure_supported(build, tmp_path, backend=backend, workers=4, params=params, start=start)
    for sample in result.measured["samples"]:
        assert sample["tasks"]["worker"][:4] == [0, 1, 2, 3]
        assert sample["workers_used"] == 4


TOGETHER = [name for name in NAMES if load_backend(name).together and load_backend(name).kind != "sequential"]


@pytest.mark.parametrize("backend", TOGETHER)
def test_together_all_workers_exist_before_the_start(backend, build, tmp_path):
    params = {"n": 10, "count": 7}
    how = {"workers": 3, "start": "together"}
    result = measure_supported(build, tmp_path, backend=backend, params=params, **how)
    assert result.status == "ok", result.stderr
    assert {sample["workers"] for sample in result.measured["samples"]} == {3}


@pytest.mark.parametrize("backend", ["thread", "process"])
def test_default_is_one_worker_per_task(backend, this_build, tmp_path):
    result = measure(this_build, tmp_path, backend=backend, workers="default", params={"n": 10, "count": 3})
    assert [(sample["workers"], sample["workers_used"]) for sample in result.measured["samples"]] == [(3, 3)]


def test_default_of_a_pool_is_the_library_s(this_build, tmp_path):
    result = measure(this_build, tmp_path, backend="thread_pool", workers="default")
    assert result.measured["samples"][0]["workers"] > 4


@pytest.mark.parametrize(
    ("backend", "method"),
    [("process_fork", "fork"), ("process_spawn", "spawn"), ("process_forkserver", "forkserver"), ("process", None)],
)
def test_start_method_is_the_backend_s_or_the_default(backend, method, build, tmp_path):
    version = tuple(map(int, build.facts["version"].split(".")[:2]))
    default = "forkserver" if version >= (3, 14) else "fork"
    assert measure(build, tmp_path, backend=backend).measured["samples"][0]["start_method"] == (method or default)


def test_peak_memory_of_a_spawned_worker_excludes_the_parent(build, tmp_path):
    source = "def tasks():\n    data = b'x' * 200_000_000\n    return [1, 2]\ndef task(a): return a\n"
    (sequential,) = measure_file(build, tmp_path, source).measured["samples"][0]["worker_peak_mb"]
    spawned = measure_file(build, tmp_path, source, backend="process_spawn").measured["samples"][0]["worker_peak_mb"]
    assert max(spawned) < 100 < 190 < sequential


@pytest.mark.parametrize(
    ("backend", "items"),
    [
        *((name, 250) for name in ("thread", "sequential", "asyncio", "thread_pool", "asyncio_to_thread")),
        *((name, 0) for name in ("process", "process_pool")),
    ],
)
def test_workers_of_one_process_share_and_processes_do_not(backend, items, build, tmp_path):
    params = {"n": 50, "count": 5}
    result = measure(build, tmp_path, backend=backend, workload="shared_append", params=params, repeats=2)
    assert [sample["metrics"] for sample in result.measured["samples"]] == [{"items_in_parent": items}] * 2


def test_worker_that_dies_is_named_with_its_exit_code(this_build, tmp_path):
    source = "import os\ndef tasks(): return [1, 2]\ndef task(a):\n    if a == 2: os._exit(7)\n"
    result = measure_file(this_build, tmp_path, source, backend="process")
    assert (result.status, result.reason.endswith("worker 1 died with exit code 7")) == ("failed", True)


def test_what_a_worker_raised_is_the_reason_with_its_traceback(this_build, tmp_path):
    (tmp_path / "raises.py").write_text("def tasks(): return [1]\ndef task(a): raise KeyError('lost')\n")
    workload = {"workload": "raises", "reference": str(tmp_path / "raises.py"), "params": {}}
    result = measure(this_build, tmp_path, backend="process", **workload)
    assert (result.status, result.reason) == ("failed", "KeyError: 'lost' (in worker 0) (raises.py:2)")
    assert result.stderr.count("Traceback") == 1 and "raises.py" in result.stderr


CHUNKING = [name for name in NAMES if "chunksize" in catalog.read_backend(name, ".").parameters]


@pytest.mark.parametrize("backend", CHUNKING)
def test_tasks_of_a_chunk_run_in_one_worker(backend, build, tmp_path):
    params, backend_params = {"n": 10, "count": 9}, {"chunksize": 3}
    result = measure_supported(
        build, tmp_path, backend=backend, backend_params=backend_params, workers=3, params=params
    )
    for sample in result.measured["samples"]:
        workers = sample["tasks"]["worker"]
        assert [len(set(workers[first : first + 3])) for first in (0, 3, 6)] == [1, 1, 1]
        assert sample["tasks"]["index"] == list(range(9))


@pytest.mark.parametrize("backend", ["joblib_loky", "joblib_multiprocessing", "joblib_threading"])
def test_tasks_of_a_batch_of_joblib_run_in_one_worker(backend, this_build, tmp_path):
    params, backend_params = {"n": 10, "count": 33}, {"batch_size": 3}
    result = measure(this_build, tmp_path, backend=backend, backend_params=backend_params, workers=3, params=params)
    assert result.status == "ok", result.reason
    for sample in result.measured["samples"]:
        workers = sample["tasks"]["worker"]
        assert [len(set(workers[first : first + 3])) for first in range(6, 33, 3)] == [1] * 9
        assert sample["workers"] == 3


def test_default_of_joblib_is_a_worker_per_cpu(this_build, tmp_path):
    result = measure(this_build, tmp_path, backend="joblib_threading", workers="default")
    assert {sample["workers"] for sample in result.measured["samples"]} == {len(os.sched_getaffinity(0))}


@pytest.mark.parametrize("backend", ["process_pool", "multiprocessing_pool"])
def test_one_chunk_of_all_tasks_keeps_one_worker_busy(backend, this_build, tmp_path):
    params = {"n": 10, "count": 6}
    result = measure(this_build, tmp_path, backend=backend, backend_params={"chunksize": 6}, params=params)
    assert [(sample["workers"], sample["workers_used"]) for sample in result.measured["samples"]] == [(2, 1)]


WHO = """
import os, threading, time
cache = set()
def tasks(): return [0.01] * 4
def task(seconds):
    time.sleep(seconds)
    is_warm = bool(cache)
    cache.add(seconds)
    return os.getpid(), threading.get_ident(), is_warm
def check(*_): pass
def metrics(results, arguments): return {"workers": str(sorted({who[:2] for who in results})), "warm": str(results)}
"""
KEPT = [name for name in NAMES if "reuse" in catalog.read_backend(name, ".").parameters]


@pytest.mark.parametrize("backend", KEPT)
def test_a_kept_pool_runs_all_samples(backend, this_build, tmp_path):
    result = measure_file(this_build, tmp_path, WHO, backend=backend, backend_params={"reuse": True}, repeats=3)
    seen = [eval(sample["metrics"]["workers"]) for sample in result.measured["samples"]]
    assert len({worker for workers in seen for worker in workers}) <= 2
    assert {sample["workers"] for sample in result.measured["samples"]} == {2}


@pytest.mark.parametrize("backend", [name for name in KEPT if load_backend(name).kind == "processes"])
def test_a_pool_is_new_in_each_sample_by_default(backend, this_build, tmp_path):
    result = measure_file(this_build, tmp_path, WHO, backend=backend, repeats=2)
    first, second = ({*eval(sample["metrics"]["workers"])} for sample in result.measured["samples"])
    assert first and second and first.isdisjoint(second)


@pytest.mark.parametrize("start", ["natural", "together"])
@pytest.mark.parametrize("backend", KEPT)
def test_before_sample_runs_in_the_workers_of_a_kept_pool(backend, start, this_build, tmp_path):
    source = f"{WHO}\ndef before_sample(): cache.clear()\n".replace("[0.01] * 4", "[0.01, 0.02]")
    source = source.replace("bool(cache)", "seconds in cache")
    options = {"backend_params": {"reuse": True}, "start": start, "repeats": 2}
    result = measure_file(this_build, tmp_path, source, backend=backend, **options)
    assert ["True" in sample["metrics"]["warm"] for sample in result.measured["samples"]] == [False] * 2


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
@pytest.mark.parametrize("backend", ["process_pool", "multiprocessing_pool"])
def test_a_pool_starts_its_processes_by_the_method(backend, method, this_build, tmp_path):
    result = measure(this_build, tmp_path, backend=backend, backend_params={"start_method": method})
    assert {sample["start_method"] for sample in result.measured["samples"]} == {method}


def test_processes_that_are_replaced_stay_one_worker(this_build, tmp_path):
    options = {"chunksize": 1, "max_tasks_per_child": 1}
    result = measure_file(this_build, tmp_path, WHO, backend="multiprocessing_pool", backend_params=options)
    for sample in result.measured["samples"]:
        assert len(eval(sample["metrics"]["workers"])) == 4
        assert sample["workers_used"] == sample["workers"] == 2
        assert set(sample["tasks"]["worker"]) == {0, 1}


def test_an_option_that_the_library_rejects_is_unsupported(this_build, tmp_path):
    options = {"start_method": "fork", "max_tasks_per_child": 2}
    result = measure(this_build, tmp_path, backend="process_pool", backend_params=options)
    assert result.status == "unsupported"
    assert "ValueError: max_tasks_per_child is incompatible with the 'fork'" in result.reason


def test_asyncio_threads_distributes_tasks_round_robin(build, tmp_path):
    result = measure(build, tmp_path, backend="asyncio_threads", workers=3, params={"n": 10, "count": 7})
    for sample in result.measured["samples"]:
        assert sample["tasks"]["worker"] == [0, 1, 2, 0, 1, 2, 0]
        assert sample["tasks"]["cpu_s"] == [None] * 7
        assert sample["task_cpu_s"] > 0


# ---- custom backends

CUSTOM = """
one_thread_per_gil = False

def run(job, twice=False):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(job.workers) as pool:
        results = list(pool.map(lambda call: call(), job.calls()))
    return results * 2 if twice else results
"""


def measure_backend(build, folder, source, **changes):
    path = folder / "mine.py"
    path.write_text(source)
    return measure(build, folder, **{"backend": "mine", "backend_reference": str(path), **changes})


def test_custom_backend_returns_what_its_calls_returned(build, tmp_path):
    result = measure_backend(build, tmp_path, CUSTOM, workers=3)
    assert (result.status, result.reason) == ("ok", None)
    assert {sample["workers"] for sample in result.measured["samples"]} == {3}
    assert result.measured["samples"][0]["tasks"]["index"] == list(range(5))


def test_custom_backend_that_runs_a_task_twice_is_wrong(this_build, tmp_path):
    result = measure_backend(this_build, tmp_path, CUSTOM, backend_params={"twice": True})
    assert (result.status, result.reason) == ("wrong_result", "a task was run more than once")


def test_custom_backend_that_returns_anything_else_fails(this_build, tmp_path):
    source = "def run(job):\n    return [call()[1] for call in job.calls()]\n"
    result = measure_backend(this_build, tmp_path, source)
    assert result.status == "failed"
    assert "run() of a backend must return what its calls returned, not [(0, 4950)]" in result.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"start": "together"}, "backend 'mine' does not support `start: together`"),
        ({"workload": "exception", "params": {}}, "backend 'mine' has no hand-written form"),
    ],
)
def test_custom_backend_does_not_support_what_it_lacks(changes, reason, this_build, tmp_path):
    result = measure_backend(this_build, tmp_path, CUSTOM, **changes)
    assert (result.status, result.reason) == ("unsupported", reason)


def test_custom_backend_may_have_a_hand_written_form(this_build, tmp_path):
    by_hand = "def by_hand(task, calls, workers, consumed):\n    list(map(task, calls))\n"
    result = measure_backend(this_build, tmp_path, CUSTOM + by_hand, workload="exception", params={})
    seen = [sample["metrics"]["seen"] for sample in result.measured["samples"]]
    assert seen == ["ValueError: this task raises on purpose"]


PROCESSES = CUSTOM.replace("ThreadPoolExecutor", "ProcessPoolExecutor").replace(
    "lambda call: call(), job.calls()", "run_call, job.calls()"
)


@pytest.mark.parametrize(
    ("source", "items"), [(CUSTOM, 40), (f"from gil_scaling.measure.worker import run_call\n{PROCESSES}", 0)]
)
def test_custom_threads_share_and_custom_processes_do_not(source, items, this_build, tmp_path):
    params = {"n": 10, "count": 4}
    result = measure_backend(this_build, tmp_path, source, workload="shared_append", params=params)
    assert result.status == "ok", result.reason
    assert result.measured["samples"][0]["metrics"]["items_in_parent"] == items


@pytest.fixture
def documented_backend():
    return re.search(r"```python\n(\"\"\"joblib.*?)```", Path("config/README.md").read_text(), re.DOTALL)[1]


def test_documented_backend_runs(documented_backend, this_build, tmp_path):
    pytest.importorskip("joblib")
    result = measure_backend(this_build, tmp_path, documented_backend, switch_interval_s=0.0123)
    assert (result.status, result.reason) == ("ok", None), result.stderr
    for sample in result.measured["samples"]:
        assert sample["tasks"]["index"] == list(range(5))
        assert set(sample["switch_intervals_s"]) == {0.0123}


def test_documented_backend_needs_its_library(documented_backend):
    names = {}
    exec(documented_backend, names)
    names["find_spec"] = lambda name: None
    assert names["available"]() == "joblib is not installed in this Python"
