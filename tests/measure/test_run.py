from types import SimpleNamespace

import pytest
from gil_scaling.measure import run, worker
from gil_scaling.measure.job import Outcome
from gil_scaling.measure.workload import load
from gil_scaling.plan import catalog

from tests.measure.running import measure, measure_file

SHOWS_SLOW_IMPORTS = """
import sys
def tasks(): return [1, 2]
def task(a): return sorted({"traceback", "json"} & set(sys.modules))
def check(results, arguments): assert not any(results), results
"""


@pytest.mark.parametrize("backend", ["sequential", "thread"])
def test_a_measured_process_imports_nothing_that_takes_long(backend, build, tmp_path):
    result = measure_file(build, tmp_path, SHOWS_SLOW_IMPORTS, backend=backend)
    assert result.status == "ok", result.reason


def test_weak_scaling_runs_the_task_list_once_per_worker(this_build, tmp_path):
    result = measure(this_build, tmp_path, backend="thread", scaling="weak", workers=3)
    assert [len(sample["tasks"]["index"]) for sample in result.measured["samples"]] == [15]


def test_above_1000_tasks_each_worker_has_a_summary(this_build, tmp_path):
    result = measure(this_build, tmp_path, backend="thread", workload="noop", params={"count": 1001})
    sample = result.measured["samples"][0]
    assert sample["tasks"] is None
    assert sum(summary["count"] for summary in sample["task_summary"]) == 1001
    for summary in sample["task_summary"]:
        assert summary["quantiles_s"] == sorted(summary["quantiles_s"])
        assert len(summary["quantiles_s"]) == 5


@pytest.mark.parametrize("backend", catalog.names(catalog.BACKENDS))
def test_task_that_raises_fails_the_run(backend, this_build, tmp_path):
    source = "def tasks(): return [1, 2, 3]\ndef task(a):\n    if a == 3: raise ValueError('no three')\n"
    result = measure_file(this_build, tmp_path, source, backend=backend)
    assert result.status == "failed"
    assert "no three" in result.reason
    assert "measured" not in vars(result)


def test_check_that_raises_makes_the_result_wrong(this_build, tmp_path):
    source = "def tasks(): return [1]\ndef task(a): return a\n"
    check = "def check(results, arguments): raise ValueError(f'{results}?')\n"
    result = measure_file(this_build, tmp_path, source + check)
    assert (result.status, result.reason) == ("wrong_result", "ValueError: [1]? (custom.py:3)")


METRICS = """{
    'n': 1, 'x': 0.5, 'nan': float('nan'), 'list': [float('inf')], 'word': 'w', 'none': None,
    'm' * 300: 10**19, 'control': '\\x1b\\r', 'long': 'x' * 20_000,
}"""


def test_metrics_are_what_json_and_records_can_hold(this_build, tmp_path):
    source = f"def tasks(): return [1]\ndef task(a): return a\ndef metrics(*_): return {METRICS}\n"
    sample = measure_file(this_build, tmp_path, source).measured["samples"][0]
    expected = {"n": 1, "x": 0.5, "nan": None, "list": "[inf]", "word": "w", "none": None}
    expected |= {"m" * 250: 10**19, "control": r"\x1b\r", "long": "x" * 10_000}
    assert sample["metrics"] == expected


def test_phases_of_a_sample_follow_from_its_tasks():
    first, second = worker.Report("a"), worker.Report("b")
    first.tasks, first.usage = [(0, 11.0, 14.0, 2.0)], (2.5, 1, 10, 30.0)
    second.tasks, second.usage = [(1, 12.0, 18.0, 3.0)], (3.5, 2, 20, 40.0)
    outcome = Outcome([first, second], [(1, "y"), (0, "x")], workers=2)
    assert outcome.results == ["x", "y"]
    times = run._times(outcome, start=10.0, end=20.0)
    names = ("total_s", "startup_s", "work_s", "teardown_s", "cpu_s", "task_cpu_s", "workers_used")
    assert [times[name] for name in names] == [10.0, 1.0, 7.0, 2.0, 6.0, 5.0, 2]
    assert (times["voluntary_switches"], times["involuntary_switches"]) == (3, 30)
    assert times["worker_peak_mb"] == [30.0, 40.0]


def test_usage_of_a_sample_is_unknown_where_a_worker_s_is():
    known, unknown = worker.Report("a"), worker.Report("b")
    known.tasks, known.usage = [(0, 11.0, 14.0, 2.0)], (2.5, None, 10, 30.0)
    unknown.tasks = [(1, 12.0, 18.0, None)]
    times = run._times(Outcome([known, unknown], [(0, "x"), (1, "y")], workers=2), start=10.0, end=20.0)
    names = ("cpu_s", "task_cpu_s", "voluntary_switches", "involuntary_switches")
    assert [times[name] for name in names] == [None] * 4
    assert times["worker_peak_mb"] == [30.0, None]


