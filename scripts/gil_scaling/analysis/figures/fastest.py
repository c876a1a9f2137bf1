"""The decision map: for each workload and build the fastest backend with its margin, grey where none stands out."""

from typing import Any

import pandas as pd

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.columns import ALONE, CONTROLS, FASTEST, TIED
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.heatmap import TEXT_SIZE, categories, draw_heatmaps
from gil_scaling.analysis.statistics.claims import NO_CLAIM
from gil_scaling.analysis.statistics.intervals import CI95

TITLE = "Which backend for which workload, on which build?"
PLACE = 2
HEADLINE = "Which backend is the fastest?"
OF_SWEEP = True

_NONE = "no backend stands out"
_MAX_NAMED = 3  # of the backends that are not shown to be slower
_DATA = ["panel", "build", "label", "backend", "speedup", "speedup_low", "speedup_high", "claim", "runner_up"]
_DATA += ["margin", "margin_low", "margin_high", "interval", "pairing", "verdict", "tied"]


def draw(tables: Tables) -> Drawn:
    """A line per workload, a column per build; each cell shows the fastest backend, its speedup and its margin."""
    rows = tables["fastest"]
    rows = rows[rows["verdict"] != ALONE]
    if rows.empty:
        raise Missing("no workload has times of two backends")
    summary = tables["summary"][~tables["summary"]["role"].isin(CONTROLS)]
    rounds = summary.groupby("combination")["rounds_ok"].min()
    one_worker = representatives.OneWorker(tables["summary"])
    alone = [one_worker.describe(row) for row in rows.to_dict("records")]
    rows = rows.assign(rounds_ok=rows["combination"].map(rounds), alone=alone)
    colours = {name: (name, look.colour) for name, look in looks.backends(tables).items()}
    keys = rows["backend"].where(rows["verdict"] == FASTEST, _NONE)
    values, options, handles = categories({**colours, _NONE: (_NONE, looks.GREY)}, keys)
    texts = [_cell_text(row) for row in rows.to_dict("records")]
    cells = rows.assign(line=rows["panel"], group="", column=rows["build"], value=values, text=texts)
    width = max(1.2, drawing.widest(texts, TEXT_SIZE) + 0.2)
    figure = draw_heatmaps(cells, cell=(width, 0.4), handles=handles, **options)
    return Drawn(figure, answers(rows), _reading(rows), rows[_DATA])


def answers(rows: pd.DataFrame) -> list[str]:
    """Which backend is the fastest on which build and by how much, a sentence per workload and build."""
    return [f"{row['panel']} on {row['build']}: {_describe_winner(row)}." for row in rows.to_dict("records")]


def _describe_winner(row: dict[str, Any]) -> str:
    """The fastest backend, relative to the runner-up and to sequential."""
    speedup = _describe_speedup(row) + row["alone"]
    if row["verdict"] == TIED:
        return f"{_NONE}; {row['label']} had the smallest median, and {_describe_ties(row['tied'])} not shown to be slower{speedup}"
    other = "sequential" if row["runner_up_backend"] == "sequential" else f"the speed of {row['runner_up']}"
    if row["verdict"] == FASTEST:
        return f"{row['label']} is the fastest: {phrases.format_speed(row, 'margin', other)}{speedup}"
    if row["interval"] == CI95:
        margin = phrases.format_speed(row, "margin", other)
        return (
            f"{row['label']} had the smallest median, {margin}; another backend has too few rounds for a claim{speedup}"
        )
    return f"{row['label']}, {phrases.describe_speed(row, 'margin', NO_CLAIM, other)}{speedup}"


def _describe_ties(tied: str) -> str:
    names = tied.split("; ")
    return f"{phrases.join_words(phrases.limit_words(names, _MAX_NAMED, 'other'))} {'is' if len(names) == 1 else 'are'}"


def _describe_speedup(row: dict[str, Any]) -> str:
    if "sequential" in (row["backend"], row["runner_up_backend"]) or not isinstance(row["claim"], str):
        return ""
    return f"; it is {phrases.describe_speed(row, 'speedup', row['claim'])}"


def _reading(rows: pd.DataFrame) -> str:
    return (
        "Each backend with its best number of workers. Coloured: faster than each other backend by more than 5 %, each shown by a "
        "claim; grey: others are not shown to be slower, or the rounds are too few. First line: speedup over sequential; second: "
        f"the runner-up's time over this one's, over the rounds that both have. Brackets: {drawing.describe_intervals(rows['interval'])}."
    )


def _cell_text(row: dict[str, Any]) -> str:
    speedup = "" if pd.isna(row["speedup"]) else f" · {phrases.format_ratio(row['speedup'])}×"
    return f"{row['label']}{speedup}\n{phrases.format_speed(row, 'margin', row['runner_up'])}"
