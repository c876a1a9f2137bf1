"""What the switch interval does: throughput above, how long others wait below, a column a build."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures._builds import build_looks
from gil_scaling.analysis.statistics.intervals import CI95

TITLE = "What does the switch interval buy and what does it cost?"
PLACE = 20
HEADLINE = "What does the switch interval buy and cost?"
OF_SWEEP = True

_THROUGHPUT = "throughput"
_MOST_COLUMNS = 4  # of builds
_QUANTILES = {"p50": ("-", "o"), "p99": ("--", "s"), "max": (":", "^")}
_METRIC = rf"^(?:latency|overshoot)_({'|'.join(_QUANTILES)})_ms$"
_DASHES, _MARKERS = ("-", "--", ":", "-."), ("o", "s", "^", "D")
_NO_EFFECT = ", where the interval has no effect,"


def draw(tables):
    """One row for throughput, then one for each workload that waits; transposed where builds are many."""
    rows = pd.concat([_speeds(tables["summary"]), _waits(tables["metrics"])])
    if rows.empty:
        raise _style.Missing("nothing was measured at several switch intervals")
    looks = {name: look for name, look in build_looks(tables["builds"]).items() if name in set(rows["python"])}
    figure = _figure_of(rows, looks)
    reading = (
        "Above: speedup over sequential on the same build; below: median, 99th percentile and maximum of how long the thread "
        "is waited for, or how late it wakes. Level lines in bands: one measurement, where the interval has no effect. "
        f"{_style.interval_note(rows)}"
    )
    columns = [
        "panel",
        "python",
        "line",
        "switch_interval_s",
        "value",
        "value_low",
        "value_high",
        "rounds_ok",
        "interval",
    ]
    return _style.Drawn(figure, answers(rows, looks), reading, rows[columns])


def _speeds(summary):
    """The speedups that were measured at several intervals, with the columns panel, line and value."""
    rows = summary[summary["speedup"].notna() & (summary["backend"] != "sequential") & (summary["role"] != "ceiling")]
    rows = _of_several(rows, ["experiment", "workload", "params", "backend", "backend_params", "workers_asked"])
    if rows.empty:
        return rows
    named = labels.series(labels.panels(rows).assign(switch_interval_s=math.nan))
    line = named["panel"] + ", " + named["series"] + " × " + named["workers"].astype(int).astype(str)
    ends = {f"value{end}": rows[f"speedup{end}"] for end in ("", "_low", "_high")}
    return rows.assign(panel=_THROUGHPUT, line=line, **ends)


def _waits(metrics):
    """The quantiles in ms that were measured at several intervals, with the columns panel, line and value."""
    line = metrics["metric"].astype("str").str.extract(_METRIC, expand=False)
    rows = metrics.assign(line=line, rounds_ok=metrics["rounds"])[line.notna()]
    rows = _of_several(rows, ["experiment", "workload", "params"])
    return labels.panels(rows) if len(rows) else rows


def _of_several(rows, by):
    return rows[rows.groupby(by)["switch_interval_s"].transform("nunique") > 1]


def _figure_of(rows, looks):
    """The figure with its panels drawn: a column a build, or a line a build where they are many."""
    panels = list(dict.fromkeys(rows["panel"]))
    is_wide = len(looks) <= _MOST_COLUMNS
    lines, columns = (len(panels), len(looks)) if is_wide else (len(looks), len(panels))
    figure = Figure(figsize=(min(11.0, 1 + 4.6 * columns), 0.4 + 2.4 * lines), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False)
    by_panel = grid if is_wide else grid.T
    for line, panel in enumerate(panels):
        own = rows[rows["panel"] == panel]
        for axes, (name, look) in zip(by_panel[line], looks.items(), strict=True):
            _draw_panel(axes, own[own["python"] == name], look["color"])
            _scale(axes, own)
            _name_quantiles(axes, own[own["python"] == name])
            axes.set_title(f"{panel} · {name}")
    for axes in grid[:-1].flat:
        axes.tick_params(labelbottom=False)
    for axes in grid[-1]:
        axes.set_xlabel("switch interval")
    return figure


def _draw_panel(axes, rows, colour):
    """One build's lines: quantiles in the build's colour, speedups in their backends'."""
    for place, (name, own) in enumerate(rows.groupby("line", sort=False)):
        dashes, marker = _QUANTILES.get(name, (_DASHES[place % len(_DASHES)], _MARKERS[place % len(_MARKERS)]))
        shade = colour if name in _QUANTILES else _style.look(own["backend"].iloc[0])[0]
        look = {"color": shade, "ls": dashes, "label": name}
        at = own[own["switch_interval_s"].notna()]
        if len(at):
            _style.line_with_bars(axes, at, "switch_interval_s", "value", marker=marker, **look)
        else:
            axes.axhline(own["value"].iloc[0], **look)
            axes.axhspan(own["value_low"].iloc[0], own["value_high"].iloc[0], color=shade, alpha=0.15, lw=0)
    if len(rows) and rows["switch_interval_s"].isna().all():
        place, side = (0.97, "top") if rows["line"].isin(_QUANTILES).all() else (0.03, "bottom")  # where no line is
        axes.text(0.02, place, "the interval has no effect", transform=axes.transAxes, va=side, size=8, style="italic")


