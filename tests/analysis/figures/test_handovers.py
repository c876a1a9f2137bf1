from collections import ChainMap

import pytest
from gil_scaling.analysis.figures import handovers, looks
from gil_scaling.analysis.figures.drawing import Missing
from matplotlib.colors import to_hex

from tests.analysis.figures.support import bars, titles
from tests.support import make_record, make_sample, make_tables

TURNS = [(0, 1.000, 1.005), (1, 1.005, 1.010), (0, 1.010, 1.015), (1, 1.015, 1.100)]
PARALLEL = [(0, 1.0, 1.1), (1, 1.0, 1.1)]


def runs(backend="thread", python="3.14", stretches=TURNS, interval_s=0.005, rounds=6, params=None, **metrics):
    """Records of some rounds with the same segments and metrics in each."""
    worker, start_s, end_s = map(list, zip(*stretches, strict=True))
    metrics = {"hand_overs_per_s": 190.0, "hold_p50_ms": 5.1, "running_mean": 1.0, **metrics}
    sample = make_sample(segments={"worker": worker, "start_s": start_s, "end_s": end_s}, metrics=metrics)
    spec = {"workload": "handoff", "params": params or {}, "backend": backend, "python": python, "start": "together"}
    spec["switch_interval_s"] = interval_s
    names = [f"{backend}-{python}-{interval_s}-{params}-{number}" for number in range(1, rounds + 1)]
    return [make_record(name, samples=[sample], spec={**spec, "round": n}) for n, name in enumerate(names, 1)]


def parallel_runs(backend="thread", python="3.14t", **options):
    return runs(backend, python, PARALLEL, None, **options)


def tables_of(folder, records):
    names = sorted({record["spec"]["python"] for record in records})
    return make_tables(folder, records, builds={name: {"gil": not name.endswith("t")} for name in names})


def draw(folder, records):
    return handovers.draw(tables_of(folder, records))


def test_stretches_are_bars_of_the_window(tmp_path):
    drawn = draw(tmp_path, runs())
    (axes,) = drawn.figure.axes
    expected = [(0, 0.005, 1), (0.005, 0.005, 0), (0.010, 0.050, 1)]
    assert sorted(bars(axes)) == [pytest.approx(bar) for bar in expected]
    assert axes.get_xlim() == (0, 0.06)
    assert list(drawn.data["worker"]) == [1, 0, 1]
    assert drawn.data["end_s"].max() == pytest.approx(0.06)


def test_first_worker_is_on_top(tmp_path):
    bottom, top = draw(tmp_path, runs()).figure.axes[0].get_ylim()
    assert bottom > 1 > 0 > top


def test_panels_start_with_threads_that_share_a_gil(tmp_path):
    records = parallel_runs("process", "3.14t") + parallel_runs("process", "3.14") + parallel_runs()
    records += runs(interval_s=0.001) + runs(interval_s=0.1)
    assert titles(draw(tmp_path, records).figure) == [
        "thread, 100 ms × 2 · 3.14",
        "thread, 1.00 ms × 2 · 3.14",
        "thread × 2 · 3.14t",
        "process × 2 · 3.14",
        "process × 2 · 3.14t",
    ]


def test_titles_name_the_workload_where_several_are_drawn(tmp_path):
    records = runs(params={"n": 1}, rounds=1) + runs(params={"n": 2}, rounds=1)
    expected = ["handoff, n=1 · thread × 2 · 3.14", "handoff, n=2 · thread × 2 · 3.14"]
    assert titles(draw(tmp_path, records).figure) == expected


def test_panels_share_the_time_axis_and_have_backend_colours(tmp_path):
    tables = tables_of(tmp_path, runs() + parallel_runs("process", "3.14"))
    axes = handovers.draw(tables).figure.axes
    assert [one.get_xlim() for one in axes] == [(0, 0.06)] * 2
    colours = [to_hex(one.collections[0].get_facecolor()[0]) for one in axes]
    assert colours == [looks.backends(tables)[name].colour for name in ("thread", "process")]


def test_metrics_are_shown_above_the_lanes(tmp_path):
    figure = draw(tmp_path, runs() + parallel_runs(running_mean=1.98)).figure
    expected = ["190 hand-overs/s, median stretch 5.10 ms, 1.00 workers running", "1.98 workers running"]
    assert [axes.get_title("right") for axes in figure.axes] == expected


def test_answers_give_hand_overs_at_each_interval(tmp_path):
    records = runs() + runs(interval_s=0.1, hand_overs_per_s=9.5, hold_p50_ms=99.0)
    assert draw(tmp_path, records).answers == [
        "handoff, thread × 2 on 3.14 (sharing a GIL): switch interval 100 ms: 9.50 [9.50, 9.50] hand-overs/s, median "
        "stretch 99.0 [99.0, 99.0] ms, 1.00 [1.00, 1.00] workers running; switch interval 5.00 ms: 190 [190, 190] "
        "hand-overs/s, median stretch 5.10 [5.10, 5.10] ms, 1.00 [1.00, 1.00] workers running."
    ]


@pytest.mark.parametrize(
    ("rounds", "note"), [(6, ""), (2, "; too few rounds for a claim: these are ranges")], ids=["claim", "ranges"]
)
def test_answers_give_how_many_others_run(tmp_path, rounds, note):
    records = parallel_runs(running_mean=1.98, rounds=rounds)
    assert draw(tmp_path, records).answers == [
        f"handoff, thread × 2 on 3.14t: 1.98 [1.98, 1.98] workers running{note}."
    ]


def test_time_after_the_record_is_shaded(tmp_path):
    drawn = draw(tmp_path, runs(stretches=[(0, 1.0, 1.01), (1, 1.01, 1.04)]) + parallel_runs())
    assert [[patch.get_x() for patch in axes.patches] for axes in drawn.figure.axes] == [[pytest.approx(0.03)], []]
    assert drawn.reading.endswith("Shaded: after the first 1,000 stretches, which is all that a run records.")


def test_long_records_are_not_shaded(tmp_path):
    assert "Shaded" not in draw(tmp_path, runs()).reading


def test_lanes_are_drawn_without_metrics(tmp_path):
    tables = tables_of(tmp_path, runs())
    drawn = handovers.draw(ChainMap({"metrics": tables["metrics"].iloc[:0]}, tables))
    assert (drawn.answers, drawn.figure.axes[0].get_title("right"), len(drawn.data)) == ([], "", 3)


def test_two_of_many_builds_are_drawn(tmp_path):
    drawn = draw(tmp_path, [record for python in ("3.12", "3.13", "3.14t") for record in runs(python=python, rounds=1)])
    assert titles(drawn.figure) == ["thread × 2 · 3.12", "thread × 2 · 3.14t"]
    assert drawn.reading.endswith("Two of 3 builds are drawn: 3.12 (with the GIL) and 3.14t (without the GIL).")


def test_at_most_24_panels_are_drawn(tmp_path):
    drawn = draw(
        tmp_path,
        [run for n in range(13) for run in runs(params={"n": n}, rounds=1) + parallel_runs(params={"n": n}, rounds=1)],
    )
    assert len(drawn.figure.axes) == 24
    assert drawn.reading.endswith("24 of 26 panels are drawn, threads that share a GIL first; the CSV file has all.")
    assert drawn.data["panel"].nunique() == 13


def test_workloads_without_stretches_are_missing(tmp_path):
    with pytest.raises(Missing, match=r"^no workload records which worker ran when$"):
        draw(tmp_path, [make_record()])
