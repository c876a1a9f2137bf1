import pytest
from gil_scaling.analysis.figures import overview
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import cells_of, titles_above
from tests.support import make_tables, sweep_records


def drawn(tmp_path, *parts):
    return overview.draw(make_tables(tmp_path, [one for part in parts for one in part]))


@pytest.fixture
def two_builds(tmp_path):
    first = sweep_records({"sequential": [4.0] * 6, "thread": [4.0] * 6, "process": [2.0] * 6}, python="3.14")
    return drawn(tmp_path, first, sweep_records({"sequential": [4.0] * 6, "thread": [8.0] * 6}, python="3.14t"))


def test_every_combination_is_a_cell_with_its_speedup(two_builds):
    (axes,) = two_builds.figure.axes
    assert [text.get_text() for text in axes.texts[:4]] == ["1.00", "0.50", "2.00", "3.14"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["py_loop · thread", "py_loop · process"]
    assert titles_above(axes) == {"3.14": 0.5, "3.14t": 1.5}


def test_speedups_above_and_below_1_differ_in_hue(tmp_path):
    times = {"sequential": [4.0] * 6, "thread": [4.0] * 6, "process": [2.0] * 6, "thread_pool": [8.0] * 6}
    (axes,) = drawn(tmp_path, sweep_records(times)).figure.axes
    colours = [colour for _, colour in cells_of(axes).values()]
    assert colours == ["#f6f7f7", "#b4531a", "#1b6ca8"]


def test_sentences_count_the_claims_of_each_build(two_builds):
    assert two_builds.answers == [
        "3.14: faster on 1 of 2 combinations, the same within 5 % on 1, relative to sequential.",
        "3.14t: slower, relative to sequential.",
    ]


def test_sequential_alone_is_missing(tmp_path):
    with pytest.raises(Missing, match=r"^no backend beside sequential has a speedup$"):
        drawn(tmp_path, sweep_records({"sequential": [4.0] * 6}))
