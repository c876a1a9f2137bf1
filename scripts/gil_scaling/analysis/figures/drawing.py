"""What all figures share: the result of drawing one, text widths, legends, axes of workers, and notes for captions."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import ArrayLike

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures.looks import FONT, PARTS, WIDTH

MARGIN = 0.12  # inches around a figure
TITLE = 0.3  # inches above axes
TICKS = 0.25  # inches below axes, for the labels of ticks
LABEL = 0.2  # inches further below, for the label of the axis
SHADED = "Shaded: more workers than usable CPUs."

Tables = Mapping[str, pd.DataFrame]


class Drawn(NamedTuple):
    """A figure with its text.

    answers: sentences that answer its question, the most important ones first; reading: how to read it, with n and the kind
    of the intervals; data: what it shows, one row per mark.
    """

    figure: Figure
    answers: list[str]
    reading: str
    data: pd.DataFrame


class Missing(Exception):
    """There is nothing to draw; the message names what is missing."""


def timed_rows(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows that have times, without control runs; raises Missing."""
    rows = summary[~summary["role"].isin(CONTROLS) & summary["total_s"].notna()]
    if rows.empty:
        raise Missing("no run is ok")
    return rows


@cache
def text_width(text: str, size: float = FONT - 1, weight: str = "normal") -> float:
    """The width of the longest line of a text in inches."""
    font = FontProperties(family=mpl.rcParams["font.sans-serif"], size=size, weight=weight)
    widths = (text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] for line in text.split("\n"))
    return float(max(widths)) / 72


def widest(texts: Iterable[str], size: float = FONT - 1) -> float:
    """The width of the widest of several texts in inches, 0 without any."""
    return max((text_width(text, size) for text in texts), default=0.0)


def shorten(text: str, width: float, size: float = FONT - 1, weight: str = "normal") -> str:
    """A text cut to a width in inches, with an ellipsis where something is cut."""
    while len(text) > 2 and text_width(text, size, weight) > width:
        text = text[:-2].rstrip() + "…"
    return text


def wrap(text: str, width: float, size: float = FONT - 1, weight: str = "normal") -> str:
    """A text in lines of at most a width in inches, broken at blanks; longer words are cut."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(word, width, size, weight))
    return "\n".join(lines)


def new_figure(height: float) -> tuple[Figure, Callable[..., Axes]]:
    """An empty figure as wide as the page, and a function that adds axes at left, top, width, height in inches from its top left."""
    figure = Figure(figsize=(WIDTH, height))

    def add(left: float, top: float, width: float, high: float) -> Axes:
        return figure.add_axes((left / WIDTH, 1 - (top + high) / height, width / WIDTH, high / height))

    return figure, add


def handles_of(figure: Figure) -> dict[str, Any]:
    """{label: handle} of all axes of a figure, each label once."""
    handles: dict[str, Any] = {}
    for axes in figure.axes:
        found, labels = axes.get_legend_handles_labels()
        handles.update(zip(labels, found, strict=True))
    return handles


def legend_width(labels: Iterable[str]) -> float:
    """The inches that a legend beside the axes takes, 0 without labels."""
    width = widest(labels, FONT)
    return width + 0.55 if width else 0.0


def add_legend(figure: Figure, handles: Mapping[str, Any]) -> None:
    """Add one legend for all axes, at the right edge of the figure; see legend_width."""
    if handles:
        right, top = 1 - MARGIN / WIDTH, 1 - MARGIN / figure.get_figheight()
        where: dict[str, Any] = {
            "loc": "upper right",
            "bbox_to_anchor": (right, top),
            "borderpad": 0,
            "borderaxespad": 0,
        }
        figure.legend(list(handles.values()), list(handles), **where)


def legend_rows(handles: Mapping[str, Any]) -> tuple[int, int]:
    """(columns, lines) of a legend above the axes, as many columns as fit."""
    if not handles:
        return 0, 0
    columns = max(1, min(len(handles), int((WIDTH - 2 * MARGIN) / (widest(handles, FONT) + 0.65))))
    return columns, -(-len(handles) // columns)


def add_legend_above(figure: Figure, handles: Mapping[str, Any]) -> None:
    """Add one legend for all axes, at the top of the figure, 0.2 inches for each line; see legend_rows."""
    columns, _ = legend_rows(handles)
    if columns:
        where: dict[str, Any] = {
            "loc": "upper left",
            "bbox_to_anchor": (MARGIN / WIDTH, 1 - MARGIN / figure.get_figheight()),
        }
        figure.legend(list(handles.values()), list(handles), ncols=columns, borderpad=0, borderaxespad=0, **where)


def line_with_bars(axes: Axes, rows: pd.DataFrame, across: str, measure: str, **options: Any) -> None:
    """Draw a line over a column, with bars from measure_low to measure_high where these are known."""
    middle, low, high = (rows[f"{measure}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
    axes.errorbar(
        rows[across].to_numpy(float), middle, np.abs([middle - low, high - middle]), ms=4.5, lw=1.4, **options
    )


def marks_with_bars(axes: Axes, rows: pd.DataFrame, measure: str, places: ArrayLike, **options: Any) -> None:
    """Draw marks at heights of the axes, with bars from measure_low to measure_high where these are known."""
    middle, low, high = (rows[f"{measure}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
    axes.errorbar(middle, places, xerr=np.abs([middle - low, high - middle]), **{"ls": "", **options})


def draw_bars(axes: Axes, left: Any, width: Any, places: Any, *, height: float = 0.7, **options: Any) -> None:
    """Draw horizontal bars as one artist: arrays of their left ends and widths, and the places of their middles."""
    low, high = np.asarray(places, float) - height / 2, np.asarray(places, float) + height / 2
    start, end = np.asarray(left, float), np.asarray(left, float) + np.asarray(width, float)
    corners = np.stack([start, low, end, low, end, high, start, high], axis=-1).reshape(-1, 4, 2)
    axes.add_collection(PolyCollection(list(corners), lw=0, **options))


def draw_stacks(axes: Axes, rows: pd.DataFrame, parts: Iterable[str]) -> None:
    """One bar per row, made of these columns one after the other; parts: of looks.PARTS."""
    left = np.zeros(len(rows))
    for name in parts:
        label, colour = PARTS[name]
        width = rows[name].to_numpy(float)
        draw_bars(axes, left, width, np.arange(len(rows)), facecolor=colour, label=label)
        left = left + width


def worker_axis(axes: Axes, counts: Iterable[float]) -> None:
    """Make the x axis a log2 axis of worker counts with a tick at each."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(sorted(set(map(int, counts)))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def scale_ratios(axes: Axes, ratios: pd.DataFrame) -> None:
    """Make the y axis a log2 axis that holds the ratios and at least 0.5 to 2, with a tick at each power of two."""
    axes.set_yscale("log", base=2)
    axes.set_ylim(min(0.5, ratios.min().min() / 1.1), max(2, ratios.max().max() * 1.1))
    axes.yaxis.set_major_locator(LogLocator(base=2))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def few_ticks(axes: Axes) -> None:
    """At most five ticks on the y axis."""
    axes.yaxis.set_major_locator(MaxNLocator(5))


