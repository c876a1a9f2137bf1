"""Tables of coloured cells, as many columns beside each other as fit, the others in further tables below."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gil_scaling.analysis.figures import drawing
from gil_scaling.analysis.figures.looks import FONT, WIDTH, ink_on

_MAX_LABEL = 4.0  # inches of the labels of lines
_LINE = 0.15  # inches of a line of text above the columns
TEXT_SIZE = 7.5  # points, of the text in a cell


def draw_heatmaps(
    cells: pd.DataFrame,
    *,
    cell: tuple[float, float],
    handles: Mapping[str, Any] | None = None,
    columns: list[tuple[str, str]] | None = None,
    **options: Any,
) -> Figure:
    """A figure of tables with a line for each `line` and a column for each `group` and `column` of the cells, in their order.

    cells: one row per cell with the columns line, group, column, value (which gives the colour) and text; cell: least width and
    the height in inches; columns: (group, column) in another order; options: for seaborn's heatmap (cmap, norm …).
    """
    handles = handles or {}
    names = list(dict.fromkeys(cells["line"]))
    left = min(_MAX_LABEL, drawing.widest(names)) + 2 * drawing.MARGIN
    labels = {name: drawing.shorten(name, _MAX_LABEL) for name in names}
    columns = columns or list(dict.fromkeys(zip(cells["group"], cells["column"], strict=True)))
    fit = max(1, int((WIDTH - left - drawing.MARGIN) / cell[0]))
    count = -(-len(columns) // fit)
    per_table = -(-len(columns) // count)
    width = min((WIDTH - left - drawing.MARGIN) / per_table, 2.5 * cell[0])
    parts = []
    for start in range(0, len(columns), per_table):
        shown = columns[start : start + per_table]
        own = cells[pd.MultiIndex.from_frame(cells[["group", "column"]]).isin(shown)]
        lines = [name for name in names if name in set(own["line"])]
        parts.append((shown, lines, own, _heads(shown, width)))
    legend = 0.2 * drawing.legend_rows(handles)[1] + (0.1 if handles else 0)
    total = sum(cell[1] * len(lines) + high for _, lines, _, (*_, high) in parts) + legend + 2 * drawing.MARGIN
    figure, add = drawing.new_figure(total)
    top = drawing.MARGIN + legend
    for shown, lines, own, (names_above, groups, high) in parts:
        axes = add(left, top + high, width * len(shown), cell[1] * len(lines))
        _draw_table(axes, own, shown, lines, options)
        axes.set_xticks([place + 0.5 for place in range(len(shown))], names_above)
        axes.set_yticks([place + 0.5 for place in range(len(lines))], [labels[name] for name in lines])
        _name_groups(axes, groups, max(name.count("\n") + 1 for name in names_above))
        top += high + cell[1] * len(lines)
    drawing.add_legend_above(figure, handles)
    return figure


def draw_worker_heatmap(
    rows: pd.DataFrame, measure: str, format_value: Callable[[float], str], **options: Any
) -> Figure:
    """A heat map of a measure: a line per panel and series, a column per number of workers of each build.

    Numbers of workers beyond the usable CPUs are grey. rows: with the column `value`, which gives the colours.
    """
    workers = rows["workers"].astype("str").where(rows["workers_asked"] != "default", "default")
    ordered = rows.assign(column=workers, is_default=workers.eq("default")).sort_values(
        ["is_default", "workers"], kind="stable"
    )
    columns = pd.MultiIndex.from_frame(ordered[["build", "column"]].drop_duplicates())
    columns = columns[columns.get_level_values(0).map(list(dict.fromkeys(rows["build"])).index).argsort(kind="stable")]
    cells = pd.DataFrame(
        {
            "line": rows["panel"] + " · " + rows["series"],
            "group": rows["build"],
            "column": workers,
            "value": rows["value"],
            "text": rows[measure].map(format_value),
        }
    ).drop_duplicates(["line", "group", "column"])
    figure = draw_heatmaps(cells, columns=list(columns), cell=(0.42, 0.2), **options)
    usable_cpus = float(rows["usable_cpus"].astype(float).max())
    for axes in figure.axes:
        for label in axes.get_xticklabels():
            if label.get_text().isdecimal() and int(label.get_text()) > usable_cpus:
                label.set_color("0.55")
        where: dict[str, Any] = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points"}
        axes.annotate("workers", (0, 1), (-4, 3), ha="right", va="bottom", size=FONT - 1, **where)
    return figure


def categories(
    values: Mapping[str, tuple[str, str]], keys: pd.Series
) -> tuple[pd.Series, dict[str, Any], dict[str, Patch]]:
    """Colours for cells of categories: numbers of the keys, options of draw_heatmaps, and the legend of those that occur.

    values: {key: (label, colour)}.
    """
    used = [key for key in values if key in set(keys)]
    colours = [values[key][1] for key in used]
    options = {"cmap": ListedColormap(colours), "vmin": -0.5, "vmax": len(used) - 0.5}
    handles = {values[key][0]: Patch(facecolor=values[key][1], edgecolor="0.7") for key in used}
    return keys.map({key: place for place, key in enumerate(used)}).astype(float), options, handles


def _heads(columns: list[tuple[str, str]], width: float) -> tuple[list[str], list[tuple[float, int, str]], float]:
    """The names above columns in lines, (middle, first place, text) of each group, and the inches that they take."""
    names = [drawing.wrap(name, width - 0.06) for _, name in columns]
    groups = []
    for group in dict.fromkeys(group for group, _ in columns):
        places = [place for place, (own, _) in enumerate(columns) if own == group]
        text = drawing.wrap(group, width * len(places) - 0.1, FONT, "bold")
        groups.append((sum(places) / len(places) + 0.5, places[0], text))
    lines = max(name.count("\n") + 1 for name in names) + max(
        text.count("\n") + 1 if text else 0 for *_, text in groups
    )
    return names, groups, 0.16 + _LINE * lines


def _draw_table(
    axes: Axes,
    cells: pd.DataFrame,
    columns: list[tuple[str, str]],
    lines: list[str],
    options: dict[str, Any],
) -> None:
    keyed = cells.set_index(["line", "group", "column"])
    values, texts = (keyed[name].unstack(["group", "column"]).reindex(lines)[columns] for name in ("value", "text"))
    sns.heatmap(
        values.astype(float),
        annot=texts.fillna(""),
        fmt="",
        annot_kws={"size": TEXT_SIZE},
        cbar=False,
        linewidths=1,
        ax=axes,
        xticklabels=False,
        yticklabels=False,
        **options,
    )
    mesh = axes.collections[0]
    mesh.update_scalarmappable()
    inks = [
        ink_on(colour)
        for colour, value in zip(mesh.get_facecolor(), values.to_numpy().ravel(), strict=True)
        if value == value
    ]
    for text, ink in zip(axes.texts, inks, strict=False):
        text.set_color(ink)
    axes.set(xlabel="", ylabel="")
    axes.set_title("", y=1)  # so that matplotlib searches no place for it
    axes.grid(visible=False)
    axes.tick_params(length=0, labeltop=True, labelbottom=False, pad=2, rotation=0)


def _name_groups(axes: Axes, groups: list[tuple[float, int, str]], lines: int) -> None:
    """The name of each group above its columns, and a line before each but the first."""
    rise = 3 + 72 * _LINE * lines  # points: the names of the columns are below
    for middle, first, text in groups:
        where: dict[str, Any] = {
            "xycoords": axes.get_xaxis_transform(),
            "textcoords": "offset points",
            "annotation_clip": False,
        }
        if text:
            axes.annotate(text, (middle, 1), (0, rise), ha="center", va="bottom", weight="bold", size=FONT, **where)
        if first:
            axes.axvline(first, color="0.3", lw=1.2)
