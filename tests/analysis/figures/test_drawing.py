import pandas as pd
import pytest
from gil_scaling.analysis.figures import drawing
from matplotlib.figure import Figure


@pytest.fixture
def axes():
    return Figure().subplots()


def test_text_width_is_that_of_the_longest_line():
    assert drawing.text_width("wide text\nx") == drawing.text_width("wide text") > drawing.text_width("x") > 0


def test_shorten_cuts_a_text_to_its_width():
    cut = drawing.shorten("a long name", drawing.text_width("a long…"))
    assert cut == "a long…"
    assert drawing.shorten("a name", 9) == "a name"


def test_wrap_breaks_at_blanks_and_cuts_long_words():
    width = drawing.text_width("aaa bbb")
    assert drawing.wrap("aaa bbb ccc", width) == "aaa bbb\nccc"
    assert drawing.wrap("aaa " + "b" * 40, width).split("\n")[1].endswith("…")


def test_worker_axis_has_a_tick_at_each_count(axes):
    drawing.worker_axis(axes, [1, 4, 2, 2])
    assert list(axes.get_xticks()) == [1, 2, 4]
    assert axes.get_xscale() == "log"


@pytest.mark.parametrize(("cpus", "shades"), [(2, [2.1]), (8, [])])
def test_shade_beyond_cpus_begins_after_the_cpus(axes, cpus, shades):
    drawing.worker_axis(axes, [1, 8])
    axes.set_xlim(1, 8)
    drawing.shade_beyond_cpus(axes, cpus)
    assert [patch.get_x() for patch in axes.patches] == shades


@pytest.mark.parametrize(
    ("rounds", "kinds", "text"),
    [
        ([6, 6], ["ci95", "ci95"], "Medians over 6 rounds; the bars are 95 % confidence intervals."),
        ([1], ["range"], "Medians over 1 round; the bars are ranges (too few rounds for a confidence interval)."),
        (
            [3, 6],
            ["range", "ci95"],
            "Medians over 3 to 6 rounds; the bars are 95 % confidence intervals and ranges (too few rounds for a confidence "
            "interval).",
        ),
        ([None], [None], "No run was ok."),
    ],
)
def test_interval_note_names_rounds_and_intervals(rounds, kinds, text):
    assert drawing.interval_note(pd.DataFrame({"rounds_ok": rounds, "interval": kinds})) == text


def dots(rows, names=("3.14", "3.14t")):
    table = pd.DataFrame(rows, columns=["panel", "build", "x", "x_low", "x_high"])
    return drawing.draw_dots(table, "x", {name: {"color": "k", "marker": "o"} for name in names})


def test_dots_of_builds_stand_around_the_line_of_their_panel():
    axes = dots([("a", "3.14", 1, 0.5, 2), ("a", "3.14t", 2, 1, 3), ("b", "3.14t", 4, 3, 5)])
    marks = {one.get_label(): one[0].get_xydata().tolist() for one in axes.containers}
    assert marks == {"3.14": [[1, pytest.approx(-0.18)]], "3.14t": [[2, pytest.approx(0.18)], [4, pytest.approx(1.18)]]}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.containers[0][2][0].get_segments()[0][:, 0].tolist() == [0.5, 2]


def test_legend_above_has_as_many_columns_as_fit():
    assert drawing.legend_rows(dict.fromkeys("abc")) == (3, 1)
    columns, lines = drawing.legend_rows(dict.fromkeys(f"a rather long name of a series {n}" for n in range(9)))
    assert columns < 9 <= columns * lines