def shade_beyond_cpus(axes: Axes, usable_cpus: float) -> None:
    """Shade the worker counts beyond the usable CPUs, if known, after everything else is drawn on an axis of workers."""
    left, right = axes.get_xlim()
    if pd.notna(usable_cpus) and right > usable_cpus * 1.05:
        axes.axvspan(max(left, usable_cpus * 1.05), right, color="0.5", alpha=0.12, lw=0, zorder=0)
        axes.set_xlim(left, right)


def draw_dots(rows: pd.DataFrame, measure: str, looks: Mapping[str, dict[str, Any]], right: float = 0.0) -> Axes:
    """The axes of a new figure: a line per panel in the order of the rows, with a mark and its interval per build.

    looks: {build: keywords of its marks}; right: inches to leave free beside the axes, for notes.
    """
    names = [name for name in looks if name in set(rows["build"])]
    panels = list(dict.fromkeys(rows["panel"]))
    left, beside = widest(panels) + 2 * MARGIN, legend_width(names) + right
    high = (0.24 + 0.13 * len(names)) * len(panels)
    figure, add = new_figure(high + TITLE + TICKS + LABEL + 2 * MARGIN)
    axes = add(left, TITLE + MARGIN, WIDTH - left - beside - 2 * MARGIN, high)
    for place, name in enumerate(names):
        own = rows[rows["build"] == name]
        shift = (place - (len(names) - 1) / 2) * 0.72 / len(names)
        places = [panels.index(panel) + shift for panel in own["panel"]]
        marks_with_bars(axes, own, measure, places, ms=5.5, label=name, **looks[name])
    for place in range(1, len(panels), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="0.5", alpha=0.08, lw=0, zorder=0)
    axes.grid(visible=False, axis="y")
    axes.set_yticks(range(len(panels)), panels)
    axes.set_ylim(len(panels) - 0.5, -0.5)
    axes.spines[["top", "right"]].set_visible(False)
    add_legend(figure, handles_of(figure))
    return axes


RATIOS = "Hodges–Lehmann estimates of the ratios"


def interval_note(rows: pd.DataFrame, estimates: str = "Medians") -> str:
    """How many rounds the rows rest on and what their intervals are, for captions; estimates: what is drawn."""
    counts = sorted(set(rows["rounds_ok"].dropna().astype(int)))
    if not counts:
        return "No run was ok."
    span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    kind = describe_intervals(rows["interval"])
    return f"{estimates} over {span} round{'s' if counts[-1] > 1 else ''}; the bars are {kind}."


def describe_intervals(kinds: pd.Series) -> str:
    """What the intervals of rows are, in words."""
    names = {"ci95": "95 % confidence intervals", "range": "ranges (too few rounds for a confidence interval)"}
    return phrases.join_words(text for kind, text in names.items() if kind in set(kinds)) or "intervals"
