from gil_scaling.measure.job import Outcome
from gil_scaling.measure.worker import Report


def test_outcome_merges_the_reports_of_calls_by_worker():
    calls = []
    for key, index, start, cpu_s in (("b", 0, 5.0, 1.0), ("a", 1, 4.0, 2.0), ("b", 2, 6.0, 3.0)):
        report = Report(key)
        report.tasks, report.usage = [(index, start, start + 1, 0.1)], (cpu_s, 0, 0, 0.0)
        report.gil_before, report.gil_after = index > 1, index == 2
        calls.append((report, [(index, f"result {index}")]))
    outcome = Outcome.of_calls(calls, workers=4)
    merged = [(report.key, [task[0] for task in report.tasks], report.usage[0]) for report in outcome.reports]
    assert merged == [("a", [1], 2.0), ("b", [0, 2], 3.0)]
    assert [(report.gil_before, report.gil_after) for report in outcome.reports] == [(False, False), (False, True)]
    assert (outcome.results, outcome.workers) == (["result 0", "result 1", "result 2"], 4)
