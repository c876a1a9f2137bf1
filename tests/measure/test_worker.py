from functools import partial
from types import SimpleNamespace

from gil_scaling.measure import worker


class Clock:
    """A clock that moves only when the task moves it."""

    def __init__(self):
        self.now = 42.0

    def __call__(self):
        return self.now


def test_run_tasks_times_each_task_and_reads_the_usage(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(worker, "perf_counter", clock)
    monkeypatch.setattr(worker, "thread_time", lambda: clock() / 2)

    def task(seconds):
        clock.now += seconds
        return seconds

    workload = SimpleNamespace(task=task, has_shared=False)
    settings, shared, report = worker.Settings(workload, None), worker.Shared(workload), worker.Report("w")
    results = worker.run_tasks(
        settings,
        enumerate([1.0, 4.0]),
        shared,
        report,
        read_usage=lambda: (clock.now, 30, None, 9.0),
        start=(40.0, 10, None, 8.0),
    )
    assert results == [(0, 1.0), (1, 4.0)]
    assert report.tasks == [(0, 42.0, 43.0, 0.5), (1, 43.0, 47.0, 2.0)]
    assert report.usage == (7.0, 20, None, 9.0)


def test_what_a_kept_worker_used_counts_from_each_sample(monkeypatch):
    monkeypatch.setattr(worker, "_used_before", {})
    readings = iter([(1.0, 2, 3, 4.0), (5.0, 6, 7, 8.0)])
    read = partial(next, readings)
    seen = [worker._usage_at_start("w", sample, read) for sample in (1, 1, 2, 2)]
    assert seen == [(1.0, 2, 3, 4.0)] * 2 + [(5.0, 6, 7, 8.0)] * 2
