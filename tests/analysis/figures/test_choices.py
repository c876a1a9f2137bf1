import pytest
from gil_scaling.analysis.figures import choices
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import assert_no_text_is_cut, make_tables_of_sets, titles
from tests.support import make_tables, sweep_records

GIL = {"sequential": [4.0] * 6, "process": [2.5] * 6, "thread": [4.1] * 6}
FREE = {"sequential": [4.2] * 6, "thread": [2.0] * 6, "thread_pool": [2.01] * 6}


def drawn(folder, **times):
    records = [one for python, own in times.items() for one in sweep_records(own, python=python)]
    return choices.draw(make_tables(folder, records))


def labels(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_best_choice_is_named_with_its_runner_up(tmp_path):
    found = drawn(tmp_path, **{"3.14": GIL, "3.14t": FREE})
    assert found.answers == [
        "py_loop: thread × 2 on 3.14t is the best choice: 1.25× the speed of process × 2 on 3.14 [1.25, 1.25]."
    ]
    (axes,) = found.figure.axes
    assert labels(axes)[:2] == ["thread × 2 on 3.14t", "process × 2 on 3.14"]
    assert [line.get_xdata()[0] for line in axes.lines[1:3]] == pytest.approx([1.0, 1.25])
    assert_no_text_is_cut(found.figure)


def test_choices_that_are_tied_are_named(tmp_path):
    found = drawn(tmp_path, **{"3.14": {**GIL, "process": [2.02] * 6}, "3.14t": FREE})
    assert found.answers == [
        "py_loop: no choice stands out; thread × 2 on 3.14t had the smallest median, over the rounds 1.01× the speed of "
        "process × 2 on 3.14 [1.01, 1.01]; not shown to be slower: process × 2 on 3.14."
    ]


def test_choices_of_few_rounds_make_no_claim(tmp_path):
    few = {backend: times[:3] for backend, times in FREE.items()}
    found = drawn(tmp_path, **{"3.14t": few})
    assert found.answers == [
        "py_loop: thread × 2, 2.10× the speed of sequential, from 2.10 to 2.10 in 3 rounds, too few for a claim."
    ]


def test_too_few_rounds_of_another_choice_are_told_apart(tmp_path):
    found = drawn(tmp_path, **{"3.14t": {**FREE, "process": [9.0] * 3}})
    assert found.answers == [
        "py_loop: thread × 2 had the smallest median, 2.10× the speed of sequential [2.10, 2.10]; another choice has too few rounds "
        "for a claim."
    ]


def test_choices_of_several_machines_are_apart(tmp_path):
    records = [sweep_records(FREE, python="3.14t") for _ in range(2)]
    found = choices.draw(make_tables_of_sets(tmp_path, "m", records))
    assert titles(found.figure) == ["py_loop · m 2026-01-01", "py_loop · m 2026-01-02"]
    assert [answer.split(" is ")[0] for answer in found.answers] == [
        "py_loop · m 2026-01-01: thread × 2",
        "py_loop · m 2026-01-02: thread × 2",
    ]


def test_nothing_to_choose_from_is_missing(tmp_path):
    with pytest.raises(Missing, match="no workload has times of two builds or of two kinds of backends"):
        drawn(tmp_path, **{"3.14": {"thread": [1.0] * 6, "thread_pool": [2.0] * 6}})
