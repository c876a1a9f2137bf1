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
    for headline, sentences in content["answers"].items():
        parts += [f"## {text(headline)}", "\n".join(f"- {text(sentence)}" for sentence, *_ in sentences)]
    if content["answers"]:
        parts.append("Brackets hold 95 % intervals over the rounds; ranges where no claim is made.")
    parts += ["## How far can it be trusted?", "\n".join(f"- {text(sentence)}" for sentence in content["trust"])]
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
    if not rows:
        return ""
    lines = [[heads[place] for place in places], ["---"] * len(places)]
    lines += [[text(row[place].text) for place in places] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text(value):
    """Text that Markdown shows as it is: on one line, with no markup of its own, and calling nobody."""
    line = " ".join(str(value).split()).replace("&", "&amp;")
    return _MEANT.sub(r"\\\1", line).replace("@", "@\u2060")
