"""Parts of a page as plain data, the same for one sweep and for several: answers, figures, cards, the meanings of columns."""

import base64
import re

from gil_scaling.analysis.columns import FLAG_MEANINGS, TABLES
from gil_scaling.analysis.report.grid import meaning

_BUILD_FACTS = {  # of a build's card: what it says, and of which fact
    "GIL": lambda build: "on" if build["gil"] else "off",
    "free-threaded build": lambda build: _yes(build["free_threaded"]),
    "compiler": lambda build: build["compiler"],
    "PGO": lambda build: _yes(build["pgo"]),
    "LTO": lambda build: _yes(build["lto"]),
    "JIT": lambda build: "on" if build["jit"]["enabled"] else "off" if build["jit"]["available"] else "none",
    "options": lambda build: " ".join(build["options"]) or "none",
    "environment": lambda build: " ".join(f"{name}={value}" for name, value in build["env"].items()) or "none",
    "configured with": lambda build: " ".join(build["configure_arguments"]) or "nothing",
}


def measured(runs):
    """How many runs there are, are ok and cannot run, in how many calls and rounds, and when the first and the last began."""
    started = runs["started"].dropna()
    return {
        "runs": int(runs["run"].nunique()),
        "ok": int(runs.loc[runs["status"] == "ok", "run"].nunique()),
        "unsupported": int(runs.loc[runs["status"] == "unsupported", "run"].nunique()),
        "first": minute(started.min()) if len(started) else "–",
        "last": minute(started.max()) if len(started) else "–",
        "calls": int(runs["call"].nunique()),
        "rounds": int(runs["round"].max()) if runs["round"].notna().any() else 0,
    }


def minute(started):
    """A moment without its seconds: 2026-01-31 12:34 UTC."""
    return f"{started[:10]} {started[11:16]} UTC"


def answers(drawn):
    """The answers that open the report: {headline: [(sentence, id of its figure, its title)]}, in the order of the figures."""
    found = {}
    for one in drawn:
        for sentence in one["answers"] if one["headline"] else []:
            found.setdefault(one["headline"], []).append((sentence, f"figure-{id_of(one['name'])}", one["title"]))
    return found


def figures_of(drawn, experiment, folder):
    """The figures of an experiment, or of the whole sweep (None), with picture and data as they go into the page."""
    return [
        {
            "id": f"figure-{id_of(one['name'])}",
            "title": one["title"],
            "caption": one["caption"],
            "file": f"figures/{one['name']}.svg",
            "picture": _as_url(folder / "figures" / f"{one['name']}.svg", "image/svg+xml"),
            "data_file": f"{one['name']}.csv",
            "data": _as_url(folder / "figures" / f"{one['name']}.csv", "text/csv"),
        }
        for one in drawn
        if one["experiment"] == experiment and not one["missing"]
    ]


def not_drawn(drawn, experiment):
    """The questions of the figures that are missing, with the reason."""
    return [(one["title"], one["missing"]) for one in drawn if one["experiment"] == experiment and one["missing"]]


def _as_url(path, kind):
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def id_of(name):
    """A name as an id, a different one for each name: other characters stand there by their numbers."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda found: f".{ord(found[0]):x}.", name)


def flags_of(*tables):
    """{flag: its meaning} of all flags that rows of the tables have."""
    found = {flag for table in tables for flags in table["flags"].dropna() for flag in flags.split(";") if flag}
    return {flag: FLAG_MEANINGS[flag] for flag in sorted(found & set(FLAG_MEANINGS))}


def machine_facts(facts):
    """The facts of the machine as words, in their order; what it does not tell is left to the end."""
    said = {name.replace("_", " "): value for name, value in facts.items() if value is not None}
    unknown = [name.replace("_", " ") for name, value in facts.items() if value is None]
    said = {name: _listed(value) for name, value in said.items()}
    return {**said, **({"not told": ", ".join(unknown)} if unknown else {})}


def _listed(value):
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return str(value)


def card(build):
    """What a build is, from its facts: name, version, facts as words."""
    facts = {name: of(build) for name, of in _BUILD_FACTS.items()}
    return {"name": build["name"], "version": f"{build['implementation']} {build['version']}", "facts": facts}


def _yes(value):
    return "yes" if value else "no"


def columns(tables):
    """What the columns mean, in the order of the tables: {name: meaning}; the first table that has one explains it."""
    found = {"time": meaning("time", "summary")}
    for name in tables:
        for column in TABLES[name]:
            if not column.name.endswith(("_low", "_high")):
                found.setdefault(column.name, meaning(column.name, name))
    return found
