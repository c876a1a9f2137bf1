"""What the report says, as plain data: answers, figures, tables and cards, made from the files of a sweep."""

import base64
import json
import re
import shlex

import yaml

from scripts.analysis import figures, tables
from scripts.analysis.columns import FLAG_MEANINGS, TABLES
from scripts.analysis.report import trust
from scripts.analysis.report.grid import grid, meaning, numbers, plain

_PARTS = {
    "budget": "The time of the workers in parts",
    "break_even": "From where on does it pay?",
    "scaling": "Fitted laws of scaling",
    "metrics": "What else was measured",
}
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


def content(plan_path):
    """Everything that the page shows, for the sweep of results/<machine>/<sweep>/plan.json."""
    plan = json.loads(plan_path.read_text(encoding="utf-8"))
    folder, machine_folder = plan_path.parent, plan_path.parent.parent
    found = tables.read(folder / "tables")
    summary = found["summary"]
    builds = [json.loads((machine_folder / name).read_text(encoding="utf-8")) for name in plan["builds"]]
    floor, about_noise = trust.noise_floor(*_noise_of(machine_folder / plan["noise_sweep"] / "tables"))
    references = {use["experiment"]: use["reference"] for run in plan["runs"] for use in run["uses"]}
    differences = trust.differences(summary, {build["name"]: build for build in builds}, references)
    config = (folder / "config.yaml").read_text(encoding="utf-8")
    drawn = figures.read_index(folder / "figures")
    return {
        "machine": plan["machine"],
        "sweep": plan["sweep"],
        "measured": _measured(found["runs"]),
        "warnings": trust.gil_came_back(found["runs"]),
        "answers": _answers(drawn),
        "trust": [about_noise, *filter(None, [trust.precision(summary)]), *trust.sizes(plan.get("sizes", []))],
        "figures": _figures(drawn, None, folder),
        "not_drawn": _not_drawn(drawn, None),
        "experiments": [
            {
                **_experiment(name, found, floor),
                "figures": _figures(drawn, name, folder),
                "not_drawn": _not_drawn(drawn, name),
                "differences": differences.get(name, []),
                "config": _config_of(name, config),
            }
            for name in plan["experiments"]
        ],
        "failures": plain(_words(found["failures"]), ["run", "status", "reason"]),
        "unsupported": plain(_unsupported(summary), ["python", "workload", "backend", "reason"]),
        "flags": {flag: FLAG_MEANINGS[flag] for flag in _flags(summary)},
        "quality": grid(found["quality"], "quality"),
        "machine_facts": _facts(json.loads((machine_folder / "machine.json").read_text(encoding="utf-8"))),
        "builds": [_card(build) for build in builds],
        "config": config,
        "command": f"snakemake --cores all --configfile {shlex.quote(_config_path(plan))}",
        "tables": [(name, len(found[name])) for name in TABLES],
        "columns": _columns(),
        "few_rounds": any("few_rounds" in flags.split(";") for flags in summary["flags"].dropna()),
    }


def _config_path(plan):
    """Where the expanded config lies, from the working directory of Snakemake."""
    return f"results/{plan['machine']}/{plan['sweep']}/config.yaml"


def _noise_of(folder):
    """The noise table of the machine's A/A test and when it was measured; (None, None) where there is none."""
    if not (folder / "noise.csv").exists():
        return None, None
    found = tables.read(folder, ["noise", "runs"])
    return found["noise"], _measured(found["runs"])["last"]


def _measured(runs):
    started = runs["started"].dropna()
    return {
        "runs": int(runs["run"].nunique()),
        "ok": int(runs.loc[runs["status"] == "ok", "run"].nunique()),
        "unsupported": int(runs.loc[runs["status"] == "unsupported", "run"].nunique()),
        "first": _minute(started.min()) if len(started) else "–",
        "last": _minute(started.max()) if len(started) else "–",
        "calls": int(runs["call"].nunique()),
        "rounds": int(runs["round"].max()) if runs["round"].notna().any() else 0,
    }


def _minute(started):
    """A moment without its seconds: 2026-01-31 12:34 UTC."""
    return f"{started[:10]} {started[11:16]} UTC"


def _answers(drawn):
    """The answers that open the report: {headline: [(sentence, id of its figure, its title)]}, in the order of the figures."""
    found = {}
    for one in drawn:
        for sentence in one["answers"] if one["headline"] else []:
            found.setdefault(one["headline"], []).append((sentence, f"figure-{_id(one['name'])}", one["title"]))
    return found


def _figures(drawn, experiment, folder):
    """The figures of an experiment, or of the whole sweep (None), with picture and data as they go into the page."""
    return [
        {
            "id": f"figure-{_id(one['name'])}",
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


def _not_drawn(drawn, experiment):
    return [(one["title"], one["missing"]) for one in drawn if one["experiment"] == experiment and one["missing"]]


def _as_url(path, kind):
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _id(name):
    """A name as an id, a different one for each name: other characters stand there by their numbers."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda found: f".{ord(found[0]):x}.", name)


def _experiment(name, found, floor):
    summary = found["summary"]
    parts = {part: found[part][found[part]["experiment"] == name] for part in _PARTS}
    return {
        "name": name,
        "id": _id(name),
        "numbers": numbers(summary[summary["experiment"] == name], floor),
        "parts": [(part, title, grid(parts[part], part)) for part, title in _PARTS.items() if len(parts[part])],
    }


def _config_of(name, text):
    """A config of one experiment alone, which measures it again: what it has in common with the others stands above it."""
    config = yaml.safe_load(text)
    above = {key: value for key, value in config.items() if key != "experiments"}
    own = [
        {key: value for key, value in one.items() if key not in above or above[key] != value}
        for one in config["experiments"]
        if one["name"] == name
    ]
    return yaml.safe_dump({**above, "experiments": own}, sort_keys=False, allow_unicode=True, width=100)


def _words(table):
    return table.astype(object).where(table.notna(), "").to_dict("records")


def _unsupported(summary):
    rows = summary[summary["status"] == "unsupported"]
    return _words(rows[["python", "workload", "backend", "reason"]].drop_duplicates())


def _flags(summary):
    return sorted({flag for flags in summary["flags"].dropna() for flag in flags.split(";") if flag})


def _facts(facts):
    """The facts of the machine as words, in their order; what it does not tell is left to the end."""
    said = {name.replace("_", " "): value for name, value in facts.items() if value is not None}
    unknown = [name.replace("_", " ") for name, value in facts.items() if value is None]
    said = {name: _listed(value) for name, value in said.items()}
    return {**said, **({"not told": ", ".join(unknown)} if unknown else {})}


def _listed(value):
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return str(value)


def _card(build):
    facts = {name: of(build) for name, of in _BUILD_FACTS.items()}
    return {"name": build["name"], "version": f"{build['implementation']} {build['version']}", "facts": facts}


def _yes(value):
    return "yes" if value else "no"


def _columns():
    """What the columns mean, in the order of the tables: {name: meaning}; the first table that has one explains it."""
    found = {"time": meaning("time", "summary")}
    for name in ("summary", *_PARTS, "quality"):
        for column in TABLES[name]:
            if not column.name.endswith(("_low", "_high")):
                found.setdefault(column.name, meaning(column.name, name))
    return found
