"""The answers and the main tables as Markdown, to paste into an issue or a pull request."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.report import verdicts
from gil_scaling.analysis.report.gate import Check
from gil_scaling.analysis.report.html_tables import Row, Table
from gil_scaling.analysis.report.lessons import Lesson

_SPECIAL = re.compile(r"([\\`*|<>#~]|(?<=])[(\[:])")  # brackets have a meaning only with what follows them
_COLUMNS = ("build", "workload", "backend", "workers", "time", "speedup", "claim", "speedup_reference", "flags")


def render(data: Mapping[str, Any]) -> str:
    """The text of the data of a page: what was measured, the verdict, a table, and folded the details.

    Its first 60 lines fit a comment on a pull request. Sections without rows are left out.
    """
    is_several = len(data["sets"]) > 1
    gains = _section(
        data, "gains", _bullets(data["claims"]), data["noise"], escape(data["ratios"]), _table(data["gains"])
    )
    parts = [
        f"# {escape(data['heading'])}: {escape(data['title'])}",
        *(
            [_bullets(data["measured"])]
            if data["is_many"]
            else (_set(each, has_label=is_several) for each in data["sets"])
        ),
        *_checks(data["checks"]),
        *_strong(data["warnings"]),
        *_section(data, "differences", _bullets(data["pairs"]), _table(data["differences"]) or data["same"]),
        *_strong(data["limits"]),
        *_section(data, "answers", _bullets(verdicts.sentences(data["cards"]))),
        *(gains if is_several else _section(data, "limits", _table(data["limit_table"]))),
        *_section(data, "trust", _bullets(data["trust"])),
        "<details>\n<summary>Details</summary>",
        *_answers(data["answers"]),
        *_section(data, "by-machine", _table(data["by_machine"])),
        *(_section(data, "limits", _table(data["limit_table"])) if is_several else gains),
        *_section(data, "why", *(part for each in data["why"] for part in _explanation(each))),
        *_section(
            data,
            "without-gil",
            _bullets(data["predicted"]),
            escape(data["predicted_note"]),
            _table(data["predictions"]),
        ),
        *_section(data, "lessons", *(_lesson(lesson) for lesson in data["lessons"])),
    ]
    for each in [] if is_several else data["experiments"]:
        parts += [
            f"## {escape(each['name'])}",
            *_strong(each["unlike"]),
            data["noise"],
            escape(data["ratios"]),
            _numbers(each["numbers"]),
        ]
    parts += _section(data, "published", escape(data["published_note"]), _table(data["published"]))
    for name in ("one_sided", "problems", "failures"):
        if data[name].rows:
            parts += _section(data, name.replace("_", "-"), _table(data[name]))
    if data["flags"]:
        parts += _section(data, "flags", _bullets(f"{flag}: {meaning}" for flag, meaning in data["flags"].items()))
    parts += ["</details>", f"gil-scaling {data['version']}"]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(data: Mapping[str, Any], name: str, *parts: str) -> list[str]:
    """The parts under the title of a section of the page; nothing where the page has no such section, or no part anything."""
    return [f"## {escape(data['sections'][name])}", *parts] if name in data["sections"] and any(parts) else []


def _strong(sentences: Iterable[str]) -> Iterator[str]:
    return (f"**{escape(sentence)}**" for sentence in sentences)


def _checks(checks: Iterable[Check]) -> Iterator[str]:
    """What the limits of the config for CI found, with a line per combination that is beyond one."""
    for check in checks:
        yield f"**Failed: {escape(check.error)}.**" if check.error else f"Passed: {escape(check.summary)}."
        yield _bullets(check.problems)


def _bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {escape(sentence)}" for sentence in sentences)


def _answers(answers: Mapping[str, Any]) -> Iterator[str]:
    for headline, group in answers.items():
        yield f"## {escape(headline)}"
        yield _bullets(answer.sentence for answer in group)
    if answers:
        yield "Brackets hold 95 % confidence intervals over the rounds, or ranges where no claim is made."


def _set(each: Mapping[str, Any], *, has_label: bool) -> str:
    """What was measured in a result set, on which machine and builds, a line each."""
    facts = each["facts"]
    lines = [
        f"{each['label']}: {each['measured']}" if has_label else each["measured"],
        each["origin"],
        f"{facts.get('cpu model', 'unknown CPU')}, {facts.get('usable cpus', '?')} usable CPUs",
        *(f"{build['name']}: {build['version']}, GIL {build['facts']['GIL']}" for build in each["builds"]),
    ]
    return _bullets(filter(None, lines))


def _explanation(each: Mapping[str, Any]) -> Iterator[str]:
    """Why a combination stays below its bound, without the listings."""
    yield f"### {escape(each['title'])}"
    yield _bullets([*each["sentences"], *each["notes"]])


def _lesson(lesson: Lesson) -> str:
    """A question with its code, which is indented so that nothing in it ends it, why, and its numbers."""
    code = "\n".join(f"    {line}".rstrip() for line in lesson.code.splitlines())
    return "\n\n".join([f"### {escape(lesson.question)}", code, escape(lesson.why), _table(lesson.numbers)])


def _numbers(table: Table) -> str:
    """The main columns of a table of numbers, without the ceiling."""
    places = [place for place, (name, _) in enumerate(table.heads) if name in _COLUMNS]
    rows = [Row([row.cells[place] for place in places]) for row in table.rows if row.added not in CONTROLS]
    return _table(Table([table.heads[place] for place in places], rows))


def _table(table: Table) -> str:
    """A table with all its rows and columns; nothing for one without rows."""
    if not table.rows:
        return ""
    heads = [escape(name) for name, _ in table.heads]
    lines = [heads, ["---"] * len(heads), *([escape(cell.text) for cell in row.cells] for row in table.rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(value: object) -> str:
    """Text that Markdown shows as it is: on one line, without markup, mentioning nobody."""
    line = " ".join(str(value).split()).replace("&", "&amp;")
    return _SPECIAL.sub(r"\\\1", line).replace("@", "@\u2060")
