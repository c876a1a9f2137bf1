"""Panels: a grid of axes for workloads and builds, at most 24 of them, placed in inches without a layout engine."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gil_scaling.analysis.figures import drawing
from gil_scaling.analysis.figures.looks import FONT, WIDTH

MAX_PANELS = 24
_HEIGHTS = {1: 3.6, 2: 2.7, 3: 2.1}  # inches of axes, by the panels side by side


class _Grid(sns.FacetGrid):  # type: ignore[misc]
    """A FacetGrid that leaves the layout to place: solving it for 24 panels takes seconds."""

    def tight_layout(self, *_args: Any, **_keywords: Any) -> Self:
        return self


def choose_panels(
    rows: pd.DataFrame,
    measure: str = "speedup",
    *,
    rule: str = "those with a speedup whose interval stays farthest from 1",
    is_ratio: bool = True,
    across: str = "build",
    limit: int = MAX_PANELS,
) -> tuple[pd.DataFrame, str]:
    """The rows of the panels that are drawn, and a sentence for the caption where some are not.

    Of more panels (workloads × builds, or another column `across`) than the limit the workloads with the largest effect are drawn: those where the interval
    of a row's measure stays farthest from 1, or, where it is no ratio, whose lower end is the largest. Noise widens an
    interval, so it does not win. rule: the same in words.
    """
    facets = rows[["panel", across]].drop_duplicates()
    if len(facets) <= limit:
        return rows, ""
    low, high = (rows[f"{measure}{end}"].astype(float) for end in ("_low", "_high"))
    effect = np.maximum(np.log(low), -np.log(high)) if is_ratio else low
    largest = effect.groupby(rows["panel"]).max().sort_values(ascending=False, kind="stable")
    count = max(1, limit // rows[across].nunique())
    shown = facets[facets["panel"].isin(largest.index[:count])].head(limit)
    return rows.merge(shown), f"{len(shown)} of {len(facets)} panels are drawn: {rule}; the CSV file has all."


def draw_panels(
    rows: pd.DataFrame,
    draw_panel: Callable[[Axes, pd.DataFrame], None],
    *,
    height: Callable[[pd.DataFrame], float] | None = None,
    most: int = 4,
    left: float = 0.5,
    x_label: str = "",
    y_label: str = "",
    is_shared_x: bool = True,
    is_shared_y: bool = False,
    is_legend_above: bool = False,
) -> Figure:
    """A figure with a panel for each panel and build of the rows, those of a workload beside each other; all in inches.

    rows: of which a column `title` names the panels otherwise; draw_panel: called with axes and their rows; height: of the axes for their rows, by their width without; most: panels side
    by side; left: room for the y axis; is_shared_x: only the lowest panel of each column has tick labels of x; is_shared_y:
    the panels of a workload have the same limits of y.
    """
    facets, columns = _facets(rows, most)
    grid = _Grid(
        rows.assign(facet=rows["panel"] + " · " + rows["build"]),
        col="facet",
        col_order=[name or f"blank {place}" for place, name in enumerate(facets)],
        col_wrap=columns,
        sharex=False,
        sharey=False,
        height=1,
    )
    heights = [0.0] * -(-len(facets) // columns)
    cells: dict[tuple[int, int], Axes] = {}
    of_facets = dict(list(grid.data.groupby("facet", sort=False)))
    titles = {name: own["title"].iloc[0] if "title" in own else name for name, own in of_facets.items()}
    for place, name in enumerate(facets):
        axes = grid.axes[place]
        if name is None:
            axes.remove()
            continue
        axes.set_gid(f"panel {name}")  # by which the page finds it in the SVG
        draw_panel(axes, of_facets[name])
        cells[divmod(place, columns)] = axes
        line = place // columns
        heights[line] = max(heights[line], height(of_facets[name]) if height else _HEIGHTS.get(columns, 1.8))
    if is_shared_y:
        _share_y(rows, dict(zip(facets, grid.axes, strict=True)))
    for (line, column), axes in cells.items():
        is_lowest = not is_shared_x or (line + 1, column) not in cells
        axes.tick_params(labelbottom=is_lowest, pad=2)
        axes.set_xlabel(x_label if (line + 1, column) not in cells else "", labelpad=2)
        axes.set_ylabel(y_label if column == 0 else "", labelpad=3)
    _place(grid.figure, cells, [titles.get(name, "") for name in facets], heights, columns, left, is_legend_above)
    figure: Figure = grid.figure
    return figure


def draw_row_panels(rows: pd.DataFrame, draw_panel: Callable[[Axes, pd.DataFrame], None], **options: Any) -> Figure:
    """A figure with a line per row, named by its label, in a panel per workload and build.

    draw_panel: called with axes and their rows, which it draws at y = 0, 1, 2 … from the top; options: of draw_panels.
    """

    def draw(axes: Axes, own: pd.DataFrame) -> None:
        draw_panel(axes, own)
        axes.set_yticks(range(len(own)), own["label"])
        axes.set_ylim(len(own) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")

    left = drawing.widest(rows["label"]) + 0.1
    return draw_panels(rows, draw, height=lambda own: 0.18 * len(own) + 0.05, most=2, left=left, **options)


def _facets(rows: pd.DataFrame, most: int) -> tuple[list[str | None], int]:
    """The names of the panels line by line, None where there is none, and how many stand on a line."""
    pairs = set(zip(rows["panel"], rows["build"], strict=True))
    panels, builds = (list(dict.fromkeys(rows[name])) for name in ("panel", "build"))
    beside = max(1, min(len(panels), most // len(builds))) if len(panels) > 2 or len(builds) == 1 else 1
    columns = min(len(builds), most) * beside  # several workloads side by side where they fit
    blanks = [None] * (-len(builds) % columns) if beside == 1 else []
    facets: list[str | None] = []
    for panel in panels:
        facets += [f"{panel} · {build}" if (panel, build) in pairs else None for build in builds]
        facets += blanks
    return facets, columns


def _share_y(rows: pd.DataFrame, axes: dict[str | None, Axes]) -> None:
    """Give the panels of each workload the limits of the largest."""
    for panel, own in rows.groupby("panel", sort=False):
        shared = [axes[f"{panel} · {build}"] for build in own["build"].unique()]
        lows, highs = zip(*(one.get_ylim() for one in shared), strict=True)
        for one in shared:
            one.set_ylim(min(lows), max(highs))


def _place(
    figure: Figure,
    cells: dict[tuple[int, int], Axes],
    titles: list[str],
    heights: list[float],
    columns: int,
    left: float,
    is_legend_above: bool,
) -> None:
    """Give the axes their places and titles, and the figure its height and legend."""
    handles = drawing.handles_of(figure)
    _, legend_lines = drawing.legend_rows(handles) if is_legend_above else (0, 0)
    beside = 0.0 if is_legend_above else drawing.legend_width(handles)
    width = (WIDTH - beside - 2 * drawing.MARGIN - 0.2) / columns
    below = [
        (drawing.TICKS if any(axes.xaxis.get_tick_params()["labelbottom"] for axes in row) else 0.06)
        + (drawing.LABEL if any(axes.get_xlabel() for axes in row) else 0)
        for row in ([axes for (line, _), axes in cells.items() if line == number] for number in range(len(heights)))
    ]
    above = drawing.MARGIN + 0.2 * legend_lines
    total = above + sum(heights) + sum(below) + drawing.TITLE * len(heights) + drawing.MARGIN
    figure.set_size_inches(WIDTH, total)
    y_label = 0.2 if any(axes.get_ylabel() for axes in cells.values()) else 0.0
    for (line, column), axes in cells.items():
        top = above + sum(heights[:line]) + sum(below[:line]) + drawing.TITLE * (line + 1)
        from_left = drawing.MARGIN + y_label + column * width + left
        wide = width - left - 0.15
        box = (from_left / WIDTH, 1 - (top + heights[line]) / total, wide / WIDTH, heights[line] / total)
        axes.set_position(box)
        title = titles[line * columns + column]
        axes.set_title(
            drawing.shorten(title, wide, FONT, "bold"), pad=5, y=1
        )  # with y matplotlib searches no place, which takes half of the time
    if is_legend_above:
        drawing.add_legend_above(figure, handles)
    else:
        drawing.add_legend(figure, handles)
