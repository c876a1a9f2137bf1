import math

import matplotlib.pyplot as plt
import pytest
from gil_scaling.analysis.figures import _style, handovers
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, write_result_set

TURNS = [(0, 1.000, 1.005), (1, 1.005, 1.010), (0, 1.010, 1.015), (1, 1.015, 1.100)]
AT_ONCE = [(0, 1.0, 1.1), (1, 1.0, 1.1)]


def runs(backend="thread", python="3.14", stretches=TURNS, interval_s=0.005, rounds=6, **metrics):
    """Records of some rounds, in which the metrics grow by nothing."""
    worker, start_s, end_s = map(list, zip(*stretches, strict=True))
    metrics = {"hand_overs_per_s": 190.0, "hold_p50_ms": 5.1, "running_mean": 1.0, **metrics}
    segments = {"worker": worker, "start_s": start_s, "end_s": end_s}
    spec = {"workload": "handoff", "params": {}, "backend": backend, "python": python, "start": "together"}
    return [
        make_record(
            f"{backend}-{python}-{interval_s}-{number}",
            samples=[make_sample(segments=segments, metrics=metrics)],
            spec={**spec, "switch_interval_s": interval_s, "round": number},
        )
        for number in range(1, rounds + 1)
    ]


def drawn(tmp_path, records, **options):
    names = sorted({one["spec"]["python"] for one in records})
    builds = {name: {"gil": not name.endswith("t")} for name in names}
    return handovers.draw(tables.tables(load(write_result_set(tmp_path, records, builds=builds, **options))))


def titles(found, place="left"):
    return [axes.get_title(loc=place) for axes in found.figure.axes]


def bars(axes):
    return [(bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in axes.patches]


def test_stretches_are_bars_in_lanes_from_the_last_worker_s_beginning_to_the_window_s_end(tmp_path):
    (axes,) = drawn(tmp_path, runs()).figure.axes
    expected = [(0, 0.005, 1), (0.005, 0.005, 0), (0.010, 0.050, 1)]
    assert sorted(bars(axes)) == [pytest.approx(bar) for bar in expected]
    assert axes.get_xlim() == (0, 0.06)


def test_the_first_worker_stands_on_top(tmp_path):
    bottom, top = drawn(tmp_path, runs()).figure.axes[0].get_ylim()
    assert bottom > 1 > 0 > top


def test_threads_under_a_gil_stand_above_those_without_and_processes_below(tmp_path):
    records = runs("process", "3.14t", AT_ONCE, None) + runs("process", "3.14", AT_ONCE, None)
    records += runs("thread", "3.14t", AT_ONCE, None) + runs(interval_s=0.001) + runs(interval_s=0.1)
    assert titles(drawn(tmp_path, records)) == [
        "thread, 100 ms × 2 · 3.14",
        "thread, 1.00 ms × 2 · 3.14",
        "thread × 2 · 3.14t",
        "process × 2 · 3.14",
        "process × 2 · 3.14t",
    ]


def test_all_panels_share_the_time_axis_and_have_their_backend_s_colour(tmp_path):
    found = drawn(tmp_path, runs() + runs("process", "3.14", AT_ONCE, None))
    assert [axes.get_xlim() for axes in found.figure.axes] == [(0, 0.06)] * 2
    for axes, backend in zip(found.figure.axes, ("thread", "process"), strict=True):
        assert axes.patches[0].get_facecolor() == pytest.approx(plt.matplotlib.colors.to_rgba(_style.look(backend)[0]))


def test_the_metrics_stand_above_the_lanes(tmp_path):
    found = drawn(tmp_path, runs() + runs("thread", "3.14t", AT_ONCE, None, running_mean=1.98))
    assert titles(found, "right") == ["190 hand-overs/s, median stretch 5.10 ms, 1.00 at once", "1.98 at once"]


def test_of_threads_that_share_a_gil_the_hand_overs_are_told_of_each_interval(tmp_path):
    records = runs() + runs(interval_s=0.1, hand_overs_per_s=9.5, hold_p50_ms=99.0)
    assert drawn(tmp_path, records).answers == [
        "handoff, thread × 2 on 3.14, which share a GIL: interval 5.00 ms: 190 [190, 190] hand-overs a second, median "
        "stretch 5.10 [5.10, 5.10] ms, 1.00 [1.00, 1.00] running at once; interval 100 ms: 9.50 [9.50, 9.50] hand-overs a "
        "second, median stretch 99.0 [99.0, 99.0] ms, 1.00 [1.00, 1.00] running at once."
    ]


def test_of_other_workers_it_is_told_how_many_run_at_once(tmp_path):
    records = runs("thread", "3.14t", AT_ONCE, None, running_mean=1.98)
    assert drawn(tmp_path, records).answers == ["handoff, thread × 2 on 3.14t: 1.98 [1.98, 1.98] running at once."]


def test_few_rounds_are_said_to_make_no_claim(tmp_path):
    records = runs("process", "3.14", AT_ONCE, None, rounds=2, running_mean=2.0)
    assert drawn(tmp_path, records).answers == [
        "handoff, process × 2 on 3.14: 2.00 [2.00, 2.00] running at once; these are ranges of so few rounds that they make no "
        "claim."
    ]


def test_what_lies_beyond_the_records_is_shaded_and_said(tmp_path):
    short = [(0, 1.0, 1.01), (1, 1.01, 1.04)]
    found = drawn(tmp_path, runs(stretches=short) + runs("thread", "3.14t", AT_ONCE, None))
    shades = [[patch for patch in axes.patches if patch.get_alpha() == 0.12] for axes in found.figure.axes]
    assert [len(patches) for patches in shades] == [1, 0]
    assert shades[0][0].get_x() == pytest.approx(0.03)
    assert found.reading.endswith("Shaded: beyond the 1,000 stretches that a run records.")


def test_records_as_long_as_the_window_are_not_said_to_be_short(tmp_path):
    assert "Shaded" not in drawn(tmp_path, runs()).reading


def test_without_metrics_the_lanes_are_drawn_alone(tmp_path):
    made = tables.tables(load(write_result_set(tmp_path, runs())))
    found = handovers.draw({**made, "metrics": made["metrics"].iloc[:0]})
    assert (found.answers, titles(found, "right")) == ([], [""])
    assert len(found.data) == 3


def test_of_many_builds_two_are_drawn(tmp_path):
    records = [one for python in ("3.12", "3.13", "3.14t") for one in runs(python=python, rounds=1)]
    found = drawn(tmp_path, records)
    assert titles(found) == ["thread × 2 · 3.12", "thread × 2 · 3.14t"]
    assert found.reading.endswith("Of 3 builds two are drawn: 3.12, with the GIL, and 3.14t, without the GIL.")


def test_workloads_that_tell_nothing_of_turns_are_missing(tmp_path):
    with pytest.raises(_style.Missing, match=r"^no workload tells which worker ran when$"):
        drawn(tmp_path, [make_record()])


def test_the_data_are_what_is_drawn_in_seconds_of_the_window(tmp_path):
    data = drawn(tmp_path, runs()).data
    assert list(data["worker"]) == [1, 0, 1]
    assert math.isclose(data["end_s"].max(), 0.06)
