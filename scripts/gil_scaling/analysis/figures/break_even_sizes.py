"""The time of each backend by a parameter that grows: the size of tasks, or of the data that they take and return."""

import json
import math
import re
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from gil_scaling.analysis import labels, phrases, representatives
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels
from gil_scaling.analysis.statistics.break_even import ALWAYS, BETWEEN, FROM, NEVER
from gil_scaling.analysis.statistics.claims import NO_CLAIM
from gil_scaling.analysis.tables.break_even import UP_TO

TITLE = "From what size on does a backend pay off?"
PLACE = 60
HEADLINE = "From what size of task, and up to what size of data, does it pay off?"

_TIMES = ["time_s", "time_s_low", "time_s_high"]
_DATA = ["panel", "build", "label", "axis", "size", *_TIMES]
_FAMILY = ["workload", "params", "axis"]  # rows that differ in the size alone
_ZEROS = re.compile(r"\.0+(?= )")
_DASHES = ("-", "--", ":", "-.")
_KINDS = {
    FROM: "is faster than sequential from {axis} = {value} on{open}",
    UP_TO: "is faster than sequential up to {axis} = {value}{open}",
    ALWAYS: "is faster than sequential at all sizes measured ({axis} = {span})",
    NEVER: "is faster than sequential at no size measured ({axis} = {span})",
    BETWEEN: "is faster than sequential only at sizes in the middle ({axis} = {span})",
    NO_CLAIM: "{rounds} are too few to say where it is faster than sequential{crossing}",
}
_UNCLEAR = "where it is faster than sequential is not shown, {axis} = {span}"


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one line per backend."""
    break_even = tables["break_even"]
    break_even = break_even[break_even["axis"] != "workers"]
    if break_even.empty:
        raise Missing("no parameter of a workload takes three sizes or more that were measured with sequential, too")
    rows = _rows(tables, break_even)
    if rows.empty:
        raise Missing("no run is ok")
    places = _places(rows, break_even)
    figure, note = _figure(rows, places, looks.backends(tables))
    reading = " ".join(filter(None, [_READING, drawing.interval_note(rows), note]))
    return Drawn(figure, answers(places), reading, rows[_DATA])


_READING = (
    "Time (total, or work where all workers wait for each other) by the parameter, both on logarithmic scales; each backend with "
    "the most workers up to the usable CPUs. Vertical lines: where the times are equal; bands: confidence intervals of these "
    "places, which with an end of 0 or ∞ extend beyond what was measured."
)


def _rows(tables: Tables, break_even: pd.DataFrame) -> pd.DataFrame:
    """The rows of workloads with a parameter that grows, with axis, size and time of one task list, in drawing order.

    panel and params: without the parameter. Of each backend the rows with its typical number of workers.
    """
    rows = tables["summary"]
    rows = rows[~rows["role"].isin(CONTROLS) & (rows["workers_asked"] != "default")]
    params = rows["params"].map(json.loads)
    parts = []
    for axis in break_even["axis"].unique():
        own = params[params.map(lambda one, axis=axis: axis in one)]
        others = own.map(lambda one, axis=axis: json.dumps({k: one[k] for k in one if k != axis}, sort_keys=True))
        sizes = own.map(lambda one, axis=axis: one[axis])
        texts = zip(rows.loc[own.index, "panel"], sizes, strict=True)
        panels = [panel.replace(f", {axis}={labels.short(size)}", "") for panel, size in texts]
        parts.append(rows.loc[own.index].assign(panel=panels, axis=axis, size=sizes.astype(float), params=others))
    rows = pd.concat(parts, ignore_index=True).merge(break_even[_FAMILY].drop_duplicates())
    rows = representatives.typical_rows(_with_times(rows), ["panel", "build", "series"])
    return looks.in_order(tables, rows.sort_values("size"))


def _with_times(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the time of one task list, without those that have none."""
    lists = rows["workers"].astype(float).where(rows["scaling"] == "weak", 1.0)
    times = representatives.counted_times(rows, representatives.common_timed(rows))
    return rows.assign(**{name: each / lists for name, each in times.items()}).dropna(subset="time_s")


def _places(rows: pd.DataFrame, break_even: pd.DataFrame) -> pd.DataFrame:
    """The break-even of each line, with its first and its last size."""
    keys = ["build", *_FAMILY, "series", "workers_asked", "start", "scaling"]
    lines = rows.groupby(["panel", "label", "backend", *keys], sort=False)["size"].agg(first="min", last="max")
    return lines.reset_index().merge(break_even[[*keys, "kind", "value", "value_low", "value_high", "rounds"]], on=keys)


