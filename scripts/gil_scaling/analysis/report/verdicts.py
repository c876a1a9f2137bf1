"""The cards that open the page of one result set: what to use for each workload, in words, as a chart and as code."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from gil_scaling.analysis import labels, phrases, representatives
from gil_scaling.analysis.columns import BLOCK, CONTROLS
from gil_scaling.analysis.statistics.break_even import FROM
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, SAME, SLOWER
from gil_scaling.analysis.tables.break_even import UP_TO

_BY = [*BLOCK, "scaling"]  # what a recommendation is for
_CARD = ["machine", "experiment", "workload", "params", "scaling"]
_ENDS = ("", "_low", "_high")
_MAX_MARKS = 10  # of a chart

_WIDTH, _LABEL, _VALUE, _LINE = 400.0, 195.0, 40.0, 20.0  # of a chart in its units: about pixels
_MAX_LABEL = 30  # characters that fit


class Line(NamedTuple):
    """What to use on a build: the advice, and in further sentences what it rests on."""

    build: str
    advice: str
    notes: list[str]

    @property
    def sentence(self) -> str:
        """The line as text."""
        return f"{self.build}: {'; '.join([self.advice, *self.notes])}."


class Mark(NamedTuple):
    """A line of a chart: its label, kind of backend, value without and with its interval, and their places in the chart."""

    label: str
    kind: str
    value: str
    text: str
    y: float
    x: float
    low: float
    high: float


class Card(NamedTuple):
    """What to use for a workload.

    title: the workload; snippets: [(builds, code)]; marks, one, height: of the chart, where `one` is the place of 1.
    """

    title: str
    lines: list[Line]
    marks: list[Mark]
    one: float
    height: float
    snippets: list[tuple[str, str]]

    @property
    def description(self) -> str:
        """The chart in words."""
        shown = "; ".join(f"{mark.label} {mark.text}" for mark in self.marks)
        return f"Speedup over sequential on the same build: {shown}."


def cards(
    tables: Mapping[str, pd.DataFrame], snippets: Mapping[str, str], floors: Mapping[str, float | None]
) -> list[Card]:
    """A card per workload with its parameters.

    snippets: {backend: how it is written by hand, with {workers}}; floors: {machine: its noise floor, None if not known}.
    """
    rows, summary = tables["recommendations"], tables["summary"]
    measured = summary.drop_duplicates("combination").set_index("combination")
    rows = rows.assign(rounds_ok=rows["combination"].map(measured["rounds_ok"]))
    found = []
    for _, own in rows.groupby(_CARD, sort=False, dropna=False):
        of_builds = own.set_index("build").loc[labels.in_order(own["build"])].reset_index()
        block = summary.merge(own[_CARD].drop_duplicates())
        floor = floors.get(own["machine"].iloc[0])
        lines = [_line(row, block, tables["break_even"], floor) for row in of_builds.to_dict("records")]
        marks, one = _marks(tables["choices"].merge(own[_CARD].drop_duplicates()), measured)
        code = _snippets(of_builds, snippets)
        found.append(Card(own["panel"].iloc[0], lines, marks, one, _LINE * len(marks) + 22, code))
    return found


# ---- in words


def _line(row: dict[str, Any], summary: pd.DataFrame, break_even: pd.DataFrame, floor: float | None) -> Line:
    """The line of a build; summary: of the workload; floor: the noise floor, if known."""
    summary = summary[(summary["python"] == row["python"]) & ~summary["role"].isin(("ceiling",))]
    speed = phrases.format_speed(row, "speedup", "sequential")
    notes = list(_size_notes(row, break_even))
    if row["claim"] == NO_CLAIM:
        return Line(row["build"], f"{row['label']}: {phrases.describe_speed(row, 'speedup', NO_CLAIM)}", notes)
    if row["backend_kind"] == "sequential":
        return Line(row["build"], "stay with sequential: nothing is shown to be faster", [*_fastest_note(row), *notes])
    if row["claim"] != FASTER:
        return Line(row["build"], "nothing is recommended: sequential cannot be compared", notes)
    alone = representatives.describe_one_worker(summary, row)
    advice = f"use {row['label']}: {speed}{alone}"
    return Line(
        row["build"], advice, [*_noise_note(row, floor), *_regret_note(row), *_thread_note(row, summary), *notes]
    )


def _noise_note(row: Mapping[str, Any], floor: float | None) -> Iterator[str]:
    """That a gain is no larger than what two copies of one build may differ by."""
    if floor is not None and row["speedup"] - 1 <= floor:
        yield f"the gain is within the noise floor of this machine, {phrases.format_percent(floor)}"


def _fastest_note(row: Mapping[str, Any]) -> Iterator[str]:
    """What the fastest is, where sequential is recommended though another had a smaller median."""
    if row["fastest"] != row["label"]:
        speed = phrases.format_speed(row, "fastest_speedup", "sequential")
        yield f"the smallest median had {row['fastest']}, {speed}"


def _regret_note(row: Mapping[str, Any]) -> Iterator[str]:
    """How it compares with the fastest, where that is another one."""
    if row["fastest"] != row["label"]:
        regret = phrases.format_speed(row, "regret", "its time")
        yield f"{row['fastest']}, the fastest, is not shown to be faster: this takes {regret}"


_THREADS = {
    FASTER: "{label} is {speed}",
    SLOWER: "threads lose: {label} is {speed}",
    SAME: "threads give nothing: {label} is {speed}",
}


def _thread_note(row: Mapping[str, Any], summary: pd.DataFrame) -> Iterator[str]:
    """What threads give, where something else is recommended."""
    threads = summary[summary["speedup"].notna() & ~summary["role"].isin(CONTROLS)]
    threads = representatives.typical_thread_rows(representatives.at_default_interval(threads), _BY)
    for each in threads.to_dict("records") if row["backend_kind"] != "threads" else []:
        form = _THREADS.get(each["claim"], "no gain of threads is shown: {label} is {speed}")
        yield form.format(label=each["label"], speed=phrases.format_speed(each, "speedup", "sequential"))


def _size_notes(row: Mapping[str, Any], break_even: pd.DataFrame) -> Iterator[str]:
    """From which size the recommended backend pays off, or up to which, where sizes were swept and show it."""
    keys = ["machine", "python", "experiment", "workload", "backend", "backend_params", "workers_asked", "scaling"]
    rows = break_even[break_even["kind"].isin([FROM, UP_TO]) & (break_even["axis"] != "workers")]
    rows = rows[(rows[keys] == [row[key] for key in keys]).all(axis=1)]
    params = json.loads(row["params"])
    for place in rows.to_dict("records"):
        fixed = json.loads(place["params"])
        if fixed.items() <= {name: value for name, value in params.items() if name != place["axis"]}.items():
            value, low, high = (phrases.format_number(place[f"value{end}"]) for end in _ENDS)
            words = "from" if place["kind"] == FROM else "up to"
            yield f"it pays off {words} {place['axis']} = {value} [{low}, {high}]{' on' if words == 'from' else ''}"


# ---- as a chart


def _marks(choices: pd.DataFrame, measured: pd.DataFrame) -> tuple[list[Mark], float]:
    """A mark per build and kind of backend, and the place of 1; choices: of a workload, measured: the summary by combination."""
    shown = choices[choices["backend_kind"] != "sequential"]
    order = {name: place for place, name in enumerate(labels.in_order(shown["build"]))}
    shown = shown.assign(order=shown["build"].map(order)).sort_values(["order", "place"]).head(_MAX_MARKS)
    rows = shown[["combination", "label", "build", "backend_kind"]].merge(
        measured[[f"speedup{end}" for end in _ENDS]], left_on="combination", right_index=True
    )
    rows = rows[rows["speedup"].notna()]
    if rows.empty:
        return [], 0.0
    scale = (_WIDTH - _LABEL - _VALUE) / max(1.0, float(rows["speedup_high"].max()))
    is_several = rows["build"].nunique() > 1
    return [
        Mark(
            _shorten(f"{row['label']} on {row['build']}" if is_several else str(row["label"])),
            row["backend_kind"],
            phrases.format_ratio(row["speedup"]),
            phrases.format_ratio_ci(*(row[f"speedup{end}"] for end in _ENDS)),
            _LINE * (place + 0.5),
            *(round(_LABEL + scale * row[f"speedup{end}"], 1) for end in _ENDS),
        )
        for place, row in enumerate(rows.to_dict("records"))
    ], round(_LABEL + scale, 1)


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LABEL else f"{text[: _MAX_LABEL - 1]}…"


# ---- as code


def _snippets(rows: pd.DataFrame, snippets: Mapping[str, str]) -> list[tuple[str, str]]:
    """[(builds, code)] of what is recommended and has a form by hand with all parameters at their defaults."""
    found: dict[str, list[str]] = {}
    for row in rows.to_dict("records"):
        code = snippets.get(row["backend"], "") if row["backend_params"] == "{}" and row["claim"] == FASTER else ""
        if code:
            code = _set_interval(row["switch_interval_s"]) + code.replace("{workers}", str(row["workers"]))
            found.setdefault(code, []).append(row["build"])
    return [(phrases.join_words(builds), code) for code, builds in found.items()]


def _set_interval(interval_s: float) -> str:
    """The lines that set a switch interval that is not the default."""
    if pd.isna(interval_s) or interval_s == representatives.DEFAULT_INTERVAL_S:
        return ""
    return f"import sys\n\nsys.setswitchinterval({interval_s:g})\n\n"


def sentences(all_cards: Sequence[Card]) -> list[str]:
    """A sentence per workload and build."""
    return [f"{card.title} on {line.sentence}" for card in all_cards for line in card.lines]
