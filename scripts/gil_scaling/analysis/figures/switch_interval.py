"""What the switch interval does: throughput above, how long others wait below, one column per build."""

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.columns import CONTROLS, DEFAULT_INTERVAL_S
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels
from gil_scaling.analysis.statistics.intervals import CI95

TITLE = "What does a shorter switch interval gain, and what does it cost?"
PLACE = 20
HEADLINE = "What does a shorter switch interval gain, and what does it cost?"
OF_SWEEP = True

_THROUGHPUT = "throughput"
_QUANTILES = {"p50": ("-", "o"), "p99": ("--", "s"), "max": (":", "^")}
_DASHES = ("-", "--", ":", "-.")
_METRIC = rf"^(?:latency|overshoot)_({'|'.join(_QUANTILES)})_ms$"
_NO_EFFECT = "the switch interval has no effect"
_DATA = ["panel", "build", "line", "switch_interval_s", "value", "value_low", "value_high", "rounds_ok", "interval"]


def draw(tables: Tables) -> Drawn:
    """One row for throughput, then one for each workload that waits; transposed where builds are many."""
    rows = pd.concat([_speedups(tables["summary"]), _waits(tables["metrics"])], ignore_index=True)
    if rows.empty:
        raise Missing("nothing was measured at several switch intervals")
    names = [name for name in looks.builds(tables["builds"]) if name in set(rows["build"])]
    rows = rows.assign(build=pd.Categorical(rows["build"], names))
    reading = (
        "Top: speedup over sequential on the same build. Below: median, 99th percentile and maximum of how long a request "
        "waits or how late a thread wakes. Horizontal lines in bands: a single measurement, because the switch interval has no "
        f"effect there. {drawing.interval_note(rows)}"
    )
    figure, note = _figure(rows, looks.backends(tables))
    return Drawn(figure, answers(rows), " ".join(filter(None, [reading, note])), rows[_DATA])


def _speedups(summary: pd.DataFrame) -> pd.DataFrame:
    """The speedups measured at several switch intervals, with the columns panel, line and value."""
    rows = summary[
        summary["speedup"].notna() & (summary["backend_kind"] != "sequential") & ~summary["role"].isin(CONTROLS)
    ]
    values = {f"value{end}": rows[f"speedup{end}"] for end in ("", "_low", "_high")}
    line = rows["panel"] + ", " + representatives.labels_without_interval(rows)
    return _of_several_intervals(rows.assign(line=line, panel=_THROUGHPUT, **values))


def _waits(metrics: pd.DataFrame) -> pd.DataFrame:
    """The quantiles in ms measured at several switch intervals, with the columns panel, line and value."""
    line = metrics["metric"].astype("str").str.extract(_METRIC, expand=False)
    rows = metrics.assign(line=line, rounds_ok=metrics["rounds"])[line.notna()]
    return _of_several_intervals(rows.sort_values("line", key=lambda names: names.map(list(_QUANTILES).index)))


def _of_several_intervals(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.groupby(["panel", "line"])["switch_interval_s"].transform("nunique") > 1]


def answers(rows: pd.DataFrame) -> list[str]:
    """The effect of the switch interval: one sentence per line of throughput, then one per workload that waits."""
    rows = rows.sort_values("switch_interval_s", kind="stable")
    speeds, tails = rows[rows["panel"] == _THROUGHPUT], rows[rows["line"] == "p99"]
    return [*_sentences(speeds, "line", _describe_speeds), *_sentences(tails, "panel", _describe_waits)]


def _sentences(rows: pd.DataFrame, subject: str, describe: Callable[[pd.DataFrame], str]) -> list[str]:
    parts: dict[str, list[str]] = {}
    for (name, build), group in rows.groupby([subject, "build"], observed=True):
        no_effect = f", where {_NO_EFFECT}," if group["switch_interval_s"].isna().all() else ""
        parts.setdefault(name, []).append(f"on {build}{no_effect} {describe(group)}")
    return [f"{name}: {'; '.join(texts)}." for name, texts in parts.items()]


def _describe_speeds(rows: pd.DataFrame) -> str:
    """The speedup of one line at the shortest switch interval and at the default one (else at the longest)."""
    default = rows[rows["switch_interval_s"] == DEFAULT_INTERVAL_S]
    chosen = pd.concat([rows.head(1), default if len(default) else rows.tail(1)]).drop_duplicates("switch_interval_s")
    speeds = [phrases.describe_speed(row, "speedup", row["claim"]) for _, row in chosen.iterrows()]
    return "it is " + phrases.join_words(map("{}{}".format, speeds, chosen["switch_interval_s"].map(_at)))


