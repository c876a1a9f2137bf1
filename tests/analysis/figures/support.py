"""Tables for the tests of figures, and what is drawn in them."""

from matplotlib.colors import to_hex
from matplotlib.text import Annotation

from tests.support import compare_sources, write_source


def make_tables_of_sets(folder, label, parts):
    """The tables of result sets of one machine; parts: lists of records, each measured in a separate call and day."""
    sources = []
    for day, records in enumerate(parts, 1):
        changes = {"call": {"id": f"c{day}", "time": "", "host": "node-1"}, "started": f"2026-01-0{day}T00:00:00Z"}
        own = [{**one, **changes} for one in records]
        sources.append(write_source(folder / str(day), own, machine=label, label=f"{label} 2026-01-0{day}", call=None))
    return compare_sources(*sources)


def cells_of(axes):
    """{(column, line): (text, colour)} of the cells of a heat map."""
    columns, lines = ([label.get_text() for label in side] for side in (axes.get_xticklabels(), axes.get_yticklabels()))
    (mesh,) = axes.collections
    mesh.update_scalarmappable()
    colours = mesh.get_facecolor().reshape(len(lines), len(columns), 4)
    texts = [text for text in axes.texts if not isinstance(text, Annotation) and text.get_text()]
    places = [(*map(int, text.get_position()), text.get_text()) for text in texts]
    return {(columns[x], lines[y]): (text, to_hex(colours[y, x])) for x, y, text in places}


def titles_above(axes):
    """{text: place} of the titles above groups of columns of a heat map."""
    titles = [text for text in axes.texts if isinstance(text, Annotation) and text.get_weight() == "bold"]
    return {text.get_text(): text.xy[0] for text in titles}


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
