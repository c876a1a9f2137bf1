"""The best choice over all builds: for each workload the fastest of each build and kind of backend, relative to the first."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from gil_scaling.analysis import phrases
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_row_panels
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM
from gil_scaling.analysis.statistics.intervals import CI95
from gil_scaling.analysis.tables.combinations import records_by

TITLE = "Which build and which kind of backend is the best choice?"
PLACE = 1
HEADLINE = "What is the best choice?"
OF_SWEEP = True

_WORKLOAD = ["machine", "experiment", "panel", "params", "scaling"]
_MAX_NAMED = 3  # of the choices that are not shown to be slower
_MARGIN = ["margin", "margin_low", "margin_high"]
_DATA = ["panel", "build", "label", "place", "time_s", *_MARGIN, "interval", "pairing", "claim"]


def draw(tables: Tables) -> Drawn:
    """One panel per workload, a line per build and kind of backend: its time relative to that of the fastest."""
    rows = tables["choices"]
    rows = rows[rows.groupby(_WORKLOAD)["place"].transform("max") > 1].sort_values("place", kind="stable")
    if rows.empty:
        raise Missing("no workload has times of two builds or of two kinds of backends")
    rounds = tables["summary"].groupby("combination")["rounds_ok"].min()
    rows = rows.assign(rounds_ok=rows["combination"].map(rounds), label=_labels(rows))
    shown, note = choose_panels(
        rows, "margin", rule="those with a margin whose interval stays farthest from 1", across="machine"
    )
    look = looks.backends(tables)
    panels = shown.assign(build=shown["machine"], title=_titles(shown))
    figure = draw_row_panels(
        panels, lambda axes, own: _draw_panel(axes, own, look), x_label="time / that of the fastest", is_shared_x=False
    )
    return Drawn(figure, answers(rows), " ".join(filter(None, [_reading(rows), note])), rows[_DATA])


def _labels(rows: pd.DataFrame) -> pd.Series:
    """The labels with their build, where a machine has several."""
    builds = rows.groupby("machine")["python"].transform("nunique")
    return rows["label"].where(builds == 1, rows["label"] + " on " + rows["python"])


def _titles(rows: pd.DataFrame) -> pd.Series:
    """The names of the workloads, with that of the machine where there are several."""
    return rows["panel"] + " · " + rows["machine"] if rows["machine"].nunique() > 1 else rows["panel"]


def answers(rows: pd.DataFrame) -> list[str]:
    """The best choice and its margin over the next one, a sentence per workload and machine; rows: by place."""
    return [_describe(own) for own in records_by(rows.assign(title=_titles(rows)), _WORKLOAD).values()]


def _describe(choices: list[dict[str, Any]]) -> str:
    """The best of some choices, sorted by place, and its margin over the second."""
    best, second, *_ = choices
    other = f"the speed of {second['label']}"
    ties = [choice["label"] for choice in choices[1:] if choice["claim"] != FASTER]
    if any(choice["claim"] == NO_CLAIM for choice in choices[1:]):
        text = f"{best['label']}, {phrases.describe_speed(second, 'margin', NO_CLAIM, other)}"
        if second["interval"] == CI95:
            margin = phrases.format_speed(second, "margin", other)
            text = f"{best['label']} had the smallest median, {margin}; another choice has too few rounds for a claim"
    elif ties:
        text = (
            f"no choice stands out; {best['label']} had the smallest median, over the rounds "
            f"{phrases.format_speed(second, 'margin', other)}; not shown to be slower: "
            f"{phrases.join_words(phrases.limit_words(ties, _MAX_NAMED, 'other'))}"
        )
    else:
        text = f"{best['label']} is the best choice: {phrases.format_speed(second, 'margin', other)}"
    return f"{best['title']}: {text}."


def _reading(rows: pd.DataFrame) -> str:
    kinds = drawing.describe_intervals(rows.loc[rows["place"] > 1, "interval"])
    return (
        "The fastest backend and number of workers of each build and kind of backend; the time of the first of all is 1. It is "
        "the best choice where it is faster than each other one by more than 5 %, each shown by a claim. Ratios are over the "
        f"rounds that both have; the bars are {kinds}."
    )


def _draw_panel(axes: Axes, rows: pd.DataFrame, look: dict[str, looks.Look]) -> None:
    axes.axvline(1, color=looks.INK, lw=1)
    margins = rows[_MARGIN].astype(float).fillna(1)
    for place, backend in enumerate(rows["backend"]):
        style = {"color": look[backend].colour, "marker": look[backend].marker, "label": backend}
        drawing.marks_with_bars(axes, margins.iloc[[place]], "margin", [place], ms=5, **style)