def _describe_waits(rows: pd.DataFrame) -> str:
    """The 99th percentile at the shortest and at the longest switch interval, and whether the two are shown to differ."""
    ends = pd.concat([rows.head(1), rows.tail(1)]).drop_duplicates("switch_interval_s")
    low, high = ends["value_low"], ends["value_high"]
    waits = [phrases.format_seconds_ci(*row) for row in (ends[["value", "value_low", "value_high"]] / 1000).to_numpy()]
    texts = list(map("{}{}".format, waits, ends["switch_interval_s"].map(_at)))
    if not rows["interval"].eq(CI95).all():
        return f"p99 is {' and '.join(texts)}, too few rounds for a claim"
    if len(ends) == 1:
        return f"p99 is {texts[0]}"
    if high.iloc[0] < low.iloc[1] or high.iloc[1] < low.iloc[0]:
        return f"p99 goes from {texts[0]} to {texts[1]}"
    return f"p99 is not shown to change: {' and '.join(texts)}"


def _at(seconds: float) -> str:
    """` at 5 ms`; nothing where the switch interval has no effect."""
    return "" if math.isnan(seconds) else f" at {_format_setting(seconds)}"


def _format_setting(seconds: float) -> str:
    """A switch interval as one would set it, not as one would measure it: 10 µs, 5 ms."""
    factor, unit = (1e6, "µs") if seconds < 1e-3 else (1e3, "ms") if seconds < 1 else (1, "s")
    return f"{seconds * factor:g} {unit}"


def _figure(rows: pd.DataFrame, look: dict[str, looks.Look]) -> tuple[Figure, str]:
    """The figure, and a note for its caption where not all panels are drawn."""
    lines = list(dict.fromkeys(rows["line"]))
    intervals = rows["switch_interval_s"].dropna()
    highest, lowest = (rows.groupby("panel")[f"value_{end}"].agg(how) for end, how in (("high", "max"), ("low", "min")))

    def draw_panel(axes: Axes, own: pd.DataFrame) -> None:
        panel = own["panel"].iloc[0]
        for name, line in own.groupby("line", sort=False):
            if name in _QUANTILES:
                (dashes, marker), colour = _QUANTILES[name], looks.INK
            else:
                colour, marker, _ = look[line["backend"].iloc[0]]
                dashes = _DASHES[lines.index(name) % len(_DASHES)]
            _draw_line(axes, line, {"color": colour, "ls": dashes, "label": name}, marker)
        if own["switch_interval_s"].isna().all():
            place = {"y": 0.03} if panel == _THROUGHPUT else {"y": 0.97, "va": "top"}  # where no line is
            axes.text(x=0.02, s=_NO_EFFECT, transform=axes.transAxes, style="italic", **place)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(sorted(intervals.unique())))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _format_setting(value)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlim(intervals.min() / 1.7, intervals.max() * 1.7)
        if panel == _THROUGHPUT:
            axes.axhline(1, color=looks.INK, lw=1, zorder=1)
            axes.set_ylim(0, 1.15 * max(1.0, highest[panel]))
        else:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} ms"))
            axes.set_ylim(lowest[panel] / 1.6, highest[panel] * 1.6)

    rows = rows.sort_values("build", kind="stable").assign(build=rows["build"].astype("str"))
    shown, note = choose_panels(rows, "value", rule="the longest waits", is_ratio=False)
    return draw_panels(shown, draw_panel, x_label="switch interval"), note


def _draw_line(axes: Axes, rows: pd.DataFrame, look: dict[str, Any], marker: str) -> None:
    """A line with bars; where the switch interval has no effect, a level one in a band."""
    across = rows[rows["switch_interval_s"].notna()].sort_values("switch_interval_s")
    if len(across):
        drawing.line_with_bars(axes, across, "switch_interval_s", "value", marker=marker, **look)
    else:
        value, low, high = rows[["value", "value_low", "value_high"]].iloc[0].astype(float)
        axes.axhline(value, **look)
        axes.axhspan(low, high, color=look["color"], alpha=0.15, lw=0)
