import pytest
from gil_scaling.analysis.figures import _style, fastest
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables
from matplotlib.colors import to_hex

from tests.support import sweep_records, write_result_set


def drawn(tmp_path, *parts):
    records = [one for part in parts for one in part]
    return fastest.draw(tables.tables(load(write_result_set(tmp_path, records))))


def colours(axes):
    return [to_hex(patch.get_facecolor()) for patch in axes.patches]


def test_a_cell_has_the_colour_of_the_fastest_and_is_grey_where_none_stands_out(tmp_path):
    clear = sweep_records({"sequential": [4.0] * 6, "thread": [3.0] * 6, "process": [2.0] * 6}, python="3.14")
    tied = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6, "process": [2.0] * 6}, python="3.14t")
    found = drawn(tmp_path, clear, tied)
    (axes,) = found.figure.axes
    assert colours(axes) == [_style.look("process")[0], "#c9c9c9"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3.14", "3.14t"]
    assert [text.get_text() for text in axes.texts][:2] == ["process × 2  2.00×", "1.50 [1.50, 1.50] × thread × 2"]
    assert found.answers == [
        "py_loop on 3.14: process × 2 is the fastest: 1.50× the speed of thread × 2 [1.50, 1.50]; it is faster: 2.00× "
        "sequential [2.00, 2.00].",
        "py_loop on 3.14t: no backend stands out; thread × 2 was the fastest, and process × 2 is not shown to be slower; it "
        "is faster: 2.00× sequential [2.00, 2.00].",
    ]


def test_a_sequence_that_nothing_beats_is_the_fastest(tmp_path):
    found = drawn(tmp_path, sweep_records({"sequential": [1.0] * 6, "thread": [2.0] * 6}))
    assert found.answers == ["py_loop on 3.14: sequential is the fastest: 2.00× the speed of thread × 2 [2.00, 2.00]."]


def test_few_rounds_make_a_grey_cell_and_a_sentence_without_a_claim(tmp_path):
    found = drawn(tmp_path, sweep_records({"sequential": [4.0] * 3, "thread": [2.0] * 3, "process": [1.0] * 3}))
    assert colours(found.figure.axes[0]) == ["#c9c9c9"]
    assert found.answers == [
        "py_loop on 3.14: process × 2, 2.00× the speed of thread × 2, from 2.00 to 2.00 in 3 rounds, too few for a claim; it is "
        "4.00× sequential, from 4.00 to 4.00 in 3 rounds, too few for a claim."
    ]


def test_many_ties_are_counted(tmp_path):
    backends = ("thread", "thread_pool", "process", "process_pool", "interpreter_pool", "asyncio")
    found = drawn(tmp_path, sweep_records({"sequential": [4.0] * 6, **dict.fromkeys(backends, [2.0] * 6)}))
    assert "thread_pool × 2, process × 2, process_pool × 2 and 2 others are not shown to be slower" in found.answers[0]


def test_one_backend_alone_is_no_choice(tmp_path):
    with pytest.raises(_style.Missing, match=r"^no workload has times of two backends$"):
        drawn(tmp_path, sweep_records({"sequential": [1.0] * 6}))


@pytest.mark.parametrize(("colour", "ink"), [((1, 1, 1), "black"), ((0, 0, 0), "white"), ((0, 0.45, 0.7), "white")])
def test_text_stands_on_a_colour_in_the_ink_with_more_contrast(colour, ink):
    assert _style.ink_on(colour) == ink


def test_the_map_holds_nine_builds_without_text_beyond_its_cells(tmp_path):
    parts = [
        sweep_records({"sequential": [4.0] * 6, "interpreter_pool": [2.0] * 6}, python=f"3.{minor}")
        for minor in range(9)
    ]
    figure = drawn(tmp_path, *parts).figure
    figure.draw_without_rendering()
    named = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes]
    assert named == [["3.0", "3.1", "3.2"], ["3.3", "3.4", "3.5"], ["3.6", "3.7", "3.8"]]
    for axes in figure.axes:
        cells = [patch.get_window_extent() for patch in axes.patches]
        for number, text in enumerate(axes.texts):
            box, cell = text.get_window_extent(), cells[number // 2]
            assert cell.x0 <= box.x0 and box.x1 <= cell.x1 and cell.y0 <= box.y0 and box.y1 <= cell.y1
