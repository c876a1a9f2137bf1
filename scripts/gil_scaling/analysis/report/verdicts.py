"""The cards that open a page: what to use for each workload, in words, as a chart and as code."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from gil_scaling.analysis import labels, phrases, representatives
from gil_scaling.analysis.columns import AGAIN, BLOCK, CONTROLS, DEFAULT_INTERVAL_S, LINE
from gil_scaling.analysis.statistics.break_even import FROM
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, SAME, SLOWER
from gil_scaling.analysis.tables.break_even import UP_TO
from gil_scaling.analysis.tables.combinations import records_by

_BY = [*BLOCK, "scaling"]  # what a recommendation is for
_CARD = ["experiment", "workload", "params", "scaling"]
_LINE_OF_SIZES = (
    "machine",
    "python",
    *(name for name in LINE if name != "params"),
    "workers_asked",
)  # but for the size
_ENDS = ("", "_low", "_high")
_SPEEDUP = [f"speedup{end}" for end in _ENDS]
_NEEDED = [  # of the summary
    *("combination", "machine", "python", *LINE, "backend_kind", "workers", "workers_asked", "switch_interval_s"),
    *("usable_cpus", "role", "rounds_ok", "label", "claim", *_SPEEDUP),
]
FIRST_CARDS = 6  # that a page shows unfolded
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

    title: the workload; snippets: [(builds, code)]; marks, one, height: of the chart, where `one` is the place of 1; difference: the
    largest factor by which a backend is shown to differ from sequential, 1 where none is.
    """

    title: str
    lines: list[Line]
    marks: list[Mark]
    one: float
    height: float
    snippets: list[tuple[str, str]]
    difference: float

    @property
    def description(self) -> str:
        """The chart in words."""
        shown = "; ".join(f"{mark.label} {mark.text}" for mark in self.marks)
        return f"Speedup over sequential on the same build: {shown}."


def cards(
    tables: Mapping[str, pd.DataFrame], snippets: Mapping[str, str], floors: Mapping[str, float | None]
) -> list[Card]:
    """A card per workload with its parameters; of more than FIRST_CARDS those first that differ most from sequential.

    snippets: {backend: how it is written by hand, with {workers}}; floors: {machine: its noise floor, None if not known}.
    """
    summary = tables["summary"][_NEEDED]
    measured = summary.drop_duplicates("combination").set_index("combination")
    rows = tables["recommendations"]
    rows = rows.assign(rounds_ok=rows["combination"].map(measured["rounds_ok"]))
    evidence = _Evidence.of(summary, tables["break_even"], tables["changes"], floors)
    order = _order_builds(rows.drop_duplicates("build"), list(summary["machine"].unique()))
    choices = tables["choices"].merge(measured[_SPEEDUP], left_on="combination", right_index=True)
    choices_of = records_by(choices[choices["backend_kind"] != "sequential"], _CARD)
    found = []
    for key, own in records_by(rows, _CARD).items():
        of_builds = sorted(own, key=lambda row: order[row["build"]])
        lines = [_line(row, evidence) for row in of_builds]
        own_choices = choices_of.get(key, [])
        marks, one = _marks(own_choices, order)
        code, difference = _snippets(of_builds, snippets), _difference(own_choices)
        found.append(Card(own[0]["panel"], lines, marks, one, _LINE * len(marks) + 22, code, difference))
    first = heapq.nlargest(FIRST_CARDS, range(len(found)), key=lambda place: found[place].difference)
    return [found[place] for place in [*sorted(first), *sorted(set(range(len(found))) - set(first))]]


def _difference(choices: Sequence[Mapping[str, Any]]) -> float:
    """The largest factor between the speed of a choice and that of sequential, of those whose interval excludes 1."""
    shown = [row["speedup"] for row in choices if row["speedup_low"] > 1 or row["speedup_high"] < 1]
    return max((max(speedup, 1 / speedup) for speedup in shown), default=1.0)


def _order_builds(rows: pd.DataFrame, machines: Sequence[str]) -> dict[str, int]:
    """{build: its place}: those of a machine together, the machines in their order."""
    named = {build: place for place, build in enumerate(labels.in_order(rows["build"]))}
    keys = sorted(
        (machines.index(row["machine"]), named[row["build"]], row["build"]) for row in rows.to_dict("records")
    )
    return {build: place for place, (*_, build) in enumerate(keys)}


