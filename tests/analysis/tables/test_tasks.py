import pytest

from tests.support import make_record, make_sample, make_tables


def test_tasks_are_those_of_the_run_nearest_to_the_median(tmp_path):
    records = [
        make_record(f"r{number}", samples=[make_sample(total_s, durations=(total_s / 4,) * 2)], spec={"round": number})
        for number, total_s in enumerate([1.0, 2.0, 8.0], 1)
    ]
    tasks = make_tables(tmp_path, records)["tasks"]
    assert list(tasks["round"]) == [2, 2]
    assert list(tasks["task"]) == [0, 1]
    assert list(tasks["end_s"] - tasks["start_s"]) == pytest.approx([0.5, 0.5])


def test_tasks_of_coroutines_have_no_cpu_time(tmp_path):
    sample = make_sample()
    sample["tasks"]["cpu_s"] = [None, None]
    tasks = make_tables(tmp_path, [make_record(samples=[sample])])["tasks"]
    assert tasks["worker"].tolist() == [0, 1]
    assert tasks["cpu_s"].isna().all()


def test_runs_without_tasks_do_not_count(tmp_path):
    summary = [{"worker": 0, "count": 2000, "first_s": 0, "last_s": 1, "cpu_s": 1.0, "quantiles_s": [1e-3] * 5}]
    samples = [make_sample(2.0, tasks=None, task_summary=summary), make_sample(9.0)]
    records = [
        make_record(f"r{number}", samples=[sample], spec={"round": number}) for number, sample in enumerate(samples, 1)
    ]
    assert make_tables(tmp_path, records)["tasks"]["round"].tolist() == [2, 2]


def test_segments_are_a_table(tmp_path):
    columns = {"worker": [0, 1], "start_s": [0.1, 0.2], "end_s": [0.2, 0.3]}
    segments = make_tables(tmp_path, [make_record("a", samples=[make_sample(segments=columns)])])["segments"]
    assert segments[["worker", "start_s", "end_s", "round"]].values.tolist() == [[0, 0.1, 0.2, 1], [1, 0.2, 0.3, 1]]
