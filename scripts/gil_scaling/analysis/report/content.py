"""What the report says, as plain data: answers, figures, tables and cards, made from the files of a sweep."""

import shlex

import yaml

from gil_scaling.analysis import facts, figures
from gil_scaling.analysis.columns import TABLES
from gil_scaling.analysis.report import parts, trust
from gil_scaling.analysis.report.grid import grid, numbers, plain
from gil_scaling.analysis.tables import build as tables

_PARTS = {
    "budget": "The time of the workers in parts",
    "break_even": "From where on does it pay?",
    "scaling": "Fitted laws of scaling",
    "metrics": "What else was measured",
}


def content(plan_path):
    """Everything that the page shows, for the sweep of results/<machine>/<sweep>/plan.json."""
    plan = facts.known(plan_path, facts.plan)
    folder, machine_folder = plan_path.parent, plan_path.parent.parent
    found = tables.read(folder / "tables")
    summary = found["summary"]
    builds = [facts.known(machine_folder / name, facts.build_facts) for name in plan["builds"]]
    floor, about_noise = trust.noise_floor(*_noise_of(machine_folder / plan["noise_sweep"] / "tables"))
    references = {use["experiment"]: use["reference"] for run in plan["runs"] for use in run["uses"]}
    differences = trust.differences(summary, {build["name"]: build for build in builds}, references)
    config = facts.known(folder / "config.yaml", facts.config)
    drawn = figures.read_index(folder / "figures")
    return {
        "machine": plan["machine"],
        "sweep": plan["sweep"],
        "measured": parts.measured(found["runs"]),
        "warnings": trust.gil_came_back(found["runs"]),
        "answers": parts.answers(drawn),
        "trust": [about_noise, *filter(None, [trust.precision(summary)]), *trust.sizes(plan.get("sizes", []))],
        "figures": parts.figures_of(drawn, None, folder),
        "not_drawn": parts.not_drawn(drawn, None),
        "experiments": [
            {
                **_experiment(name, found, floor),
                "figures": parts.figures_of(drawn, name, folder),
                "not_drawn": parts.not_drawn(drawn, name),
                "differences": differences.get(name, []),
                "config": _config_of(name, config),
            }
            for name in plan["experiments"]
        ],
        "failures": plain(_words(found["failures"]), ["run", "status", "reason"]),
        "unsupported": plain(_unsupported(summary), ["python", "workload", "backend", "reason"]),
        "flags": parts.flags_of(summary),
        "quality": grid(found["quality"], "quality"),
        "machine_facts": parts.machine_facts(facts.known(machine_folder / "machine.json", facts.machine_facts)),
        "builds": [parts.card(build) for build in builds],
        "config": facts.known(folder / "config.yaml", facts.text, facts.MOST_BYTES),
        "command": f"snakemake --cores all --configfile {shlex.quote(_config_path(plan))}",
        "tables": [(name, len(found[name])) for name in TABLES],
        "columns": parts.columns(["summary", *_PARTS, "quality"]),
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
    return found["noise"], parts.measured(found["runs"])["last"]


def _experiment(name, found, floor):
    summary = found["summary"]
    own = {part: found[part][found[part]["experiment"] == name] for part in _PARTS}
    return {
        "name": name,
        "id": parts.id_of(name),
        "numbers": numbers(summary[summary["experiment"] == name], floor),
        "parts": [(part, title, grid(own[part], part)) for part, title in _PARTS.items() if len(own[part])],
    }


def _config_of(name, config):
    """A config of one experiment alone, which measures it again: what it has in common with the others stands above it."""
    above = {key: value for key, value in config.items() if key != "experiments"}
    own = [
        {key: value for key, value in one.items() if key not in above or above[key] != value}
        for one in config.get("experiments", [])
        if one["name"] == name
    ]
    return yaml.safe_dump({**above, "experiments": own}, sort_keys=False, allow_unicode=True, width=100)


def _words(table):
    return table.astype(object).where(table.notna(), "").to_dict("records")


def _unsupported(summary):
    rows = summary[summary["status"] == "unsupported"]
    return _words(rows[["python", "workload", "backend", "reason"]].drop_duplicates())
