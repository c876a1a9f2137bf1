"""Which worker ran when, over a few hand-overs of the GIL: one panel per build, backend and switch interval."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.figures import _lanes, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import MAX_PANELS, draw_panels
from gil_scaling.analysis.statistics.intervals import CI95

TITLE = "Which thread holds the GIL when?"
PLACE = 55

_WINDOW_S = 12 * 0.005  # twelve default switch intervals
_METRICS = {
    "hand_overs_per_s": phrases.format_number,
    "hold_p50_ms": phrases.format_number,
    "running_mean": phrases.format_ratio,
}
_DATA = ["panel", "build", "label", "round", "worker", "start_s", "end_s"]
_READING = (
    f"The first {_WINDOW_S * 1000:.0f} ms after the last worker started, of one run each, the one nearest to the median: "
    "each bar is a stretch in which that worker ran. Where no two bars overlap in time, one worker runs at a time. The "
    "numbers are medians over the rounds: hand-overs per second, length of a stretch, mean number of running workers."
)
_SHADED = "Shaded: after the first 1,000 stretches, which is all that a run records."


def draw(tables: Tables) -> Drawn:
    """One panel per build, backend and switch interval, below each other; one lane per worker."""
    rows = _lanes.timed_rows(tables["segments"], tables["summary"])
    if rows.empty:
        raise Missing("no workload records which worker ran when")
    builds, note = _lanes.choose_builds(rows, tables)
    rows = _in_window(_ordered(rows[rows["build"].isin(builds)]))
    panels = _with_numbers(rows.drop_duplicates("combination"), tables["metrics"])
    rows = rows.merge(panels[["combination", "short"]], on="combination")
    shaded = _SHADED if (panels["recorded_s"] < _WINDOW_S).any() else ""
    figure, left_out = _figure(rows, looks.backends(tables))
    reading = " ".join(filter(None, [_READING, shaded, note, left_out]))
    return Drawn(figure, answers(panels), reading, rows[_DATA])


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order of their panels: threads that share a GIL, other threads, processes; long intervals first."""
    keys = {"panel": True, "is_other": True, "is_free": True, "build": True, "switch_interval_s": False, "label": True}
    rows = rows.assign(is_other=rows["backend_kind"] != "threads", is_free=rows["switch_interval_s"].isna())
    return rows.sort_values(list(keys), ascending=list(keys.values()), kind="stable")


def _in_window(rows: pd.DataFrame) -> pd.DataFrame:
    """The parts of the stretches inside the window, in seconds from its start; recorded_s: where the record ends."""
    first = rows.groupby(["combination", "worker"])["start_s"].transform("min")
    began = first.groupby(rows["combination"]).transform("max")
    times = rows[["start_s", "end_s"]].sub(began, axis=0)
    recorded = times["end_s"].groupby(rows["combination"]).transform("max")
    rows = rows.assign(recorded_s=recorded, **times.clip(0, _WINDOW_S))
    return rows[rows["end_s"] > rows["start_s"]]


def _with_numbers(panels: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """The panels with columns `short` and `long`: what their metrics say, without and with intervals; is_claim: 95 % CIs."""
    rows = metrics[metrics["metric"].isin(_METRICS)]
    columns = rows[["metric", "value", "value_low", "value_high"]].itertuples(index=False)
    texts = [[_METRICS[metric](number) for number in numbers] for metric, *numbers in columns]
    rows = rows.assign(short=[text for text, *_ in texts], long=["{} [{}, {}]".format(*text) for text in texts])
    claims = rows["interval"].eq(CI95).groupby(rows["combination"]).all()
    panels = panels.assign(is_claim=panels["combination"].map(claims))
    for column in ("short", "long"):
        numbers = rows.pivot(index="combination", columns="metric", values=column).reindex(columns=list(_METRICS))
        per_s, hold, running = (panels["combination"].map(numbers[name]).astype("string") for name in _METRICS)
        turns = per_s + " hand-overs/s, median stretch " + hold + " ms, "
        panels[column] = turns.where(panels["switch_interval_s"].notna(), "") + running + " workers running"
    return panels


def answers(panels: pd.DataFrame) -> list[str]:
    """How often the workers take turns and how many run at once: one sentence per build and backend with metrics."""
    rows = panels[panels["long"].notna()]
    shares = rows["switch_interval_s"].notna()
    where = rows["panel"] + ", " + representatives.labels_without_interval(rows) + " on " + rows["build"]
    where = where.where(~shares, where + " (sharing a GIL)")
    intervals = rows["switch_interval_s"].map(phrases.format_seconds).astype("string")
    texts = rows["long"].where(~shares, "switch interval " + intervals + ": " + rows["long"])
    is_claim = rows["is_claim"].groupby(where).all()
    return [
        f"{name}: {'; '.join(parts)}{'' if is_claim[name] else '; too few rounds for a claim: these are ranges'}."
        for name, parts in texts.groupby(where, sort=False)
    ]


def _figure(rows: pd.DataFrame, look: dict[str, looks.Look]) -> tuple[Figure, str]:
    """The figure, and a note for its caption where not all panels are drawn."""
    names = rows["panel"] + " · " + rows["label"] if rows["panel"].nunique() > 1 else rows["label"]
    rows = rows.assign(panel=names)
    facets = rows[["panel", "build"]].drop_duplicates()
    count = f"{MAX_PANELS} of {len(facets)} panels are drawn, threads that share a GIL first; the CSV file has all."

    def draw_panel(axes: Axes, own: pd.DataFrame) -> None:
        first = own.iloc[0]
        _lanes.draw_bars(axes, own, look[first["backend"]].colour)
        if first["recorded_s"] < _WINDOW_S:
            axes.axvspan(first["recorded_s"], _WINDOW_S, color="0.5", alpha=0.12, lw=0)
        axes.set_xlim(0, _WINDOW_S)
        axes.set_ylim(first["workers"] - 0.4, -0.6)
        axes.yaxis.set_major_locator(_lanes.worker_ticks(first["workers"]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 1000:g}"))
        axes.set_title("" if pd.isna(first["short"]) else first["short"], loc="right", weight="normal")

    shown = rows.merge(facets.head(MAX_PANELS))
    titles = shown["panel"] + " · " + shown["build"]
    shown = shown.assign(panel=titles, title=titles, build="")
    figure = draw_panels(
        shown, draw_panel, height=_height, most=1, x_label="ms since the last worker started", y_label="worker"
    )
    return figure, count if len(facets) > MAX_PANELS else ""


def _height(rows: pd.DataFrame) -> float:
    """The inches of a panel's axes."""
    return 0.1 + min(0.17 * int(rows["workers"].iloc[0]), 3.0)
