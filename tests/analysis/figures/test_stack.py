import pandas as pd
import pytest
from gil_scaling.analysis.columns import WHY_TABLES
from gil_scaling.analysis.figures import stack
from gil_scaling.analysis.figures.drawing import Missing
from gil_scaling.analysis.tables import with_types

from tests.analysis.figures.support import assert_no_text_is_cut
from tests.support import make_record, make_sample, make_tables

WAITS = ("garbage_collector", "run_queue", "lock_or_gil", "sleep_or_io", "unknown")


@pytest.fixture
def tables(tmp_path):
    """Two threads that are busy for 2 of 3 s and wait for a quarter of the 6 s, with what the sampler saw as shares."""

    def make(**shares):
        alone = make_record("s", 1.0, spec={"backend": "sequential", "workers": 1})
        sample = make_sample(3.0, durations=(1.0, 1.0))
        sample["tasks"].update(start_s=[0.5, 0.5], end_s=[2.5, 2.5], cpu_s=[1.25, 1.25])
        sample["task_cpu_s"] = 2.5
        found = dict(make_tables(tmp_path, [alone, make_record("t", samples=[sample])]))
        row = found["summary"].query("backend == 'thread'").iloc[0].to_dict()
        waiting = {**row, "at_workers": 2, "task_s": 1.0, "on_cpu": 0.5, **dict.fromkeys(WAITS, 0.0), **shares}
        return {**found, "waiting": with_types(pd.DataFrame([waiting]), WHY_TABLES["waiting"])}

    return make


def parts(drawn):
    return {name: drawn.data.iloc[0][name] for name in drawn.data.columns[3:]}


def test_the_parts_of_a_stack_add_up_to_the_workers(tables):
    drawn = stack.draw(tables(lock_or_gil=0.3, run_queue=0.1))
    assert sum(parts(drawn).values()) == pytest.approx(2.0)
    assert_no_text_is_cut(drawn.figure)


def test_waiting_is_divided_as_the_sampler_saw_it(tables):
    found = parts(stack.draw(tables(lock_or_gil=0.3, run_queue=0.1)))
    assert (found["lock_or_gil"], found["run_queue"]) == (pytest.approx(0.375), pytest.approx(0.125))


def test_of_a_pause_only_what_others_waited_is_waiting(tables):
    found = parts(stack.draw(tables(lock_or_gil=0.3, garbage_collector=0.2)))
    assert found["garbage_collector"] == pytest.approx(0.5 * 0.1 / 0.4)


def test_nobody_waits_for_a_pause_of_another_process(tables):
    seen = tables(lock_or_gil=0.3, garbage_collector=0.2)
    found = parts(stack.draw({**seen, "summary": seen["summary"].assign(backend_kind="processes")}))
    assert (found["garbage_collector"], found["lock_or_gil"]) == pytest.approx((0.0, 0.5))


def test_waiting_that_the_sampler_did_not_see_is_unknown(tables):
    assert parts(stack.draw(tables()))["unknown"] == pytest.approx(0.5)


def test_without_the_target_why_there_is_no_stack(tables):
    without = {name: table for name, table in tables().items() if name != "waiting"}
    with pytest.raises(Missing, match="no combination was explained"):
        stack.draw(without)
