"""Answers and figures for the page, from the index of the drawn figures."""

import base64
import gzip
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gil_scaling.analysis import phrases

_LARGE = 36  # answers; of more only a dozen are shown unfolded, those that differ most
_DOZEN = 12
_OF_HEADLINE = 8  # shown unfolded, of fewer answers
_MAIN_ANSWERS = 8  # at the end of a sweep
_Entries = Iterable[Mapping[str, Any]]  # of figures/index.json


class Answer(NamedTuple):
    """A sentence, and the figure that shows it."""

    sentence: str
    figure_id: str
    title: str


def answers(entries: _Entries, first: Sequence[str] = ()) -> dict[str, list[Answer]]:
    """{headline: its answers} for the top of the report, in the order of the figures; those named `first` before the others.

    Of a large sweep, those that differ most come first below each headline.
    """
    by_headline: dict[str, list[Answer]] = {}
    for entry in sorted(entries, key=lambda entry: entry["figure"] not in first):
        for sentence in entry["answers"] if entry["headline"] else []:
            answer = Answer(sentence, f"figure-{html_id(entry['name'])}", entry["title"])
            by_headline.setdefault(entry["headline"], []).append(answer)
    if _is_large(by_headline):
        for group in by_headline.values():
            group.sort(key=lambda answer: -phrases.shown_effect(answer.sentence))
    return by_headline


def unfolded(answers: Mapping[str, Sequence[Answer]]) -> dict[str, int]:
    """{headline: how many of its answers are shown unfolded}: of a large sweep about a dozen in all, of each headline one or more."""
    if not _is_large(answers):
        return {headline: min(_OF_HEADLINE, len(group)) for headline, group in answers.items()}
    places = [(place, headline) for headline, group in answers.items() for place in range(len(group))]
    count = max(_DOZEN, len(answers))
    return dict(Counter(headline for _, headline in sorted(places, key=lambda one: one[0])[:count]))


def _is_large(answers: Mapping[str, Sequence[Answer]]) -> bool:
    return sum(map(len, answers.values())) > _LARGE


def main_answers(answers: Mapping[str, Sequence[Answer]]) -> list[str]:
    """The first group of answers as plain lines: its headline, and the first of its answers."""
    for headline, group in answers.items():
        left = len(group) - _MAIN_ANSWERS
        more = [f"… and {left} more in the report."] if left > 0 else []
        return [headline, *(answer.sentence for answer in group[:_MAIN_ANSWERS]), *more]
    return []


def figures_of(entries: _Entries, experiment: str | None, folder: Path) -> dict[str, list[dict[str, str]]]:
    """The figures of an experiment, or of all together (None): those drawn, and those missing, with reasons."""
    chosen = [entry for entry in entries if entry["experiment"] == experiment]
    return {
        "figures": [_embed(entry, folder / "figures") for entry in chosen if not entry["missing"]],
        "missing": [{"title": entry["title"], "reason": entry["missing"]} for entry in chosen if entry["missing"]],
    }


def _embed(entry: Mapping[str, Any], folder: Path) -> dict[str, str]:
    name = entry["name"]
    return {
        "id": f"figure-{html_id(name)}",
        "title": entry["title"],
        "caption": entry["caption"],
        "file": f"figures/{name}.svg",
        "picture": (folder / f"{name}.svg").read_text(encoding="utf-8"),
        "data_file": f"figures/{name}.csv",
        "data": base64.b64encode(gzip.compress((folder / f"{name}.csv").read_bytes(), mtime=0)).decode(),
    }


def html_id(name: str) -> str:
    """A name as an id, unique for each name: other characters are replaced by their code points."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda match: f".{ord(match[0]):x}.", name)
