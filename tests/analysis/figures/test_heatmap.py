import pandas as pd
import pytest
from gil_scaling.analysis.figures.heatmap import categories, draw_heatmaps
from gil_scaling.analysis.figures.looks import WIDTH

from tests.analysis.figures.support import assert_no_text_is_cut


def cells(*rows):
    """Cells of (line, group, column, value)."""
    table = pd.DataFrame(rows, columns=["line", "group", "column", "value"])
    return table.assign(text=table["value"].map("{:g}".format))


def shown(axes):
    """{(line, column): text} of the cells of a table."""
    lines, columns = ([label.get_text() for label in side] for side in (axes.get_yticklabels(), axes.get_xticklabels()))
    texts = [text for text in axes.texts if not hasattr(text, "xyann")]
    return {(lines[int(y)], columns[int(x)]): text.get_text() for text in texts for x, y in [text.get_position()]}


def test_each_cell_stands_in_its_line_and_column_with_its_text():
    figure = draw_heatmaps(cells(("b", "", "x", 1), ("a", "", "y", 2)), cell=(1, 0.3))
    (axes,) = figure.axes
    assert shown(axes) == {("b", "x"): "1", ("a", "y"): "2"}
    assert axes.get_ylim() == (2, 0)


def test_columns_that_do_not_fit_stand_in_a_further_table():
    rows = [("a", "", f"c{number}", number) for number in range(9)] + [("b", "", "c8", 1)]
    first, second = draw_heatmaps(cells(*rows), cell=(2.0, 0.3)).axes
    assert [len(axes.get_xticklabels()) for axes in (first, second)] == [5, 4]
    assert [label.get_text() for label in first.get_yticklabels()] == ["a"]
    assert first.get_position().y0 > second.get_position().y1


def test_groups_stand_above_the_middle_of_their_columns():
    rows = [("a", group, column, 1) for group in ("3.14", "3.14t") for column in ("2", "4")]
    (axes,) = draw_heatmaps(cells(*rows), cell=(0.4, 0.3)).axes
    assert {text.get_text(): text.xy[0] for text in axes.texts if hasattr(text, "xyann")} == {"3.14": 1, "3.14t": 3}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "4", "2", "4"]


def test_heatmap_legend_shows_the_categories_that_occur():
    looks = {"up": ("faster", "#112233"), "none": ("no claim", "#ffffff"), "down": ("slower", "#445566")}
    values, options, handles = categories(looks, pd.Series(["down", "up", "up"]))
    assert list(values) == [1, 0, 0]
    assert list(options["cmap"].colors) == ["#112233", "#445566"]
    assert list(handles) == ["faster", "slower"]


def test_text_on_dark_cells_is_white():
    figure = draw_heatmaps(cells(("a", "", "x", 0.0), ("a", "", "y", 1.0)), cell=(1, 0.3), cmap="Blues", vmin=0, vmax=1)
    assert [text.get_color() for text in figure.axes[0].texts] == ["black", "white"]


@pytest.mark.parametrize(
    "name", ["b", "W" * 60, "words of a name that go on and on and on and on and on and on and on"]
)
def test_no_text_is_cut(name):
    _, options, handles = categories({0: (name[:30], "#000000")}, pd.Series([0]))
    figure = draw_heatmaps(
        cells((name, name, name, 0), ("a", "b", "c", 0)), cell=(0.5, 0.3), handles=handles, **options
    )
    assert_no_text_is_cut(figure)
    assert figure.get_figwidth() == WIDTH
