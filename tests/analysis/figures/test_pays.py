import math

import pytest
from gil_scaling.analysis.figures import _style, pays
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, write_result_set


def runs(backend, times, rounds=6, python="3.14t", **spec):
    """Records of a backend: times is {workers: total_s}, the same in all rounds."""
    spec = {"backend": backend, "python": python, "switch_interval_s": None, **spec}
    made = []
    for workers, total_s in times.items():
        for number in range(1, rounds + 1):
            own = {**spec, "workers": workers, "round": number}
            made.append(make_record(f"{total_s}-{own}", samples=[make_sample(total_s, workers=workers)], spec=own))
    return made


def sequences(rounds=6, **spec):
    """4 s in sequence on the reference build, 5 s on the one without the GIL."""
    return [
        one
        for python, total_s in (("3.14", 4.0), ("3.14t", 5.0))
        for one in runs("sequential", {1: total_s}, rounds, python, **spec)
    ]


def drawn(tmp_path, records, **options):
    builds = {name: {"gil": not name.endswith("t")} for name in sorted({one["spec"]["python"] for one in records})}
    return pays.draw(tables.tables(load(write_result_set(tmp_path, records, builds=builds, **options))))


def test_the_time_over_the_reference_in_sequence_is_drawn_a_line_a_build(tmp_path):
    records = sequences() + runs("thread", {1: 5.0, 2: 2.0}) + runs("thread", {1: 4.0, 2: 8.0}, python="3.14")
    (axes,) = drawn(tmp_path, records).figure.axes
    lines = {one.get_label(): one[0] for one in axes.containers}
    assert list(lines["3.14"].get_ydata()) == [1, 2]
    assert list(lines["3.14t"].get_ydata()) == [1.25, 0.5]
    assert {line.get_color() for line in lines.values()} == {_style.look("thread")[0]}
    assert {name: line.get_linestyle() for name, line in lines.items()} == {"3.14": "-", "3.14t": "--"}


def test_builds_stand_a_little_beside_each_other(tmp_path):
    records = sequences() + runs("thread", {1: 5.0, 2: 2.0}) + runs("thread", {1: 4.0, 2: 8.0}, python="3.14")
    (axes,) = drawn(tmp_path, records).figure.axes
    first, second = (one[0].get_xdata() for one in axes.containers)
    assert list(second / first) == pytest.approx([1.02, 1.02])
    assert list(first * second) == pytest.approx([1, 4])


def test_the_ends_of_the_interval_change_places_with_those_of_the_speedup(tmp_path):
    made = tables.tables(load(write_result_set(tmp_path, sequences() + runs("thread", {1: 5.0, 2: 2.0}))))
    summary = made["summary"].assign(speedup_reference_low=0.5, speedup_reference_high=4.0)
    data = pays.draw({**made, "summary": summary}).data
    assert set(data["time_reference_low"]) == {0.25} and set(data["time_reference_high"]) == {2.0}


def test_each_workload_and_backend_has_a_panel_with_the_sequences(tmp_path):
    records = sequences() + runs("thread", {1: 5.0, 2: 2.0}) + runs("process", {1: 5.0, 2: 2.0})
    axes = drawn(tmp_path, records).figure.axes
    assert [one.get_title() for one in axes] == ["py_loop · thread", "py_loop · process"]
    levels = [[line.get_ydata()[0] for line in one.lines if list(line.get_xdata()) == [0, 1]] for one in axes]
    assert levels == [[1, 1.25]] * 2


def test_the_builds_names_stand_beside_the_ends_of_their_lines(tmp_path):
    records = sequences() + runs("thread", {1: 5.0, 2: 2.0}) + runs("thread", {1: 4.0, 2: 8.0}, python="3.14")
    (axes,) = drawn(tmp_path, records).figure.axes
    heights = {text.get_text(): text.xyann[1] for text in axes.texts}
    assert heights == {"3.14": pytest.approx(2), "3.14t": pytest.approx(0.5)}


def test_the_first_number_of_workers_that_pays_is_told_with_its_interval(tmp_path):
    records = (
        sequences()
        + runs("thread", {1: 5.0, 2: 2.5})
        + runs("process", {1: 6.0, 2: 5.0})
        + runs("asyncio", {1: 3.0, 2: 3.0})
    )
    records += runs("thread", {1: 4.0, 2: 3.0}, python="3.14")
    assert drawn(tmp_path, records).answers == [
        "py_loop on 3.14t, faster than 3.14 in sequence: thread first with 2 workers [2, 2]; process with none, 1 and 2 "
        "measured; asyncio with any number of workers, 1 and 2 measured."
    ]


