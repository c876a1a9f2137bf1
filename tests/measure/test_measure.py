from types import SimpleNamespace

import pytest
from gil_scaling.measure import digest, run, worker
from gil_scaling.measure.job import Job, Outcome
from gil_scaling.measure.workload import Workload, load, load_backend
from gil_scaling.plan import catalog

from tests.measure.running import counted, measure

PARTING = ["thread", "process", "process_fork", "process_spawn", "process_forkserver", "interpreter"]


@pytest.mark.parametrize("start", ["natural", "together"])
@pytest.mark.parametrize("backend", PARTING)
def test_worker_i_begins_with_task_i(backend, start, build, tmp_path):
    params = {"n": 10, "count": 6}
    result = measure(build, tmp_path, backend=backend, workers=4, params=params, start=start)
    if result.status == "unsupported":
        pytest.skip(result.reason)
    for sample in result.measured["samples"]:
        assert sample["tasks"]["worker"][:4] == [0, 1, 2, 3]
        assert sample["workers_used"] == 4


TOGETHER = [name for name in catalog.names(catalog.BACKENDS) if load_backend(name).together and name != "sequential"]


@pytest.mark.parametrize("backend", TOGETHER)
def test_all_workers_are_there_before_a_together_start(backend, build, tmp_path):
    result = measure(build, tmp_path, backend=backend, workers=3, start="together", params={"n": 10, "count": 7})
    if result.status == "unsupported":
        pytest.skip(result.reason)
    assert result.status == "ok", result.stderr
    assert {sample["workers"] for sample in counted(result)} == {3}


@pytest.mark.parametrize("backend", ["thread", "process"])
def test_the_default_is_one_worker_for_each_task(backend, this_build, tmp_path):
    result = measure(this_build, tmp_path, backend=backend, workers="default", params={"n": 10, "count": 3})
    assert [(s["workers"], s["workers_used"]) for s in counted(result)] == [(3, 3)] * 2


def test_the_default_of_a_pool_is_its_own(this_build, tmp_path):
    result = measure(this_build, tmp_path, backend="thread_pool", workers="default")
    assert counted(result)[0]["workers"] > 4


@pytest.mark.parametrize(
    ("backend", "method"),
    [("process_fork", "fork"), ("process_spawn", "spawn"), ("process_forkserver", "forkserver")],
)
def test_the_start_method_is_the_backend_s(backend, method, build, tmp_path):
    assert counted(measure(build, tmp_path, backend=backend))[0]["start_method"] == method


def test_the_start_method_of_process_is_the_build_s_default(build, tmp_path):
    version = tuple(map(int, build.facts["version"].split(".")[:2]))
    found = counted(measure(build, tmp_path, backend="process"))[0]["start_method"]
    assert found == ("forkserver" if version >= (3, 14) else "fork")


def test_the_peak_of_a_spawned_worker_is_its_own_and_not_its_parent_s(build, tmp_path):
    path = tmp_path / "heavy.py"
    path.write_text("def tasks():\n    held = b'x' * 200_000_000\n    return [1, 2]\ndef task(a): return a\n")
    heavy = {"workload": "heavy", "reference": str(path), "params": {}}
    (alone,) = counted(measure(build, tmp_path, **heavy))[0]["worker_peak_mb"]
    spawned = counted(measure(build, tmp_path, backend="process_spawn", **heavy))[0]["worker_peak_mb"]
    assert max(spawned) < 100 < 190 < alone


def test_weak_scaling_runs_the_whole_list_once_for_each_worker(this_build, tmp_path):
    result = measure(this_build, tmp_path, backend="thread", scaling="weak", workers=3)
    assert [len(sample["tasks"]["index"]) for sample in result.measured["samples"]] == [15] * 3


@pytest.mark.parametrize("backend", ["thread", "sequential", "asyncio", "thread_pool", "asyncio_to_thread"])
def test_workers_of_one_process_append_to_one_list(backend, build, tmp_path):
    params = {"n": 50, "count": 5}
    result = measure(build, tmp_path, backend=backend, workload="shared_append", params=params)
    assert [sample["metrics"] for sample in counted(result)] == [{"items_in_parent": 250}] * 2


@pytest.mark.parametrize("backend", ["process", "process_pool"])
def test_processes_leave_the_parent_s_list_empty(backend, build, tmp_path):
    params = {"n": 50, "count": 5}
    result = measure(build, tmp_path, backend=backend, workload="shared_append", params=params)
    assert [sample["metrics"] for sample in counted(result)] == [{"items_in_parent": 0}] * 2


def test_above_1000_tasks_each_worker_keeps_a_summary(this_build, tmp_path):
    result = measure(this_build, tmp_path, backend="thread", workload="noop", params={"count": 1001})
    (sample, _) = counted(result)
    assert sample["tasks"] is None
    assert sum(worker["count"] for worker in sample["task_summary"]) == 1001
    for one in sample["task_summary"]:
        assert one["quantiles_s"] == sorted(one["quantiles_s"])
        assert len(one["quantiles_s"]) == 5