def _name_quantiles(axes, rows):
    """Names each quantile at the right end of its line, the names one above the other where the lines meet."""
    last = rows.sort_values("switch_interval_s").groupby("line")["value"].last()
    least, most = np.log10(axes.get_ylim()) if axes.get_yscale() == "log" else (0, 1)
    lowest = 0.0
    for name in (name for name in _QUANTILES if name in last):
        place = max(lowest, (math.log10(last[name]) - least) / (most - least))
        axes.text(1.015, place, name, transform=axes.transAxes, va="center", size=8)
        lowest = place + 0.09


def _scale(axes, rows):
    """The scales of a panel, the same for all builds: intervals across; speedups from 0, or milliseconds by logarithm."""
    intervals = sorted(rows["switch_interval_s"].dropna().unique())
    axes.set_xscale("log")
    axes.set_xticks(intervals, [_setting(value) for value in intervals], size=8, rotation=40)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(intervals[0] / 1.7, intervals[-1] * 1.7)
    if rows["line"].isin(_QUANTILES).all():
        axes.set_yscale("log")
        axes.set_ylim(rows["value_low"].min() / 1.6, rows["value_high"].max() * 2.5)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_ylabel("ms")
    else:
        axes.set_ylim(0, 1.4 * max(1.0, rows["value_high"].max()))
        axes.axhline(1, color=_style.look("sequential")[0], lw=1, zorder=1)
        axes.set_ylabel("speedup")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper right", fontsize=8)


def _setting(seconds):
    """An interval as one would set it, not as one would measure it: 10 µs, 5 ms."""
    factor, unit = (1e6, "µs") if seconds < 1e-3 else (1e3, "ms") if seconds < 1 else (1, "s")
    return f"{seconds * factor:g} {unit}"


def answers(rows, looks):
    """What each line does from the shortest interval on, a sentence each."""
    found = []
    for (panel, line), own in rows.groupby(["panel", "line"], sort=False):
        if line not in ("p50", "max"):
            tell, name = (_wait, panel) if line in _QUANTILES else (_speed, line)
            parts = [tell(own[own["python"] == build], build) for build in looks if (own["python"] == build).any()]
            found.append(f"{name}: {'; '.join(parts)}.")
    return found


def _speed(rows, build):
    """The speed at the shortest interval and at the default one (else the longest)."""
    rows = rows.sort_values("switch_interval_s")
    if rows["switch_interval_s"].isna().all():
        return f"on {build}{_NO_EFFECT} {_against_sequence(rows.iloc[0])}"
    usual = rows[rows["switch_interval_s"] == choice.DEFAULT_INTERVAL_S]
    told = pd.concat([rows.iloc[[0]], usual if len(usual) else rows.iloc[[-1]]]).drop_duplicates("switch_interval_s")
    parts = [f"{_against_sequence(row)} at {_setting(row['switch_interval_s'])}" for _, row in told.iterrows()]
    return f"on {build} {phrases.join_words(parts)}"


def _against_sequence(row):
    return phrases.describe_speed(row, "speedup", row["claim"])


def _wait(rows, build):
    """The 99th percentile at the shortest and at the longest interval, and whether the two are shown to differ."""
    rows = rows.sort_values("switch_interval_s").drop_duplicates("switch_interval_s")
    too_few = "" if set(rows["interval"]) == {CI95} else ", of too few rounds for a claim"
    if rows["switch_interval_s"].isna().all():
        return f"on {build}{_NO_EFFECT} p99 is {_milliseconds(rows.iloc[0])}{too_few}"
    at = rows[rows["switch_interval_s"].notna()]
    first, last = at.iloc[0], at.iloc[-1]
    ends = [f"{_milliseconds(row)} at {_setting(row['switch_interval_s'])}" for row in (first, last)]
    if too_few or len(at) == 1:
        return f"on {build} p99 is {' and '.join(dict.fromkeys(ends))}{too_few}"
    if first["value_high"] < last["value_low"] or last["value_high"] < first["value_low"]:
        return f"on {build} p99 goes from {ends[0]} to {ends[1]}"
    return f"on {build} p99 is not shown to change: {' and '.join(ends)}"


def _milliseconds(row):
    return phrases.format_seconds_ci(*(row[f"value{end}"] / 1000 for end in ("", "_low", "_high")))