def test_too_few_rounds_make_no_claim(tmp_path):
    assert drawn(tmp_path, sequences(3) + runs("thread", {1: 5.0, 2: 2.5}, 3)).answers == [
        "py_loop on 3.14t, faster than 3.14 in sequence: thread: 3 rounds are too few for a claim."
    ]


@pytest.mark.parametrize(
    ("kind", "high", "said"),
    [("unclear", math.nan, "thread: not shown"), ("from", math.inf, "thread first with 2 workers [1, ∞], if at all")],
)
def test_what_the_rounds_do_not_show_is_said_so(tmp_path, kind, high, said):
    made = tables.tables(load(write_result_set(tmp_path, sequences() + runs("thread", {1: 5.0, 2: 2.5}))))
    changed = made["break_even"].assign(kind=kind, value=2.0, value_low=1.0, value_high=high)
    assert pays.draw({**made, "break_even": changed}).answers == [
        f"py_loop on 3.14t, faster than 3.14 in sequence: {said}."
    ]


def test_control_runs_are_neither_drawn_nor_told_of(tmp_path):
    control = runs("process", {1: 5.0, 2: 2.5}, start="together")
    records = sequences() + runs("thread", {1: 5.0, 2: 2.5}) + control
    found = drawn(tmp_path, records, roles={one["run"]: "ceiling" for one in control})
    assert len(found.figure.axes) == len(found.answers) == 1
    assert "process" not in found.answers[0]


def test_of_few_builds_the_reading_tells_of_their_sequences(tmp_path):
    few = sequences() + runs("thread", {1: 5.0, 2: 2.5})
    many = few + [one for python in ("3.15", "3.16") for one in runs("thread", {1: 5.0, 2: 2.5}, python=python)]
    assert "Thin lines: each build's own sequence." in drawn(tmp_path / "few", few).reading
    assert "Thin lines" not in drawn(tmp_path / "many", many).reading


def test_worker_counts_beyond_the_cpus_are_shaded(tmp_path):
    (axes,) = drawn(tmp_path, sequences() + runs("thread", {1: 5.0, 2: 2.5, 4: 2.5})).figure.axes
    assert [patch.get_x() for patch in axes.patches] == [2.1]


def test_a_backend_that_a_workload_lacks_leaves_its_panel_empty(tmp_path):
    records = (
        sequences(params={"n": 1}) + sequences(params={"n": 2}) + runs("thread", {1: 5.0, 2: 2.5}, params={"n": 1})
    )
    records += runs("process", {1: 5.0, 2: 2.5}, params={"n": 1}) + runs("thread", {1: 5.0, 2: 2.5}, params={"n": 2})
    assert [axes.axison for axes in drawn(tmp_path, records).figure.axes] == [True, True, True, False]


def test_one_build_is_missing(tmp_path):
    records = runs("sequential", {1: 4.0}, python="3.14") + runs("thread", {1: 4.0, 2: 2.0}, python="3.14")
    message = r"^only one build has times, and the sequence on the reference build beside them$"
    with pytest.raises(_style.Missing, match=message):
        drawn(tmp_path, records)


def test_one_number_of_workers_is_missing(tmp_path):
    with pytest.raises(_style.Missing, match=r"^no backend was measured with two numbers of workers$"):
        drawn(tmp_path, sequences() + runs("thread", {2: 2.0}))


def test_weak_scaling_is_left_out(tmp_path):
    with pytest.raises(_style.Missing, match=r"^only one build has times"):
        drawn(tmp_path, sequences(scaling="weak") + runs("thread", {1: 5.0, 2: 5.0}, scaling="weak"))


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        ([1, 1, 5], [0, 2, 5]),  # the example of the docstring
        ([5, 1, 1], [5, 0, 2]),
        ([0, 3, 6], [0, 3, 6]),
        ([0, 0, 0], [-2, 0, 2]),
        ([0, 0, 1.5], [-1.5, 0.5, 2.5]),
    ],
)
def test_values_are_moved_apart_as_little_as_possible(values, moved):
    assert pays.spread(values, gap=2) == pytest.approx(moved)
