"""The answers and the main tables as Markdown, fit for pasting into an issue or a pull request."""

import re

_MEANT = re.compile(r"([\\`*|<>#~]|(?<=])[(\[:])")  # brackets mean something only with what follows them
_COLUMNS = ("python", "workload", "backend", "workers", "time", "speedup", "claim", "speedup_reference", "flags")


def render(content):
    """The text of a content."""
    parts = [
        f"# {text(content['sweep'])} on {text(content['machine'])}",
        _measured(content["measured"]),
        "\n".join(map("- {}".format, _where(content))),
        *(f"**{text(sentence)}**" for sentence in content["warnings"]),
    ]
    parts += [
        *_answers(content["answers"]),
        "## How far can it be trusted?",
        "\n".join(f"- {text(sentence)}" for sentence in content["trust"]),
    ]
    for experiment in content["experiments"]:
        parts += [f"## {text(experiment['name'])}", *(f"**{text(one)}**" for one in experiment["differences"])]
        parts.append(_table(experiment["numbers"]))
    failures = content["failures"]["rows"]
    if failures:
        parts += [
            "## Failed runs",
            "\n".join(f"- {': '.join(text(cell.text) for cell in row['cells'])}" for row in failures),
        ]
    return "\n\n".join(filter(None, parts)) + "\n"


def comparison(content):
    """The text of a comparison's content."""
    sets = [
        f"- {text(one['label'])}: {_measured(one['measured'])} Machine {text(one['machine'])}, "
        f"{text(one['facts'].get('cpu model', 'unknown CPU'))}, {text(one['facts'].get('usable cpus', '?'))} usable CPUs"
        for one in content["sets"]
    ]
    parts = [
        f"# {text(', '.join(content['labels']))} compared",
        "\n".join(sets),
        *(f"**{text(sentence)}**" for sentence in content["warnings"]),
        "## What is not the same",
        "\n".join(f"- {text(sentence)}" for sentence in content["notes"]),
        _whole(content["differences"]) or content["same"],
        *_answers(content["answers"]),
        "## Gains and losses, the worst first",
        "\n".join(f"- {text(sentence)}" for sentence in content["tally"]) or "No two times are of one machine.",
        _whole(content["beyond"]) or "No combination is shown to be faster or slower.",
        "## How far can it be trusted?",
        "\n".join(f"- {text(sentence)}" for sentence in content["trust"]),
    ]
    heads = {"one_sided": "What one side lacks", "problems": "What cannot be used", "failures": "Failed runs"}
    for name, head in heads.items():
        if content[name]["rows"]:
            parts += [f"## {head}", _whole(content[name])]
    return "\n\n".join(filter(None, parts)) + "\n"


def _answers(answers):
    for headline, sentences in answers.items():
        yield f"## {text(headline)}"
        yield "\n".join(f"- {text(sentence)}" for sentence, *_ in sentences)
    if answers:
        yield "Brackets hold 95 % intervals over the rounds; ranges where no claim is made."


def _whole(grid):
    """A table with all its rows and columns; nothing for one without rows."""
    return _lines([name for name, _ in grid["heads"]], [[cell.text for cell in row["cells"]] for row in grid["rows"]])


def _lines(heads, rows):
    if not rows:
        return ""
    lines = [[text(head) for head in heads], ["---"] * len(heads), *([text(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _measured(measured):
    return (
        f"{measured['ok']} of {measured['runs']} runs are ok, in {measured['rounds']} rounds, measured from "
        f"{measured['first']} to {measured['last']}."
    )


def _where(content):
    """The machine and the builds, a line each."""
    facts = content["machine_facts"]
    yield f"{text(facts.get('cpu model', 'unknown CPU'))}, {text(facts.get('usable cpus', '?'))} usable CPUs"
    for build in content["builds"]:
        yield f"{text(build['name'])}: {text(build['version'])}, GIL {text(build['facts']['GIL'])}"


def _table(numbers):
    """The main columns of a table that has rows, without those rows that were added."""
    heads = [name for name, _ in numbers["heads"]]
    places = [place for place, name in enumerate(heads) if name in _COLUMNS]
    rows = [row["cells"] for row in numbers["rows"] if row["added"] != "ceiling"]
    return _lines([heads[place] for place in places], [[row[place].text for place in places] for row in rows])


def text(value):
    """Text that Markdown shows as it is: on one line, with no markup of its own, and calling nobody."""
    line = " ".join(str(value).split()).replace("&", "&amp;")
    return _MEANT.sub(r"\\\1", line).replace("@", "@\u2060")
