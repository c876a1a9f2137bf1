import math
from collections import ChainMap

import pytest
from gil_scaling.analysis.figures import break_even_workers
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import lines, titles
from tests.support import make_record, make_sample, make_tables


def runs(backend, times, rounds=6, python="3.14t", **spec):
    """Records of a backend: times is {workers: total_s}, the same in all rounds."""
    spec = {"backend": backend, "python": python, "switch_interval_s": None, **spec}
    records = []
    for workers, total_s in times.items():
        for number in range(1, rounds + 1):
            own = {**spec, "workers": workers, "round": number}
            records.append(make_record(f"{total_s}-{own}", samples=[make_sample(total_s, workers=workers)], spec=own))
    return records


def sequential(rounds=6, **spec):
    """4 s on the reference build, 5 s on the one without the GIL."""
    return [
        record
        for python, total_s in (("3.14", 4.0), ("3.14t", 5.0))
        for record in runs("sequential", {1: total_s}, rounds, python, **spec)
    ]


def tables_of(folder, records, **options):
    names = sorted({record["spec"]["python"] for record in records})
    builds = {name: {"gil": not name.endswith("t"), "free_threaded": name.endswith("t")} for name in names}
    return make_tables(folder, records, builds=builds, **options)


def draw(*arguments, **options):
    return break_even_workers.draw(tables_of(*arguments, **options))


def threads_on_both():
    return sequential() + runs("thread", {1: 5.0, 2: 2.0}) + runs("thread", {1: 4.0, 2: 8.0}, python="3.14")


def test_relative_times_are_drawn_beside_each_other_per_build(tmp_path):
    (axes,) = draw(tmp_path, threads_on_both()).figure.axes
    first, second = lines(axes)["3.14"], lines(axes)["3.14t"]
    assert (list(first.get_ydata()), list(second.get_ydata())) == ([1, 2], [1.25, 0.5])
    assert list(second.get_xdata() / first.get_xdata()) == pytest.approx([1.02, 1.02])
    assert list(first.get_xdata() * second.get_xdata()) == pytest.approx([1, 4])
    assert first.get_color() != second.get_color()


def test_interval_ends_change_places_with_those_of_the_speedup(tmp_path):
    tables = tables_of(tmp_path, sequential() + runs("thread", {1: 5.0, 2: 2.0}))
    summary = tables["summary"].assign(speedup_reference_low=0.5, speedup_reference_high=4.0)
    data = break_even_workers.draw(ChainMap({"summary": summary}, tables)).data
    assert set(data["time_reference_low"]) == {0.25} and set(data["time_reference_high"]) == {2.0}


def test_each_workload_and_backend_has_a_panel(tmp_path):
    first, second = {"n": 1}, {"n": 2}
    records = sequential(params=first) + sequential(params=second) + runs("thread", {1: 5.0, 2: 2.5}, params=first)
    records += runs("process", {1: 5.0, 2: 2.5}, params=first) + runs("thread", {1: 5.0, 2: 2.5}, params=second)
    figure = draw(tmp_path, records).figure
    assert titles(figure) == ["py_loop, n=1 · thread", "py_loop, n=1 · process", "py_loop, n=2 · thread"]
    levels = [[line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]] for axes in figure.axes]
    assert levels == [[1, 1.25]] * 3  # sequential on the reference build and on the other one


def test_answers_give_the_first_workers_that_pay_off(tmp_path):
    records = sequential() + runs("thread", {1: 5.0, 2: 2.5}) + runs("process", {1: 6.0, 2: 5.0})
    records += runs("asyncio", {1: 3.0, 2: 3.0}) + runs("thread", {1: 4.0, 2: 3.0}, python="3.14")
    assert draw(tmp_path, records).answers == [
        "py_loop on 3.14t, faster than sequential on 3.14: thread first with 2 workers [2, 2]; process with no number of "
        "workers (1 and 2 measured); asyncio already with the fewest workers (1 and 2 measured)."
    ]


def test_too_few_rounds_make_no_claim(tmp_path):
    assert draw(tmp_path, sequential(3) + runs("thread", {1: 5.0, 2: 2.5}, 3)).answers == [
        "py_loop on 3.14t, faster than sequential on 3.14: thread: 3 rounds are too few for a claim."
    ]


@pytest.mark.parametrize(
    ("kind", "high", "text"),
    [("unclear", math.nan, "thread: not shown"), ("from", math.inf, "thread first with 2 workers [1, ∞], if at all")],
)
def test_answers_claim_no_more_than_shown(tmp_path, kind, high, text):
    tables = tables_of(tmp_path, sequential() + runs("thread", {1: 5.0, 2: 2.5}))
    changed = tables["break_even"].assign(kind=kind, value=2.0, value_low=1.0, value_high=high)
    answers = break_even_workers.draw(ChainMap({"break_even": changed}, tables)).answers
    assert answers == [f"py_loop on 3.14t, faster than sequential on 3.14: {text}."]


def test_ceiling_runs_are_left_out(tmp_path):
    control = runs("process", {1: 5.0, 2: 2.5}, start="together")
    records = sequential() + runs("thread", {1: 5.0, 2: 2.5}) + control
    drawn = draw(tmp_path, records, roles={record["run"]: "ceiling" for record in control})
    assert len(drawn.figure.axes) == len(drawn.answers) == 1
    assert "process" not in drawn.answers[0]


def test_sequential_of_few_builds_is_explained(tmp_path):
    few = sequential() + runs("thread", {1: 5.0, 2: 2.5})
    many = few + [run for python in ("3.15", "3.16") for run in runs("thread", {1: 5.0, 2: 2.5}, python=python)]
    assert "Thin lines: sequential on the other builds." in draw(tmp_path / "few", few).reading
    assert "Thin lines" not in draw(tmp_path / "many", many).reading


def test_worker_counts_beyond_the_cpus_are_shaded(tmp_path):
    (axes,) = draw(tmp_path, sequential() + runs("thread", {1: 5.0, 2: 2.5, 4: 2.5})).figure.axes
    assert [patch.get_x() for patch in axes.patches] == [2.1]


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        (
            runs("sequential", {1: 4.0}, python="3.14") + runs("thread", {1: 4.0, 2: 2.0}, python="3.14"),
            "only one build has times relative to sequential on the reference build",
        ),
        (sequential() + runs("thread", {2: 2.0}), "no backend was measured with two numbers of workers"),
        (
            sequential(scaling="weak") + runs("thread", {1: 5.0, 2: 5.0}, scaling="weak"),
            "only one build has times relative to sequential on the reference build",
        ),
    ],
    ids=["one build", "one number of workers", "weak scaling"],
)
def test_sweeps_without_a_comparison_are_missing(tmp_path, records, reason):
    with pytest.raises(Missing, match=f"^{reason}$"):
        draw(tmp_path, records)