@pytest.mark.parametrize(
    ("place", "on_now", "counts"), [("here", False, False), ("here", True, True), ("elsewhere", False, True)]
)
def test_gil_counts_only_if_it_stays_on(place, on_now, counts, monkeypatch):
    monkeypatch.setattr(run, "gil_enabled", lambda: on_now)
    report = worker.Report("w")
    report.gil_after = True
    report.pid = report.pid if place == "here" else None
    assert run._gil_after([report]) == [counts]


def test_samples_follow_warmups_and_memory_is_read_last(monkeypatch):
    events = []

    def execute(job):
        events.append("sample")
        report = worker.Report("w")
        return Outcome([report], worker.run_tasks(job.settings, enumerate(job.arguments), job.shared, report), 1)

    backend = SimpleNamespace(run=execute, kind="sequential", together=True, by_hand=None)
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


SORTS_IN_PLACE = """
def tasks(): return [[3, 1, 2], [2, 3, 1], [6, 5, 4]]
def task(numbers):
    was_sorted = numbers == sorted(numbers)
    numbers.sort()
    return was_sorted
def check(results, arguments): assert not any(results), results
"""
STARTS = ("natural", "together")


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("backend", catalog.names(catalog.BACKENDS))
def test_arguments_are_made_anew_for_each_sample(backend, start, this_build, tmp_path):
    result = measure_file(this_build, tmp_path, SORTS_IN_PLACE, backend=backend, start=start)
    assert (result.status, result.reason) == ("ok", None)


@pytest.mark.parametrize("backend", ["sequential", "thread"])
def test_weak_scaling_makes_the_arguments_once_per_worker(backend, this_build, tmp_path):
    result = measure_file(this_build, tmp_path, SORTS_IN_PLACE, backend=backend, scaling="weak", workers=2)
    assert (result.status, result.reason) == ("ok", None)
    assert result.measured["samples"][0]["tasks"]["index"] == list(range(6))


CACHES = """
cache = set()
def tasks(): return [1, 2, 3, 4, 5]
def before_sample(): cache.clear()
def task(argument):
    is_cached = argument in cache
    cache.add(argument)
    return is_cached
"""


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("backend", catalog.names(catalog.BACKENDS))
def test_before_sample_runs_in_every_worker(backend, start, build, tmp_path):
    check = "def check(results, arguments): assert not any(results), results\n"
    result = measure_file(build, tmp_path, CACHES + check, backend=backend, start=start)
    assert (result.status, result.reason) == ("ok", None)


@pytest.mark.parametrize("backend", ["process_spawn", "interpreter_pool"])
def test_before_sample_runs_once_per_new_worker(backend, this_build, tmp_path):
    source = "calls = 0\ndef tasks(): return [1, 2, 3, 4]\ndef task(_): return calls\ndef check(*_): pass\n"
    hook = "def before_sample():\n    global calls\n    calls += 1\n"
    metrics = "def metrics(results, arguments): return {'calls': str(results)}\n"
    result = measure_file(this_build, tmp_path, source + hook + metrics, backend=backend)
    assert [sample["metrics"] for sample in result.measured["samples"]] == [{"calls": "[1, 1, 1, 1]"}]


def test_before_sample_is_no_part_of_the_times():
    hooked, plain = worker.Report("a"), worker.Report("b")
    hooked.tasks, hooked.usage, hooked.hook = [(0, 15.0, 18.0, 2.0)], (3.5, 0, 0, 9.0), (4.0, 1.0)
    plain.tasks, plain.usage = [(1, 12.0, 16.0, 3.0)], (3.5, 0, 0, 9.0)
    times = run._times(Outcome([hooked, plain], [(0, "x"), (1, "y")], workers=2), start=10.0, end=20.0)
    assert (times["tasks"]["start_s"], times["tasks"]["end_s"]) == ([1.0, 2.0], [4.0, 6.0])
    names = ("total_s", "startup_s", "work_s", "teardown_s", "cpu_s", "task_cpu_s")
    assert [times[name] for name in names] == [8.0, 1.0, 5.0, 2.0, 6.0, 5.0]


@pytest.mark.parametrize(("reused", "changed"), [(False, None), (True, True)])
def test_reused_arguments_are_compared_after_the_run(reused, changed, this_build, tmp_path):
    source = f"{SORTS_IN_PLACE.replace('not any(results)', 'True')}\nreuse_arguments = {reused}\n"
    result = measure_file(this_build, tmp_path, source)
    assert result.measured["flags"]["arguments_changed"] is changed


def test_reused_arguments_may_stay_as_they_are(this_build, tmp_path):
    source = "reuse_arguments = True\ncalls = []\n"
    tasks = "def tasks():\n    calls.append(0)\n    return [[len(calls)]]\ndef task(numbers): return list(numbers)\n"
    result = measure_file(this_build, tmp_path, source + tasks)
    assert (result.status, result.measured["flags"]["arguments_changed"]) == ("ok", False)
