"""How long a request waits for the thread that answers it: its percentiles, one panel per number of busy threads."""

import json
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels
from gil_scaling.analysis.statistics.intervals import CI95

TITLE = "Will a thread that waits for input starve?"
PLACE = 22
OF_SWEEP = True

_METRIC = r"^latency_(p[\d.]+|max)_ms$"
_DASHES = {"thread": "-", "process": (0, (4, 2))}
_BUSY = {"thread": "busy threads", "process": "busy processes"}


def draw(tables: Tables) -> Drawn:
    """One panel per number of busy threads, one line per build, dashed where processes are busy instead."""
    rows = _rows(tables["metrics"])
    order = [name for name in looks.builds(tables["builds"]) if name in set(rows["build"])]
    rows = rows.assign(build=pd.Categorical(rows["build"], order))
    reading = (
        "Share of requests that were answered within this time: percentiles over the requests of a run, up to the maximum, at the "
        "switch interval nearest to 5 ms. Dashed: processes are busy instead of threads, which shows what the machine does "
        f"without any GIL. {drawing.interval_note(rows)}"
    )
    columns = ["panel", "build", "busy_as", "share", "value", "value_low", "value_high", "rounds_ok", "interval"]
    figure, note = _figure(rows, looks.builds(tables["builds"]))
    return Drawn(figure, answers(rows, tables["builds"]), " ".join(filter(None, [reading, note])), rows[columns])


def _rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """The percentiles of the latency at the default switch interval by panel, build and busy_as; raises Missing."""
    quantile = metrics["metric"].astype("str").str.extract(_METRIC, expand=False)
    rows = metrics.assign(quantile=quantile, rounds_ok=metrics["rounds"])[quantile.notna()]
    if rows.empty:
        raise Missing("no run recorded how long requests waited")
    rows = representatives.at_default_interval(rows)
    params = pd.DataFrame([json.loads(text) for text in rows["params"]], rows.index, ["busy", "busy_as"])
    busy = params["busy"].fillna(1)
    rows = rows.assign(
        panel=rows["panel"].str.replace(r", busy_as=\w+", "", regex=True),  # threads and processes in one panel
        busy=busy,
        busy_as=(params["busy_as"].eq("process") & (busy > 0)).map({True: "process", False: "thread"}),
        share=rows["quantile"].replace("max", "p100").str[1:].astype(float) / 100,
    )
    rows = rows.drop_duplicates(["panel", "build", "busy_as", "share"])
    return rows.sort_values(["busy", "panel", "share"], kind="stable")


def answers(rows: pd.DataFrame, builds: pd.DataFrame) -> list[str]:
    """The 99th percentile: one sentence per panel, with each build next to busy threads and next to busy processes."""
    gil = builds.drop_duplicates("build").set_index("build")["gil"]
    rows = rows[rows["quantile"] == "p99"].sort_values("busy_as", ascending=False, kind="stable")
    ends = rows[["value", "value_low", "value_high"]] / 1000
    waits = pd.Series([phrases.format_seconds_ci(*row) for row in ends.to_numpy()], rows.index, dtype="str")
    waits = waits.where(rows["busy"] == 0, waits + " next to " + rows["busy_as"].map(_BUSY))
    sentences = []
    for panel, group in rows.groupby("panel", sort=False):
        of_builds = waits[group.index].groupby(group["build"], observed=True).agg(phrases.join_words)
        parts = [f"{text} on {build} ({phrases.describe_gil(gil[build])})" for build, text in of_builds.items()]
        claim = "" if group["interval"].eq(CI95).all() else " Too few rounds for a claim: the brackets are ranges."
        sentences.append(f"{panel}: 99 % of the requests are answered within {'; '.join(parts)}.{claim}")
    return sentences


def _figure(rows: pd.DataFrame, look: dict[str, dict[str, Any]]) -> tuple[Figure, str]:
    """The figure, and a note for its caption where not all panels are drawn."""
    shown, note = choose_panels(
        rows.assign(line=rows["build"], build="", title=rows["panel"]),
        "value",
        rule="the longest waits",
        is_ratio=False,
    )
    is_both = rows["busy_as"].nunique() > 1
    limits = rows["value_low"].min() / 1.3, rows["value_high"].max() * 1.3

    def draw_panel(axes: Axes, own: pd.DataFrame) -> None:
        own = own.sort_values(["line", "busy_as"], ascending=[True, False], kind="stable")
        for (name, busy_as), line in own.groupby(["line", "busy_as"], sort=False, observed=True):
            label = f"{name}, {_BUSY[busy_as]}" if is_both else name
            options = {"ls": _DASHES[busy_as], "label": label, "ms": 4.5, "lw": 1.4, **look[name]}
            drawing.marks_with_bars(axes, line, "value", line["share"], **options)
        axes.set_xscale("log")
        axes.set_xlim(limits)
        axes.set_ylim(0, 1.04)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_major_formatter(PercentFormatter(1))

    return draw_panels(shown, draw_panel, x_label="latency in ms", y_label="share of requests"), note
