"""The time of each backend against a parameter that grows: the size of tasks, or of the data that they take and return."""

import json
import math
import re

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.statistics.break_even import ALWAYS, BETWEEN, FROM, NEVER
from gil_scaling.analysis.statistics.claims import NO_CLAIM
from gil_scaling.analysis.tables.break_even import UP_TO

TITLE = "From what size on does a backend pay?"
PLACE = 60
HEADLINE = "From what size of task, and up to what size of data, does it pay?"

_COMBINATION = ["python", "workload", "params", "axis", "backend", "backend_params", "workers_asked"]
_COMBINATION += ["switch_interval_s", "start", "scaling"]
_TIMES = ["time_s", "time_s_low", "time_s_high"]
_DATA = ["panel", "python", "way", "axis", "size", *_TIMES]
_ZEROS = re.compile(r"\.0+(?= )")
_LINES = ("-", "--", ":", "-.")
_KINDS = {
    FROM: "is faster than the sequence from {axis} = {value} on{open}",
    UP_TO: "is faster than the sequence up to {axis} = {value}{open}",
    ALWAYS: "is faster than the sequence throughout, {span}",
    NEVER: "is nowhere faster than the sequence, {span}",
    BETWEEN: "is faster than the sequence only somewhere between the ends, {span}",
    NO_CLAIM: "{rounds} are too few to say where it is faster than the sequence{crossing}",
}
_UNCLEAR = "where it is faster than the sequence is not shown, {span}"


def draw(tables):
    """One panel a workload and build, one line a backend."""
    found = tables["break_even"]
    found = found[found["axis"] != "workers"]
    if found.empty:
        raise _style.Missing("no parameter of a workload takes three sizes or more, each measured in sequence, too")
    rows = _typical(_with_sizes(tables["summary"], found))
    if rows.empty:
        raise _style.Missing("no run is ok")
    places = _places(rows, found)
    return _style.Drawn(_figure(rows, places), answers(places), _reading(rows), rows[_DATA])


def _reading(rows):
    return (
        "Time (total, or work where all workers wait for each other) against the parameter, both on logarithmic scales; each "
        "backend with the most workers up to the usable CPUs. Vertical lines: where the times are equal, as the sentences "
        "say; bands: the intervals of these places, which with an end of 0 or ∞ reach beyond what was measured. "
        f"{_style.interval_note(rows)}"
    )


def answers(places):
    """Where each backend is faster than the sequence, a sentence a workload, build and backend; places: as _places gives."""
    return [f"{row['panel']} on {row['python']}: {_said(row)}." for row in places.to_dict("records")]


def _said(row):
    form = _KINDS.get(row["kind"], _UNCLEAR)
    first, last = _size(row["first"]), _size(row["last"])
    is_open = row["value_high"] == math.inf if row["kind"] == FROM else row["value_low"] == 0
    value = f"{_place(row['value'])} [{_place(row['value_low'])}, {_place(row['value_high'])}]"
    crossing = "" if math.isnan(row["value"]) else f"; the medians are equal at {row['axis']} = {_place(row['value'])}"
    said = form.format(
        axis=row["axis"],
        value=value,
        open=", if at all" if is_open else "",
        span=f"{row['axis']} = {first} to {last}",
        rounds=phrases.format_count(row["rounds"], "round"),
        crossing=crossing,
    )
    return f"{row['way']}{'' if form.startswith('is') else ':'} {said}"


def _place(value):
    return "∞" if value == math.inf else phrases.format_number(value)


def _size(value):
    return phrases.format_number(value if value % 1 else int(value))


def _with_sizes(summary, found):
    """The rows with times of the workloads in which a parameter grows, with panel, axis and size; params: the others."""
    summary = summary[(summary["role"] != "ceiling") & (summary["workers_asked"] != "default")]
    params = summary["params"].map(json.loads)
    parts = []
    for workload, others, axis in found[["workload", "params", "axis"]].drop_duplicates().itertuples(index=False):
        rest = params.map(lambda one, axis=axis: json.dumps({k: one[k] for k in one if k != axis}, sort_keys=True))
        is_own = (summary["workload"] == workload) & (rest == others) & params.map(lambda one, axis=axis: axis in one)
        sizes = params[is_own].map(lambda one, axis=axis: float(one[axis]))
        parts.append(summary[is_own].assign(axis=axis, size=sizes, params=others))
    return labels.panels(_with_costs(pd.concat(parts, ignore_index=True)))


