"""Why combinations stay below their bound, in sentences and as annotated listings, from the tables of the target `why`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import WAITING_SHARES
from gil_scaling.analysis.report.contention import FEW_ROUNDS, lock_notes, lock_sentences, object_sentences
from gil_scaling.analysis.report.html_tables import Table, text_table
from gil_scaling.analysis.statistics.intervals import CI95
from gil_scaling.analysis.tables.lines import MIN_EFFECT

_MAX_LINES = 3  # named in sentences, of each kind of time
_MIN_HELD = 0.05  # of the time that workers wait, for a line to be named
_MIN_SHARE = 0.05  # of the workers' time, to be named
_WITHOUT_LINE = {
    "run_queue": "were ready to run, but had no CPU: other processes took it, or there are more workers than CPUs",
    "garbage_collector": "were in pauses of the garbage collector",
    "sleep_or_io": "slept, or waited for input and output",
}
_MIN_TEXT = 0.01  # of a task's time, to be shown as a number
_UNITS = {"threads": "thread", "processes": "process", "interpreters": "interpreter"}
_WAYS = {"outside": "from outside", "inside": "by a thread of the run"}


class Line(NamedTuple):
    """A line of a listing: its number (None: a gap before it), its text, and the added times, as shares of the largest and in words."""

    number: int | None
    source: str
    cpu: float
    cpu_text: str
    waiting: float
    waiting_text: str


def explanations(why: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """One per combination, in the order of the table: title, sentences, listings {file: lines} and notes on the method."""
    found = []
    for combination, rows in why["waiting"].groupby("combination", sort=False):
        lines, listings, locks, objects = (
            why[name][why[name]["combination"] == combination] for name in ("lines", "listings", "locks", "objects")
        )
        row = rows.iloc[-1]
        found.append(
            {
                "title": f"{row['panel']} on {row['build']}: {row['label']}",
                "sentences": [*_sentences(row, rows, lines), *lock_sentences(locks), *object_sentences(objects)],
                "listings": {file: _listing(own, row["task_s"]) for file, own in listings.groupby("file", sort=False)},
                "notes": [*_notes(rows), *lock_notes(locks)],
            }
        )
    return found


def waiting_table(waiting: pd.DataFrame) -> Table:
    """The shares of the workers' time in their tasks, with one worker and with all."""
    rows = waiting[waiting["task_s"].notna()]
    names = [column.name for column in WAITING_SHARES]
    heads = ("build", "workload", "backend", "workers", "time of a task", *(name.replace("_", " ") for name in names))
    cells = (
        (
            *(row[name] for name in ("build", "panel", "series", "at_workers")),
            phrases.format_seconds(row["task_s"]),
            *(phrases.format_percent(row[name]) for name in names),
        )
        for _, row in rows.iterrows()
    )
    return text_table(heads, cells)


def _sentences(row: pd.Series, rows: pd.DataFrame, lines: pd.DataFrame) -> Iterator[str]:
    for _, bad in rows[rows["status"] != "ok"].drop_duplicates("reason").iterrows():
        some = "" if pd.isna(bad["task_s"]) else "in some runs "
        workers = phrases.format_count(bad["at_workers"], "worker")
        yield f"{phrases.capitalize(bad['status'])} {some}with {workers}: {bad['reason']}."
    if lines.empty:
        return
    yield from _of_cpu(row, lines)
    yield from _of_waiting(row, lines)
    for name, text in _WITHOUT_LINE.items():
        if row[name] >= _MIN_SHARE:
            yield f"For {phrases.format_percent(row[name])} of the time in their tasks, the workers {text}."


def _of_cpu(row: pd.Series, lines: pd.DataFrame) -> Iterator[str]:
    """Which lines take the CPU time that the further workers add."""
    alone_s, together_s = lines["cpu_alone_s"].sum(), lines["cpu_s"].sum()
    if lines["cpu_share"].isna().all():
        factor = row["machine_factor"]
        of_machine = f" × {phrases.format_ratio(factor)} for the machine" if factor > 1 else ""
        yield (
            f"A task is not shown to need more than {phrases.format_percent(MIN_EFFECT)} more CPU time than with one worker: "
            f"{phrases.format_seconds(together_s)}, alone {phrases.format_seconds(alone_s)}{of_machine}."
        )
        return
    yield (
        f"A task needs {phrases.format_seconds(together_s)} of CPU time, with one worker {phrases.format_seconds(alone_s)}."
    )
    subject = _name_added(row)
    for _, line in largest_lines(lines, "cpu_share").iterrows():
        yield f"{_share(line, 'cpu_share')} of the CPU time that {subject} is spent in {_place(line)}.{_no_claim(line)}"