class _Evidence(NamedTuple):
    """What notes rest on: one worker alone; the typical row of threads by _BY; break-evens by size; floors as in cards.

    again: {combination: its row of the changes since an earlier time on its machine}.
    """

    one_worker: representatives.OneWorker
    threads: dict[tuple[str, ...], dict[str, Any]]
    sizes: list[dict[str, Any]]
    again: dict[str, dict[str, Any]]
    floors: Mapping[str, float | None]

    @classmethod
    def of(
        cls, summary: pd.DataFrame, break_even: pd.DataFrame, changes: pd.DataFrame, floors: Mapping[str, float | None]
    ) -> "_Evidence":
        asked = representatives.at_default_interval(
            summary[summary["speedup"].notna() & ~summary["role"].isin(CONTROLS)]
        )
        threads = representatives.typical_thread_rows(asked, _BY).to_dict("records")
        places = break_even[break_even["kind"].isin([FROM, UP_TO]) & (break_even["axis"] != "workers")]
        one_worker = representatives.OneWorker(summary[summary["role"] != "ceiling"])
        again = changes[changes["kind"] == AGAIN].assign(rounds_ok=changes[["rounds", "against_rounds"]].min(axis=1))
        return cls(
            one_worker,
            {_key(row): row for row in threads},
            places.to_dict("records"),
            {row["combination"]: row for row in again.to_dict("records")},
            floors,
        )


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in _BY)


# ---- in words


def _line(row: dict[str, Any], evidence: _Evidence) -> Line:
    """The line of a build."""
    speed = phrases.format_speed(row, "speedup", "sequential")
    notes = [*_size_notes(row, evidence.sizes), *_again_note(evidence.again.get(row["combination"]))]
    if pd.isna(row["speedup"]):
        return Line(row["build"], "nothing is recommended: no sequential run to compare with", notes)
    if row["claim"] == NO_CLAIM:
        return Line(row["build"], f"{row['label']}: {phrases.describe_speed(row, 'speedup', NO_CLAIM)}", notes)
    typical = evidence.threads.get(_key(row))
    if row["backend_kind"] == "sequential" or row["claim"] != FASTER:
        lost = _thread_note(row, typical) if typical and typical["claim"] == SLOWER else ()
        return Line(
            row["build"], "stay with sequential: nothing is shown to be faster", [*_fastest_note(row), *lost, *notes]
        )
    alone = evidence.one_worker.describe(row)
    noise = _noise_note(row, evidence.floors.get(row["machine"]))
    threads = _thread_note(row, typical)
    return Line(row["build"], f"use {row['label']}: {speed}{alone}", [*noise, *_regret_note(row), *threads, *notes])


def _noise_note(row: Mapping[str, Any], floor: float | None) -> Iterator[str]:
    """That a gain is no larger than what two copies of one build may differ by."""
    if floor is not None and row["speedup"] - 1 <= floor:
        yield f"the gain is within the noise floor of this machine, {phrases.format_percent(floor)}"


def _fastest_note(row: Mapping[str, Any]) -> Iterator[str]:
    """What the fastest is, where sequential is recommended though another had a smaller median; of weak scaling in any case."""
    speed = phrases.format_speed(row, "fastest_speedup", "sequential")
    if row["backend_kind"] != "sequential":  # no candidate: it runs another list of tasks
        yield f"{row['fastest']} is {speed}"
    elif row["fastest"] != row["label"]:
        yield f"{row['fastest']} had the smallest median, {speed}"


def _regret_note(row: Mapping[str, Any]) -> Iterator[str]:
    """How it compares with the fastest, where that is another one."""
    if row["fastest"] != row["label"]:
        regret = phrases.format_speed(row, "regret", "its time")
        yield f"{row['fastest']} had the smallest median, but is not shown to be faster: this takes {regret}"


_THREADS = {
    FASTER: "{label} is {speed}",
    SLOWER: "threads lose: {label} is {speed}",
    SAME: "threads gain nothing: {label} is {speed}",
}


