import numpy as np
import pandas as pd
import pytest
from gil_scaling.analysis.figures.looks import WIDTH
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels

from tests.analysis.figures.support import assert_no_text_is_cut


def grid(panels, builds, **columns):
    """One row per panel and build."""
    rows = pd.DataFrame([(panel, build) for panel in panels for build in builds], columns=["panel", "build"])
    return rows.assign(**{"speedup_low": 1.0, "speedup_high": 1.0, **columns})


def plot(axes, rows):
    axes.plot([0, 1], [0, len(rows)], label="line")


def titles(figure):
    return [axes.get_title("left") for axes in figure.axes]


def lines(figure):
    """The titles of the panels on each line."""
    tops = {}
    for axes in figure.axes:
        tops.setdefault(round(axes.get_position().y1, 6), []).append(axes.get_title("left"))
    return [tops[top] for top in sorted(tops, reverse=True)]


def test_a_single_panel_is_as_wide_as_the_page_allows():
    figure = draw_panels(grid("a", ["3.14"]), plot)
    (axes,) = figure.axes
    assert figure.get_figwidth() == WIDTH
    assert axes.get_position().width * WIDTH > 9


@pytest.mark.parametrize(
    ("panels", "builds", "expected"),
    [
        ("ab", "xy", ["ax ay", "bx by"]),
        ("abc", "xy", ["ax ay bx by", "cx cy"]),
        ("abcde", "x", ["ax bx cx dx", "ex"]),
        ("ab", "uvwxy", ["au av aw ax", "ay", "bu bv bw bx", "by"]),
    ],
)
def test_panels_of_a_workload_stand_side_by_side(panels, builds, expected):
    figure = draw_panels(grid(panels, builds), plot)
    assert [" ".join(title.replace(" · ", "") for title in line) for line in lines(figure)] == expected


def test_a_build_without_a_workload_leaves_its_place_empty():
    rows = grid("ab", "xy").query("not (panel == 'a' and build == 'y')")
    assert lines(draw_panels(rows, plot)) == [["a · x"], ["b · x", "b · y"]]


def test_shared_ticks_stand_below_the_lowest_panels():
    figure = draw_panels(grid("abcde", "xyz"), plot, most=3, x_label="workers")
    labelled = [axes.get_title("left") for axes in figure.axes if axes.xaxis.get_tick_params()["labelbottom"]]
    assert labelled == ["e · x", "e · y", "e · z"]
    assert [axes.get_xlabel() for axes in figure.axes[-3:]] == ["workers"] * 3


def test_panels_of_a_workload_can_share_their_limits():
    rows = grid("ab", "xy", high=[1, 2, 3, 4])
    figure = draw_panels(rows, lambda axes, own: axes.set_ylim(0, own["high"].iloc[0]), is_shared_y=True)
    assert [axes.get_ylim()[1] for axes in figure.axes] == [2, 2, 4, 4]


def test_heights_follow_the_rows_of_each_line():
    rows = pd.concat([grid("ab", "x"), grid("b", "x")])
    figure = draw_panels(rows, plot, height=len, most=1)
    heights = [axes.get_position().height * figure.get_figheight() for axes in figure.axes]
    assert heights == pytest.approx([1, 2])


def test_one_legend_stands_beside_the_panels():
    figure = draw_panels(grid("ab", "xy"), plot)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["line"]
    assert all(axes.get_window_extent().x1 < legend.get_window_extent().x0 for axes in figure.axes)


@pytest.mark.parametrize("is_above", [True, False])
@pytest.mark.parametrize("name", ["a", "a name that is far too long to stand above so narrow a panel, n=1,000,000"])
def test_no_text_is_cut(name, is_above):
    figure = draw_panels(grid([name, "b", "c"], "xy"), plot, x_label="x", y_label="y", is_legend_above=is_above)
    assert_no_text_is_cut(figure)


def test_up_to_24_panels_are_all_drawn():
    rows = grid("abcdefghijkl", "xy")
    assert choose_panels(rows) == (rows, "")


def test_of_more_panels_those_with_the_largest_effect_are_drawn():
    panels = [chr(ord("a") + number) for number in range(26)]
    low = np.where(np.isin(panels, ["c", "y"]), 0.2, np.linspace(1, 2, 26))
    high = np.where(np.isin(panels, ["c"]), 0.3, 5.0)  # "y" from 0.2 to 5 is noise
    rows, note = choose_panels(grid(panels, "x", speedup_low=low, speedup_high=high))
    assert set(panels) - set(rows["panel"]) == {"a", "y"}
    assert (
        note
        == "24 of 26 panels are drawn: those with a speedup whose interval stays farthest from 1; the CSV file has all."
    )


def test_builds_of_a_chosen_workload_are_drawn_together():
    rows, note = choose_panels(grid("abcdefghi", "vwxyz", speedup_low=2.0, speedup_high=3.0))
    assert rows.groupby("panel").size().tolist() == [5] * 4
    assert note.startswith("20 of 45 panels are drawn")