def _of_waiting(row: pd.Series, lines: pd.DataFrame) -> Iterator[str]:
    """At which lines the workers wait, and which lines run meanwhile."""
    if lines["waiting_share"].isna().all():
        return
    subject = _name_added(row)
    for _, line in largest_lines(lines, "waiting_share").iterrows():
        yield f"{_share(line, 'waiting_share')} of the waiting that {subject} is in {_place(line)}.{_no_claim(line)}"
    held_s = lines["held_s"].sum()
    holding = lines[lines["file"].notna() & lines["held_s"].ge(_MIN_HELD * held_s)] if held_s > 0 else lines.head(0)
    if len(holding):
        holding = holding.sort_values("held_s", ascending=False).head(_MAX_LINES)
        places = [
            f"{_place(line)} ({phrases.format_percent(line['held_s'] / held_s)})" for _, line in holding.iterrows()
        ]
        yield f"While workers wait for a lock or the GIL, these lines run: {phrases.join_words(places)}."


def largest_lines(lines: pd.DataFrame, share: str) -> pd.DataFrame:
    """The lines of one combination to name for what they add to a kind of time; share: cpu_share or waiting_share."""
    named = lines[lines["file"].notna() & lines[f"{share}_low"].gt(0)]
    return named.sort_values(share, ascending=False).head(_MAX_LINES)


def _name_added(row: pd.Series) -> str:
    unit = _UNITS.get(row["backend_kind"], "worker")
    if row["workers"] == 2:
        return f"the second {unit} adds"
    return f"the further {unit}{'es' if unit.endswith('s') else 's'} add"


def _share(line: pd.Series, name: str) -> str:
    return phrases.format_share_ci(*(line[f"{name}{end}"] for end in ("", "_low", "_high")))


def _place(line: pd.Series) -> str:
    callee = f", in {line['callee']}" if isinstance(line["callee"], str) else ""
    return phrases.name_line(line["file"], line["line"], line["source"]) + callee


def _no_claim(line: pd.Series) -> str:
    return "" if line["interval"] == CI95 else FEW_ROUNDS


def _listing(rows: pd.DataFrame, task_s: float) -> list[Line]:
    """The lines of a file with bars; task_s: the time of a task, of which less than a hundredth gets no text."""
    largest = float(rows[["added_cpu_s", "added_waiting_s"]].max(axis=None))
    found: list[Line] = []
    before = None
    for _, row in rows.iterrows():
        if before is not None and row["line"] > before + 1:
            found.append(Line(None, "", 0.0, "", 0.0, ""))
        before = row["line"]
        cpu, waiting = (_bar(row[name], largest, task_s) for name in ("added_cpu_s", "added_waiting_s"))
        found.append(Line(int(row["line"]), row["source"] if isinstance(row["source"], str) else "", *cpu, *waiting))
    return found


def _bar(seconds: float, largest: float, task_s: float) -> tuple[float, str]:
    """The length of a bar, 0 … 1, and its text."""
    if pd.isna(seconds) or not largest > 0:
        return 0.0, ""
    text = (
        f"{'+' if seconds > 0 else ''}{phrases.format_seconds(seconds)}" if abs(seconds) >= _MIN_TEXT * task_s else ""
    )
    return min(1.0, max(0.0, seconds / largest)), text


def _notes(rows: pd.DataFrame) -> Iterator[str]:
    """How it was sampled, and what that cost."""
    for _, row in rows[rows["task_s"].notna()].tail(1).iterrows():
        if row["machine_factor"] > 1:
            yield (
                f"A loop on data of its own needs {phrases.format_ratio(row['machine_factor'])} times as much CPU time on all workers at "
                "once as on one: that the machine adds by itself, and no line is blamed for it."
            )
        if row["method"] == "inside":
            yield f"Not sampled from outside: {row['reason']}."
        yield (
            f"Sampled {_WAYS[row['method']]}, {phrases.format_number(row['samples'])} times in each of "
            f"{phrases.format_count(row['rounds'], 'round')}; the sampler used {phrases.format_percent(row['sampler_cpus'])} of a CPU, "
            + ("with a usable CPU to spare" if row["spare_cpus"] > 0 else "with no usable CPU to spare")
            + f", and the sampled repetitions took {phrases.format_ratio(row['sampler_slowdown'])} times as long as those between them."
        )
