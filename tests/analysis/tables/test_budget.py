import math

import pytest
from gil_scaling.analysis.occupancy import occupancy
from gil_scaling.analysis.tables.budget import METRICS, SHARES, shares

from tests.support import make_record, make_sample, make_tables

NAMES = ("useful", "extra_cpu", "waiting", "startup", "imbalance", "teardown")


def sample(tasks, *, total_s=6.0, workers=2, cpu=True):
    """A sample of tasks given as (worker, start, end, CPU time)."""
    columns = dict(zip(("worker", "start_s", "end_s", "cpu_s"), map(list, zip(*tasks, strict=True)), strict=True))
    columns["index"] = list(range(len(tasks)))
    cpu_s = sum(columns["cpu_s"])
    if not cpu:
        columns["cpu_s"] = [None] * len(tasks)
    return make_sample(total_s, workers=workers, tasks=columns, task_cpu_s=cpu_s)


def test_occupancy_and_shares_of_the_worked_example():
    found = occupancy(sample([(0, 1.0, 3.0, 2.0), (1, 1.0, 5.0, 3.0)]), "total")
    expected = {"workers": 2, "capacity_s": 12.0, "startup_s": 2.0, "busy_s": 6.0, "cpu_s": 5.0}
    assert found._asdict() == {**expected, "imbalance_s": 2.0, "teardown_s": 2.0, "longest_cpu_s": 3.0}
    parts = shares(found, sequential_cpu_s=4.0)
    assert [parts[name] for name in NAMES] == pytest.approx([1 / 3, 1 / 12, 1 / 12, 1 / 6, 1 / 6, 1 / 6])


def test_the_efficiencies_are_pop_s():
    parts = shares(occupancy(sample([(0, 1.0, 3.0, 2.0), (1, 1.0, 5.0, 3.0)]), "total"), sequential_cpu_s=4.0)
    assert [parts[name] for name in METRICS] == pytest.approx([2.5 / 3, 3 / 6, 5 / 12, 4 / 5, 4 / 12])
    assert parts["load_balance"] * parts["communication_efficiency"] == pytest.approx(parts["parallel_efficiency"])
    product = parts["parallel_efficiency"] * parts["computation_scalability"]
    assert product == pytest.approx(parts["global_efficiency"])


@pytest.mark.parametrize("timed", ["total", "work"])
@pytest.mark.parametrize("sequential_cpu_s", [0.5, 4.0, 99.0])
def test_the_parts_add_up_to_one(timed, sequential_cpu_s):
    tasks = [(0, 0.5, 1.0, 0.4), (1, 0.7, 2.0, 1.2), (0, 1.1, 4.0, 2.0), (1, 2.5, 3.0, 0.5)]
    parts = shares(occupancy(sample(tasks, workers=3), timed), sequential_cpu_s)
    assert sum(parts[name] for name in SHARES) == pytest.approx(1)
    assert all(parts[name] >= 0 for name in SHARES)


def test_together_the_interval_is_that_of_the_work():
    found = occupancy(sample([(0, 1.0, 3.0, 2.0), (1, 2.0, 5.0, 3.0)]), "work")
    assert (found.capacity_s, found.startup_s, found.teardown_s) == (8.0, 1.0, 0.0)


def test_a_worker_without_a_task_is_imbalance():
    found = occupancy(sample([(0, 1.0, 5.0, 4.0)], workers=2), "total")
    assert (found.imbalance_s, found.teardown_s) == (5.0, 2.0)
    assert shares(found, 4.0)["load_balance"] == pytest.approx(0.5)


def test_occupancy_of_task_summaries_is_the_same():
    summaries = [
        {"worker": 0, "count": 9, "first_s": 1.0, "last_s": 3.0, "cpu_s": 2.0, "quantiles_s": [1] * 5},
        {"worker": 1, "count": 9, "first_s": 1.0, "last_s": 5.0, "cpu_s": 3.0, "quantiles_s": [1] * 5},
    ]
    many = make_sample(6.0, workers=2, tasks=None, task_summary=summaries, task_cpu_s=5.0)
    assert occupancy(many, "total") == occupancy(sample([(0, 1.0, 3.0, 2.0), (1, 1.0, 5.0, 3.0)]), "total")


def test_coroutines_have_no_load_balance_but_a_budget():
    parts = shares(occupancy(sample([(0, 1.0, 3.0, 1.0), (1, 1.0, 5.0, 1.0)], cpu=False), "total"), 2.0)
    assert math.isnan(parts["load_balance"])
    assert parts["waiting"] == pytest.approx(4 / 12)
    assert sum(parts[name] for name in SHARES) == pytest.approx(1)


def test_cpu_time_of_event_loops_is_no_negative_waiting():
    tasks = [(0, 1.0, 2.0, 2.0), (1, 1.0, 2.0, 2.0)]
    parts = shares(occupancy(sample(tasks, cpu=False), "total"), 1.0)
    assert (parts["waiting"], sum(parts[name] for name in SHARES)) == (0, pytest.approx(1))


def test_more_workers_than_were_asked_for_count_with_their_time():
    found = occupancy(sample([(0, 1.0, 5.0, 4.0), (1, 1.0, 5.0, 4.0), (2, 1.0, 5.0, 4.0)], workers=2), "total")
    assert (found.workers, found.capacity_s, found.imbalance_s) == (3, 18.0, 0.0)


def test_sequential_has_no_extra_cpu_time(tmp_path):
    samples = [sample([(0, 0.0, 6.0, cpu)], workers=1, total_s=total_s) for cpu, total_s in ((4, 6), (3, 7), (5, 9))]
    one = make_record("s", samples=samples, spec={"backend": "sequential", "workers": 1})
    (found,) = make_tables(tmp_path, [one])["budget"].to_dict("records")
    assert (found["useful"], found["extra_cpu"]) == (pytest.approx(3 / 7), 0)  # of the sample of median time


def test_budget_is_the_mean_over_rounds_with_their_own_baselines(tmp_path):
    records = []
    for number, cpu in ((1, 1.0), (2, 2.0)):
        one = {"round": number}
        alone = sample([(0, 0.0, 6.0, cpu)], workers=1)
        records.append(make_record(f"s{number}", samples=[alone], spec={"backend": "sequential", "workers": 1, **one}))
        pair = sample([(0, 0.0, 6.0, 2.0), (1, 0.0, 6.0, 2.0)])
        records.append(make_record(f"t{number}", samples=[pair], spec=one))
    found = make_tables(tmp_path, records)["budget"].set_index("backend").loc["thread"]
    assert (found["useful"], found["extra_cpu"]) == pytest.approx((1.5 / 12, 2.5 / 12))
    assert found["rounds"] == 2