def _with_costs(rows):
    """The rows with the time of one task list; without those that have none."""
    lists = np.where(rows["scaling"] == "weak", rows["workers"].astype(float), 1.0)
    of_work, of_all = (rows[[f"{timed}_s{end}" for end in ("", "_low", "_high")]] for timed in ("work", "total"))
    times = (
        np.where(choice.common_timed(rows).to_frame() == "work", of_work.astype(float), of_all.astype(float))
        / lists[:, None]
    )
    return rows.assign(**dict(zip(_TIMES, times.T, strict=True)))[~np.isnan(times[:, 0])]


def _typical(rows):
    """Of each backend the rows with its typical number of workers, in the order of the backends, by size."""
    rows = labels.ways(rows)
    chosen = [
        own[own["way"] == choice.typical(own)["way"]]
        for _, own in rows.groupby(["panel", "python", "series"], sort=False)
    ]
    rows = pd.concat([rows.iloc[:0], *chosen])
    return rows.assign(rank=_style.rank(rows["backend"])).sort_values(["panel", "python", "rank", "way", "size"])


def _places(rows, found):
    """The break-even of each line, with first and last size."""
    rows = rows.assign(switch_interval_s=rows["switch_interval_s"].astype(float))
    sizes = rows.groupby(["panel", "python", "way"])["size"]
    rows = rows.assign(first=sizes.transform("min"), last=sizes.transform("max"))
    rows = rows.drop_duplicates(["panel", "python", "way"])
    found = found.assign(switch_interval_s=found["switch_interval_s"].astype(float))
    found = found[[*_COMBINATION, "kind", "value", "value_low", "value_high", "rounds"]]
    return rows[["panel", "way", "first", "last", *_COMBINATION]].merge(found, on=_COMBINATION)


def _figure(rows, places):
    figure, all_axes = _style.panels_of(rows, width=4.2, height=3.4)
    handles = {}
    for axes, own in all_axes:
        is_own = (places["panel"] == own["panel"].iloc[0]) & (places["python"] == own["python"].iloc[0])
        _draw_panel(axes, own, places[is_own])
        handles.update(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    _style.legend_below(figure, handles)
    return figure


def _draw_panel(axes, rows, places):
    drawn = {}
    for way, line in rows.groupby("way", sort=False):
        backend = line["backend"].iloc[0]
        colour, marker = _style.look(backend)
        style = _LINES[drawn.setdefault(backend, 0) % len(_LINES)]
        drawn[backend] += 1
        _style.line_with_bars(axes, line, "size", "time_s", color=colour, marker=marker, ls=style, label=way)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _mark_sizes(axes, sorted(set(rows["size"])))
    _mark_times(axes, rows[_TIMES].min().min(), rows[_TIMES].max().max())
    axes.set_xlabel(rows["axis"].iloc[0])
    axes.set_ylabel("time")
    for number, row in enumerate(places[places["value"].notna()].to_dict("records")):
        _draw_place(axes, row, 0.91 - 0.1 * number)


def _mark_sizes(axes, sizes):
    axes.set_xlim(sizes[0] / 1.3, sizes[-1] * 1.3)
    if len(sizes) <= 6 and sizes[-1] < 1e5:
        axes.xaxis.set_major_locator(FixedLocator(sizes))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _size(value)))
    axes.xaxis.set_minor_locator(NullLocator())


def _mark_times(axes, least_s, most_s):
    """Ticks at 1, 2 and 5 times powers of ten, at the powers alone where there are many; limits at such ticks."""
    subs = (1, 2, 5) if most_s / least_s < 300 else (1,)
    steps = np.array([10.0**power * sub for power in range(-10, 7) for sub in subs])
    axes.set_ylim(steps[steps <= least_s * 0.95].max(), steps[steps >= most_s * 1.05].min())
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=30))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _ZEROS.sub("", phrases.format_seconds(value))))


def _draw_place(axes, row, height):
    """A vertical line where a backend breaks even, its interval as a band and, with the value, at a height of the axes."""
    colour, _ = _style.look(row["backend"])
    across = axes.get_xaxis_transform()
    left, right = axes.get_xlim()
    if not math.isnan(row["value_low"]):
        low, high = max(left, row["value_low"]), min(right, row["value_high"])
        axes.axvspan(low, high, color=colour, alpha=0.07, lw=0)
        axes.plot([low, high], [height, height], color=colour, lw=2.5, transform=across, solid_capstyle="butt")
    axes.axvline(row["value"], color=colour, lw=1.2)
    above = {"transform": across, "ha": "left", "va": "bottom", "size": 9, "weight": "bold"}
    axes.text(row["value"], height, f" {_place(row['value'])}", color=colour, **above)