def _thread_note(row: Mapping[str, Any], threads: Mapping[str, Any] | None) -> Iterator[str]:
    """What threads give, where something else is recommended; threads: their row of the summary, None if they have none."""
    if threads and row["backend_kind"] != "threads":
        form = _THREADS.get(threads["claim"], "no gain of threads is shown: {label} is {speed}")
        yield form.format(label=threads["label"], speed=phrases.format_speed(threads, "speedup", "sequential"))


def _again_note(change: Mapping[str, Any] | None) -> Iterator[str]:
    """How it compares with an earlier time on the same machine, where there is one."""
    if change:
        earlier = f"the speed on {change['against_machine']}"
        yield f"it is {phrases.describe_speed(change, 'gain', change['claim'], earlier)}"


def _size_notes(row: Mapping[str, Any], sizes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """From which size the recommended backend pays off, or up to which, where sizes were swept and show it."""
    for place in sizes:
        if all(place[name] == row[name] for name in _LINE_OF_SIZES):
            value, low, high = (phrases.format_number(place[f"value{end}"]) for end in _ENDS)
            words = "from" if place["kind"] == FROM else "up to"
            yield f"it pays off {words} {place['axis']} = {value} [{low}, {high}]{' on' if words == 'from' else ''}"


# ---- as a chart


def _marks(choices: Sequence[Mapping[str, Any]], order: Mapping[str, int]) -> tuple[list[Mark], float]:
    """A mark per build and kind of backend, or, if these are many, per build; and the place of 1.

    choices: of a workload, but sequential, with their speedups; order: of the builds.
    """
    shown = sorted(choices, key=lambda row: row["place"])
    if len(shown) > _MAX_MARKS:
        shown = list({row["build"]: row for row in reversed(shown)}.values())
    shown = sorted(shown, key=lambda row: (order[row["build"]], row["place"]))[:_MAX_MARKS]
    rows = [row for row in shown if not pd.isna(row["speedup"])]
    if not rows:
        return [], 0.0
    scale = (_WIDTH - _LABEL - _VALUE) / max(1.0, *(row["speedup_high"] for row in rows))
    is_several = len({row["build"] for row in rows}) > 1
    return [
        Mark(
            _shorten(f"{row['label']} on {row['build']}" if is_several else str(row["label"])),
            row["backend_kind"],
            phrases.format_ratio(row["speedup"]),
            phrases.format_ratio_ci(*(row[f"speedup{end}"] for end in _ENDS)),
            _LINE * (place + 0.5),
            *(round(_LABEL + scale * row[f"speedup{end}"], 1) for end in _ENDS),
        )
        for place, row in enumerate(rows)
    ], round(_LABEL + scale, 1)


def _shorten(text: str) -> str:
    """The text without its middle, if it is too long: it ends with what tells builds apart."""
    return text if len(text) <= _MAX_LABEL else f"{text[:12]}…{text[13 - _MAX_LABEL :]}"


# ---- as code


def _snippets(rows: Sequence[Mapping[str, Any]], snippets: Mapping[str, str]) -> list[tuple[str, str]]:
    """[(builds, code)] of what is recommended and has a form by hand with all parameters at their defaults."""
    found: dict[str, list[str]] = {}
    for row in rows:
        code = snippets.get(row["backend"], "") if row["backend_params"] == "{}" and row["claim"] == FASTER else ""
        if code:
            code = _set_interval(row["switch_interval_s"]) + code.replace("{workers}", str(row["workers"]))
            found.setdefault(code, []).append(row["build"])
    return [(phrases.join_words(builds), code) for code, builds in found.items()]


def _set_interval(interval_s: float) -> str:
    """The lines that set a switch interval that is not the default."""
    if pd.isna(interval_s) or interval_s == DEFAULT_INTERVAL_S:
        return ""
    return f"import sys\n\nsys.setswitchinterval({interval_s:g})\n\n"


def sentences(all_cards: Sequence[Card]) -> list[str]:
    """A sentence per workload and build."""
    return [f"{card.title} on {line.sentence}" for card in all_cards for line in card.lines]
