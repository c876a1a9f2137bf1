import pytest
from gil_scaling.analysis.tables import waiting

from tests.analysis.tables.why_records import make_measured


def test_shares_add_up_to_1():
    found = waiting.shares(make_measured({4: (6.0, 4.0, 0.0)}, cpu_s=1.0, run_queue_s=1.0))
    assert found == pytest.approx(
        {
            "on_cpu": 0.5,
            "garbage_collector": 0.0,
            "run_queue": 0.1,
            "lock_or_gil": 0.4,
            "sleep_or_io": 0.0,
            "unknown": 0.0,
        }
    )


def test_a_pause_counts_for_all_workers():
    found = waiting.shares(make_measured({4: (5.0, 5.0, 0.0)}, cpu_s=5.0, span_s=10.0, pauses=(3, 1.0)))
    assert (found["garbage_collector"], found["on_cpu"], found["lock_or_gil"]) == pytest.approx((0.2, 0.4, 0.4))


def test_a_pause_of_a_process_stops_no_other():
    measured = make_measured({4: (5.0, 5.0, 0.0)}, cpu_s=5.0, span_s=10.0, pauses=(3, 1.0), stops_others=False)
    found = waiting.shares(measured)
    assert (found["garbage_collector"], found["on_cpu"], found["lock_or_gil"]) == pytest.approx((0.1, 0.4, 0.5))


def test_what_is_not_known_is_the_rest():
    states = {"lock": 0.0, "unknown": 5.0}
    found = waiting.shares(make_measured({4: (5.0, 5.0, 0.0)}, cpu_s=1.0, states=states))
    assert (found["unknown"], found["lock_or_gil"]) == pytest.approx((0.5, 0.0))


def test_a_row_shows_what_the_sampler_cost():
    row = waiting.waiting_row([make_measured({4: (1.0, 0.0, 0.0)}, tasks=4)] * 3)
    assert (row["rounds"], row["samples"], row["sampler_cpus"], row["sampler_slowdown"]) == (3, 1000.0, 0.05, 1.0)
    assert row["task_s"] == 0.5


def test_what_was_seen_is_fitted_to_the_rest_of_the_cpu_time():
    states = {"lock": 4.0, "sleep": 2.0}
    found = waiting.shares(make_measured({4: (4.0, 6.0, 0.0)}, cpu_s=8.0, span_s=10.0, states=states, run_queue_s=0.0))
    assert (found["on_cpu"], found["lock_or_gil"], found["sleep_or_io"]) == pytest.approx((0.8, 0.4 / 3, 0.2 / 3))
    assert sum(found.values()) == pytest.approx(1.0)