def answers(places: pd.DataFrame) -> list[str]:
    """Where each backend is faster than sequential: one sentence per workload, build and backend."""
    return [f"{row['panel']} on {row['build']}: {_describe(row)}." for _, row in places.iterrows()]


def _describe(row: pd.Series) -> str:
    form = _KINDS.get(row["kind"], _UNCLEAR)
    is_open = row["value_high"] == math.inf if row["kind"] == FROM else row["value_low"] == 0
    value, low, high = (phrases.format_number(row[f"value{end}"]) for end in ("", "_low", "_high"))
    crossing = "" if math.isnan(row["value"]) else f"; the medians are equal at {row['axis']} = {value}"
    text = form.format(
        axis=row["axis"],
        value=f"{value} [{low}, {high}]",
        open=", if at all" if is_open else "",
        span=f"{_size(row['first'])} to {_size(row['last'])}",
        rounds=phrases.format_count(row["rounds"], "round"),
        crossing=crossing,
    )
    return f"{row['label']}{'' if form.startswith('is') else ':'} {text}"


def _size(value: float) -> str:
    return f"{value:g}" if value % 1 else f"{value:,.0f}"


def _figure(rows: pd.DataFrame, places: pd.DataFrame, look: dict[str, looks.Look]) -> tuple[Figure, str]:
    """The figure, and a note for its caption where not all panels are drawn."""
    shown, note = choose_panels(rows, "time_s", rule="those with the longest times", is_ratio=False)

    def draw_panel(axes: Axes, own: pd.DataFrame) -> None:
        counts: dict[str, int] = {}
        for (label, backend), line in own.groupby(["label", "backend"], sort=False):
            counts[backend] = counts.get(backend, -1) + 1
            options = {"color": look[backend].colour, "marker": look[backend].marker, "label": label}
            drawing.line_with_bars(axes, line, "size", "time_s", ls=_DASHES[counts[backend] % len(_DASHES)], **options)
        _scale_sizes(axes, own["size"].drop_duplicates().sort_values())
        _scale_times(axes, own[_TIMES].min().min(), own[_TIMES].max().max())
        panel, build = own[["panel", "build"]].iloc[0]
        own_places = places[(places["panel"] == panel) & (places["build"] == build) & places["value"].notna()]
        for number, (_, row) in enumerate(own_places.iterrows()):
            _draw_place(axes, row, look[row["backend"]].colour, 0.9 - 0.1 * number)

    return draw_panels(
        shown,
        draw_panel,
        is_shared_x=False,
        x_label=phrases.join_words(rows["axis"].unique()),
        y_label="time",
    ), note


def _scale_sizes(axes: Axes, sizes: pd.Series) -> None:
    axes.set_xscale("log")
    axes.set_xlim(sizes.iloc[0] / 1.3, sizes.iloc[-1] * 1.3)
    if len(sizes) <= 6 and sizes.iloc[-1] < 1e5:
        axes.xaxis.set_major_locator(FixedLocator(sizes))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _size(value)))
    axes.xaxis.set_minor_locator(NullLocator())


def _scale_times(axes: Axes, min_s: float, max_s: float) -> None:
    """Ticks at 1, 2 and 5 times powers of ten, at the powers alone where there are many; limits at such ticks."""
    subs = (1, 2, 5) if max_s / min_s < 300 else (1,)
    steps = np.array([10.0**power * sub for power in range(-10, 7) for sub in subs])
    axes.set_yscale("log")
    axes.set_ylim(steps[steps <= min_s * 0.95].max(), steps[steps >= max_s * 1.05].min())
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=30))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _ZEROS.sub("", phrases.format_seconds(value))))


def _draw_place(axes: Axes, row: pd.Series, colour: str, height: float) -> None:
    """A vertical line where a backend breaks even, its interval as a band and, with the value, at a height of the axes."""
    across = axes.get_xaxis_transform()
    left, right = axes.get_xlim()
    if not math.isnan(row["value_low"]):
        low, high = max(left, row["value_low"]), min(right, row["value_high"])
        axes.axvspan(low, high, color=colour, alpha=0.07, lw=0)
        axes.plot([low, high], [height, height], color=colour, lw=2.5, transform=across, solid_capstyle="butt")
    axes.axvline(row["value"], color=colour, lw=1.2)
    above: dict[str, Any] = {"transform": across, "ha": "left", "va": "bottom", "weight": "bold"}
    axes.text(row["value"], height, f" {phrases.format_number(row['value'])}", color=colour, **above)
