import pytest
from gil_scaling.analysis.figures import fastest, looks
from gil_scaling.analysis.figures.drawing import Missing
from matplotlib.colors import to_hex

from tests.analysis.figures.support import assert_no_text_is_cut
from tests.support import make_tables, sweep_records


def drawn(tmp_path, *parts):
    records = [one for part in parts for one in part]
    return fastest.draw(make_tables(tmp_path, records))


def colours(axes):
    (mesh,) = axes.collections
    mesh.update_scalarmappable()
    return [to_hex(colour) for colour in mesh.get_facecolor()]


def texts(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def test_a_cell_has_the_colour_of_the_fastest_else_is_grey(tmp_path):
    clear = sweep_records({"sequential": [4.0] * 6, "thread": [3.0] * 6, "process": [2.0] * 6}, python="3.14")
    tied = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6, "process": [2.0] * 6}, python="3.14t")
    found = drawn(tmp_path, clear, tied)
    (axes,) = found.figure.axes
    assert colours(axes) == ["#d55e00", looks.GREY]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3.14", "3.14t"]
    assert texts(axes)[0] == "process × 2 · 2.00×\n1.50× thread × 2 [1.50, 1.50]"
    assert found.answers == [
        "py_loop on 3.14: process × 2 is the fastest: 1.50× the speed of thread × 2 [1.50, 1.50]; it is faster: 2.00× "
        "sequential [2.00, 2.00].",
        "py_loop on 3.14t: no backend stands out; thread × 2 had the smallest median, and process × 2 is not shown to be slower; it "
        "is faster: 2.00× sequential [2.00, 2.00].",
    ]


def test_sequential_is_the_fastest_where_nothing_beats_it(tmp_path):
    found = drawn(tmp_path, sweep_records({"sequential": [1.0] * 6, "thread": [2.0] * 6}))
    assert found.answers == ["py_loop on 3.14: sequential is the fastest: 2.00× the speed of thread × 2 [2.00, 2.00]."]


def test_few_rounds_make_a_grey_cell_and_no_claim(tmp_path):
    found = drawn(tmp_path, sweep_records({"sequential": [4.0] * 3, "thread": [2.0] * 3, "process": [1.0] * 3}))
    assert colours(found.figure.axes[0]) == [looks.GREY]
    assert found.answers == [
        "py_loop on 3.14: process × 2, 2.00× the speed of thread × 2, from 2.00 to 2.00 in 3 rounds, too few for a claim; it is "
        "4.00× sequential, from 4.00 to 4.00 in 3 rounds, too few for a claim."
    ]


def test_too_few_rounds_of_another_backend_are_told_apart(tmp_path):
    times = {"sequential": [4.0] * 6, "thread": [2.0] * 6, "process": [9.0] * 3}
    assert drawn(tmp_path, sweep_records(times)).answers == [
        "py_loop on 3.14: thread × 2 had the smallest median, 2.00× sequential [2.00, 2.00]; another backend has too few rounds for a "
        "claim."
    ]


def test_many_ties_are_counted(tmp_path):
    backends = ("thread", "thread_pool", "process", "process_pool", "interpreter_pool", "asyncio")
    found = drawn(tmp_path, sweep_records({"sequential": [4.0] * 6, **dict.fromkeys(backends, [2.0] * 6)}))
    assert "thread_pool × 2, process × 2, process_pool × 2 and 2 others are not shown to be slower" in found.answers[0]


def test_one_backend_alone_is_missing(tmp_path):
    with pytest.raises(Missing, match=r"^no workload has times of two backends$"):
        drawn(tmp_path, sweep_records({"sequential": [1.0] * 6}))


def test_nine_builds_stand_in_tables_below_each_other(tmp_path):
    parts = [
        sweep_records({"sequential": [4.0] * 6, "interpreter_pool": [2.0] * 6}, python=f"3.{minor}")
        for minor in range(9)
    ]
    figure = drawn(tmp_path, *parts).figure
    columns = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes]
    assert columns == [["3.0", "3.1", "3.2", "3.3", "3.4"], ["3.5", "3.6", "3.7", "3.8"]]
    assert_no_text_is_cut(figure)
    for axes in figure.axes:
        cell = axes.get_window_extent().width / len(axes.get_xticklabels())
        assert all(text.get_window_extent().width < cell for text in axes.texts)


def test_the_fastest_names_what_one_worker_gains(tmp_path):
    alone = [{**one, "run": f"{one['run']}-w1"} for one in sweep_records({"thread": [3.5] * 6}, workers=1)]
    found = drawn(tmp_path, sweep_records({"sequential": [4.0] * 6, "thread": [3.0] * 6}), alone)
    assert found.answers == [
        "py_loop on 3.14: thread × 2 is the fastest: 1.33× sequential [1.33, 1.33] (one worker alone is 1.14× sequential "
        "[1.14, 1.14], which is no gain of concurrency)."
    ]