OWN = """
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
def test_a_user_s_file_with_classes_and_a_module_beside_it_is_a_workload(backend, build, tmp_path):
    (tmp_path / "my work").mkdir()
    path = tmp_path / "my work" / "own.py"
    path.write_text(OWN)
    (path.parent / "helper.py").write_text("def twice(n):\n    return 2 * n\n")
    result = measure(build, tmp_path, backend=backend, workload="own", reference=str(path), params={"n": 4})
    if result.status == "unsupported":
        pytest.skip(result.reason)
    assert (result.status, result.reason) == ("ok", None), result.stderr


@pytest.mark.parametrize("backend", catalog.names(catalog.BACKENDS))
def test_a_task_that_raises_fails_the_run(backend, this_build, tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("def tasks(): return [1, 2, 3]\ndef task(a):\n    if a == 3: raise ValueError('no three')\n")
    result = measure(this_build, tmp_path, backend=backend, workload="bad", reference=str(path), params={})
    if result.status == "unsupported":
        pytest.skip(result.reason)
    assert result.status == "failed"
    assert "no three" in result.reason
    assert "measured" not in vars(result)


def test_a_worker_that_dies_is_told_by_its_number_and_exit_code(this_build, tmp_path):
    path = tmp_path / "dies.py"
    path.write_text("import os\ndef tasks(): return [1, 2]\ndef task(a):\n    if a == 2: os._exit(7)\n")
    result = measure(this_build, tmp_path, backend="process", workload="dies", reference=str(path), params={})
    assert (result.status, result.reason.endswith("worker 1 died with exit code 7")) == ("failed", True)


def test_results_that_differ_from_the_expected_digest_are_wrong(this_build, tmp_path):
    result = measure(this_build, tmp_path, expected="0" * 64)
    assert result.status == "wrong_result"
    assert "in sequence it is 000000000000" in result.reason


def test_results_that_depend_on_the_backend_are_wrong(this_build, tmp_path):
    path = tmp_path / "told.py"
    source = "import threading\ndef tasks(): return [1]\ndef task(a): return threading.current_thread().name\n"
    path.write_text(source)
    result = measure(this_build, tmp_path, backend="thread", workload="told", reference=str(path), params={})
    assert result.status == "wrong_result"


def test_a_check_that_raises_makes_the_result_wrong(this_build, tmp_path):
    path = tmp_path / "checked.py"
    path.write_text(
        "def tasks(): return [1]\ndef task(a): return a\ndef check(results, arguments): raise ValueError(f'{results}?')\n"
    )
    result = measure(this_build, tmp_path, workload="checked", reference=str(path), params={})
    assert (result.status, result.reason) == ("wrong_result", "ValueError: [1]?")


def test_metrics_are_what_json_can_hold(this_build, tmp_path):
    path = tmp_path / "odd.py"
    path.write_text(
        "def tasks(): return [1]\ndef task(a): return a\n"
        "def metrics(*_): return {'n': 1, 'x': 0.5, 'nan': float('nan'), 'list': [float('inf')], 'word': 'w', 'none': None}\n"
    )
    (found, _) = counted(measure(this_build, tmp_path, workload="odd", reference=str(path), params={}))
    expected = {"n": 1, "x": 0.5, "nan": None, "list": "[inf]", "word": "w", "none": None}
    assert found["metrics"] == expected


def test_metrics_are_what_a_record_can_hold(this_build, tmp_path):
    path = tmp_path / "odd.py"
    path.write_text(
        "def tasks(): return [1]\ndef task(a): return a\n"
        "def metrics(*_): return {'n' * 300: 10**19, 'word': '\\x1b\\r', 'long': 'x' * 20_000}\n"
    )
    (found, _) = counted(measure(this_build, tmp_path, workload="odd", reference=str(path), params={}))
    assert found["metrics"] == {"n" * 250: 10**19, "word": r"\x1b\r", "long": "x" * 10_000}


class Clock:
    """A clock that moves only when the task moves it."""

    def __init__(self):
        self.now = 42.0

    def __call__(self):
        return self.now


def test_a_task_is_timed_from_its_start_to_its_end(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(worker, "perf_counter", clock)
    monkeypatch.setattr(worker, "thread_time", lambda: clock() / 2)

    def task(seconds):
        clock.now += seconds
        return seconds

    workload = SimpleNamespace(task=task, has_shared=False)
    report = worker.Report("w")
    pairs = enumerate([1.0, 4.0])
    setting, shared = worker.Setting(workload, None), worker.Shared(workload)
    used = lambda: (clock.now, 30, None, 9.0)  # noqa: E731
    results = worker.work_through(setting, pairs, shared, report, used, began=(40.0, 10, None, 8.0))
    assert results == [(0, 1.0), (1, 4.0)]
    assert report.tasks == [(0, 42.0, 43.0, 0.5), (1, 43.0, 47.0, 2.0)]
    assert report.used == (7.0, 20, None, 9.0)


def test_the_phases_of_a_sample_are_told_from_its_tasks():
    first, second = worker.Report("a"), worker.Report("b")
    first.tasks, first.used = [(0, 11.0, 14.0, 2.0)], (2.5, 1, 10, 30.0)
    second.tasks, second.used = [(1, 12.0, 18.0, 3.0)], (3.5, 2, 20, 40.0)
    outcome = Outcome([first, second], [(1, "y"), (0, "x")], workers=2)
    assert outcome.results == ["x", "y"]
    times = run._times(outcome, began=10.0, ended=20.0)
    names = ("total_s", "startup_s", "work_s", "teardown_s", "cpu_s", "task_cpu_s", "workers_used")
    assert [times[name] for name in names] == [10.0, 1.0, 7.0, 2.0, 6.0, 5.0, 2]
    assert (times["voluntary_switches"], times["involuntary_switches"]) == (3, 30)
    assert times["worker_peak_mb"] == [30.0, 40.0]


@pytest.mark.parametrize(
    ("home", "on_now", "counts"), [("here", False, False), ("here", True, True), ("elsewhere", False, True)]
)
def test_a_gil_that_an_import_turned_on_for_a_moment_does_not_count(home, on_now, counts, monkeypatch):
    monkeypatch.setattr(run, "gil_enabled", lambda: on_now)
    report = worker.Report("w")
    report.gil_after = True
    report.home = report.home if home == "here" else None
    assert run._gil_after([report]) == [counts]


def test_the_reports_of_a_pool_s_tasks_are_joined_by_worker():
    reports = []
    for key, index, start, cpu in (("b", 0, 5.0, 1.0), ("a", 1, 4.0, 2.0), ("b", 2, 6.0, 3.0)):
        report = worker.Report(key)
        report.tasks, report.used = [(index, start, start + 1, 0.1)], (cpu, 0, 0, 0.0)
        report.gil_before, report.gil_after = index > 1, index == 2
        reports.append((report, [(index, f"result {index}")]))
    outcome = Outcome.of_pool(reports, workers=4)
    joined = [(one.key, [task[0] for task in one.tasks], one.used[0]) for one in outcome.reports]
    assert joined == [("a", [1], 2.0), ("b", [0, 2], 3.0)]
    assert [(one.gil_before, one.gil_after) for one in outcome.reports] == [(False, False), (False, True)]
    assert outcome.results == ["result 0", "result 1", "result 2"]


def test_the_samples_follow_the_warm_ups_and_memory_is_read_last(monkeypatch):
    events = []
    backend = SimpleNamespace(
        run=lambda job: events.append("sample") or _outcome(job), kind="sequential", together=True, by_hand=None
    )
    load("noop")
    monkeypatch.setattr(run.workloads, "load_backend", lambda name: backend)
    monkeypatch.setattr(run.gc, "collect", lambda: events.append("collect"))
    spec = {
        "backend": "b",
        "backend_params": {},
        "backend_reference": "b",
        "reference": "noop",
        "workload": "noop",
        "switch_interval_s": None,
        "params": {"count": 1},
        "workers": 1,
        "scaling": "strong",
        "start": "natural",
        "warmups": 1,
        "repeats": 2,
        "expected": None,
        "thread_limits": ["OMP_NUM_THREADS"],
    }
    measured = run.run(spec, events.append)
    assert events == [*["collect", "sample"] * 3, "memory_begin", "collect", "sample", "memory_end"]
    assert [sample["warmup"] for sample in measured["samples"]] == [True, False, False]


def _outcome(job: Job):
    report = worker.Report("w")
    done = worker.work_through(job.setting, enumerate(job.arguments), job.shared, report)
    return Outcome([report], done, workers=1)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ([1, 2], [1, 2], True),
        ([1, 2], [2, 1], False),
        ([1], [1.0], False),
        ([[1], 2], [[1, 2]], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({3, 1, 2}, {1, 2, 3}, True),
        ("1", 1, False),
        (b"x", "x", False),
        (None, "None", False),
    ],
)
def test_digests_are_equal_for_equal_values_only(one, other, equal):
    assert (digest.digest(one) == digest.digest(other)) == equal


def test_a_result_without_a_stable_form_has_no_digest():
    with pytest.raises(TypeError, match=r"results of type object have no stable form: add a check\(\)"):
        digest.digest([object()])


def test_a_workload_crosses_a_pickle_as_its_name():
    import pickle

    workload = load("noop")
    assert pickle.loads(pickle.dumps(workload)) is workload


def test_a_workload_without_task_is_refused():
    with pytest.raises(TypeError, match="workload 'w' lacks the function 'task'"):
        Workload("w", SimpleNamespace(tasks=lambda: [1]))


def test_a_failing_workload_of_a_path_leaves_no_module_behind(tmp_path):
    import sys

    path = tmp_path / "breaks_on_import.py"
    path.write_text("raise RuntimeError('here')\n")
    with pytest.raises(RuntimeError, match="here"):
        load(str(path))
    assert "breaks_on_import" not in sys.modules
