"""Tables for the tests of figures: made of records, or of rows by hand."""

from gil_scaling.analysis.figures import _interim
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import write_result_set


def make_tables(folder, records, **options):
    """The tables of a result set of these records; options: of write_result_set."""
    return prepare(tables.tables(load(write_result_set(folder, records, **options))))


def prepare(made):
    """Tables with the columns by which combinations are drawn."""
    return _interim.with_columns(made)


def assert_no_text_is_cut(figure):
    """Every text of a figure lies within it."""
    figure.draw_without_rendering()
    width, height = figure.bbox.width, figure.bbox.height
    boxes = [axes.get_tightbbox() for axes in figure.axes] + [legend.get_window_extent() for legend in figure.legends]
    for box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height


def lines(axes):
    """{label: line} of the lines with bars, which are drawn in this order."""
    return {container.get_label(): container[0] for container in axes.containers}


def titles(figure):
    """The titles of the panels."""
    return [axes.get_title("left") for axes in figure.axes]


def bars(axes):
    """(left, width, middle) of the horizontal bars."""
    boxes = [path.get_extents() for path in axes.collections[0].get_paths()]
    return [(box.x0, box.width, (box.y0 + box.y1) / 2) for box in boxes]
