"""The data of the page, the same for one result set and for several: made from sets.json, the tables and the figures."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

import gil_scaling
from gil_scaling.analysis import figures, phrases
from gil_scaling.analysis.columns import FLAG_MEANINGS, TABLES
from gil_scaling.analysis.report import answers, caveats, gains, limits, precision
from gil_scaling.analysis.report.cards import build_card, describe_runs, machine_card
from gil_scaling.analysis.report.html_tables import (
    column_meanings,
    numbers_table,
    registry_table,
    sequential_first,
    text_table,
)
from gil_scaling.analysis.report.set_differences import Difference, find_differences
from gil_scaling.analysis.tables import read

_DETAILS = {  # tables of an experiment that stand folded below its numbers
    "budget": "Where did the workers' time go?",
    "break_even": "Where does it start to pay off?",
    "scaling": "Fitted scaling laws",
    "predictions": "Speedups predicted with more workers",
    "metrics": "Other metrics of the workloads",
    "metric_changes": "Metrics compared with sequential, and between builds",
    "counterparts": "Each combination compared with its counterpart",
}
_RATIOS = (
    "Times are medians over the rounds, speedups and gains are estimated over the ratio of each round: a quotient of two times "
    "may differ from them, by more than 10 % where the flag medians_differ stands."
)
_SAME = "Machine, builds, config and workload sources are the same, as far as the result sets show."


def page_data(folder: Path) -> dict[str, Any]:
    """Everything that the page shows, from a folder with sets.json, tables/ and figures/."""
    content = json.loads((folder / "sets.json").read_text(encoding="utf-8"))
    tables = read(folder / "tables")
    sets, sweep, experiments = content["sets"], content["sweep"], content["experiments"]
    summary, changes = tables["summary"], tables["changes"]
    floors = precision.noise_floors(sets)
    entries = figures.read_index(folder / "figures")
    command = f"snakemake --cores all --configfile {shlex.quote(_config_path(sets[0], sweep))}"
    differences = find_differences(sets, tables) if len(sets) > 1 else []
    found = answers.answers(entries, first=("gains", "machines") if len(sets) > 1 else ())
    return {
        "sections": _sections(
            experiments,
            is_compared=len(changes) > 0,
            is_several=len(sets) > 1,
            has_problems=len(content["problems"]) > 0,
            sweep=sweep,
        ),
        "sweep": sweep,
        "heading": "How they compare" if len(sets) > 1 else "How it scales",
        "title": f"{sweep} on {sets[0]['machine']}" if sweep else ", ".join(each["label"] for each in sets),
        "version": gil_scaling.__version__,
        "sets": [_set(each, tables["runs"], sweep=sweep, is_several=len(sets) > 1) for each in sets],
        "warnings": [
            *caveats.describe_nothing_in_common(sets, tables),
            *caveats.describe_unlike_sources(differences),
            *caveats.describe_reenabled_gil(tables["runs"]),
            *caveats.describe_warm_state(tables["samples"], summary),
        ],
        "pairs": caveats.describe_pairs(sets, tables),
        "differences": _differences_table(differences, sets),
        "same": "" if differences else _SAME,
        "limits": limits.describe_limits(tables, sets, command if sweep else None),
        "missing_ceilings": limits.describe_missing_ceilings(summary),
        "answers": found,
        "unfolded": answers.unfolded(found),
        "precision": precision.summarize_precision(summary),
        "noise": precision.summarize_noise_floors(floors),
        "ratios": _RATIOS,
        "claims": list(gains.count_claims(changes, floors)),
        "compared": len(changes),
        "gains": gains.shown_gains(changes, floors),
        "trust": [*_trust(sets, summary), *caveats.describe_thread_libraries(tables["runs"])],
        **answers.figures_of(entries, None, folder),
        "experiments": [
            {
                **_experiment(name, tables, floors),
                **answers.figures_of(entries, name, folder),
                "unlike": caveats.describe_unlike_builds(_rows(summary, name), sets),
                "config": _experiment_config(name, sets[0]["configs"].get(sweep)) if sweep else "",
            }
            for name in experiments
        ],
        "shapes": gains.machine_by_machine(tables["shapes"]),
        "one_sided": gains.missing_combinations(tables["one_sided"]),
        "failures": _words(tables["failures"], ["build", "run", "status", "reason"]),
        "unsupported": _words(
            summary[summary["status"] == "unsupported"].drop_duplicates(["build", "workload", "backend", "reason"]),
            ["build", "workload", "backend", "reason"],
        ),
        "problems": text_table(("result set", "file", "problem"), content["problems"]),
        "flags": _flag_meanings(summary, changes),
        "quality": registry_table(sequential_first(tables["quality"], ["build"]), "quality"),
        "columns": column_meanings(("summary", *_DETAILS, "changes", "shapes", "quality")),
        "tables": {name: len(tables[name]) for name in TABLES},
        "config": _dump(sets[0]["configs"].get(sweep, {})),
        "command": command,
    }


def _sections(
    experiments: Sequence[str], *, is_compared: bool, is_several: bool, has_problems: bool, sweep: str | None
) -> dict[str, str]:
    """{id: title} of the sections of the page, in their order; Markdown has the same titles."""
    sections = {
        "differences": "What is not the same" if is_several else None,
        "answers": "The answers",
        "gains": "Gains and losses, the largest loss first" if is_compared else None,
        "trust": "How far can it be trusted?",
        "all": "All experiments together",
        **{f"experiment-{answers.html_id(name)}": f"Experiment {name}" for name in experiments},
        "shapes": "Machine by machine" if is_several else None,
        "one-sided": "What one side lacks" if is_several else None,
        "failures": "What failed, what is unsupported",
        "problems": "What cannot be used" if is_several or has_problems else None,
        "flags": "Flags",
        "quality": "What disturbed the runs",
        "machines": "The machines" if is_several else "The machine",
        "builds": "The builds",
        "method": "Method",
        "columns": "What the columns mean",
        "repeat": "How to repeat it" if sweep else None,
    }
    return {name: title for name, title in sections.items() if title}


def _set(each: Mapping[str, Any], runs: pd.DataFrame, *, sweep: str | None, is_several: bool) -> dict[str, Any]:
    """A result set as the page shows it; builds have its label in their names where there are several."""
    prefix = f"{each['label']} · " if is_several else ""
    return {
        "label": each["label"],
        "measured": describe_runs(runs[runs["machine"] == each["label"]]),
        "origin": ""
        if sweep
        else f"Machine {each['machine']}, sweep{'s' if len(each['sweeps']) > 1 else ''} {phrases.join_words(each['sweeps'])}.",
        "facts": machine_card(each["facts"]),
        "builds": [
            build_card(build, f"{prefix}{name}", each["builds"].values()) for name, build in each["builds"].items()
        ],
    }


def _differences_table(differences: Sequence[Difference], sets: Sequence[Mapping[str, Any]]) -> Any:
    rows = ((each.part, each.name, each.what, *each.values) for each in differences)
    return text_table(("part", "name", "what", *(each["label"] for each in sets)), rows)


def _trust(sets: Sequence[Mapping[str, Any]], summary: pd.DataFrame) -> list[str]:
    """How precise the numbers are, a sentence each, with the labels of the result sets where there are several."""
    sentences = precision.describe_noise_floors(sets)
    for each in sets:
        rows = summary[summary["machine"] == each["label"]]
        stopped = [precision.describe_stopping(stopping, rows) for stopping in each["stopping"]]
        text = None if stopped else precision.describe_precision(rows)
        found = [*stopped, *([text] if text else []), *precision.describe_sizes(each["sizes"])]
        sentences += [f"{each['label']}: {sentence}" if len(sets) > 1 else sentence for sentence in found]
    return sentences + precision.describe_level(
        [stopping["max_rounds"] for each in sets for stopping in each["stopping"]]
    )


def _rows(table: pd.DataFrame, experiment: str) -> pd.DataFrame:
    return table[table["experiment"] == experiment]


def _experiment(name: str, tables: Mapping[str, pd.DataFrame], floors: Mapping[str, float | None]) -> dict[str, Any]:
    details = {part: _rows(tables[part], name) for part in _DETAILS}
    details["metric_changes"] = gains.judged_metrics(details["metric_changes"])
    details["counterparts"] = gains.with_claims(details["counterparts"], floors)
    shown = [
        (part, _DETAILS[part], registry_table(sequential_first(rows, ["panel", "build"]), part))
        for part, rows in details.items()
        if len(rows)
    ]
    changes = _rows(tables["changes"], name)
    if len(changes):
        all_gains = gains.all_gains(changes, _rows(tables["means"], name), floors)
        shown.append(("changes", "Each combination compared between builds", all_gains))
    return {
        "name": name,
        "id": answers.html_id(name),
        "numbers": numbers_table(_rows(tables["summary"], name), floors),
        "details": shown,
    }


def _words(table: pd.DataFrame, columns: Sequence[str]) -> Any:
    return text_table(columns, table[columns].astype(object).fillna("").itertuples(index=False))


def _flag_meanings(*tables: pd.DataFrame) -> dict[str, str]:
    """{flag: its meaning} of all flags in the tables."""
    flags = set().union(*(words.split(";") for table in tables for words in table["flags"].dropna()))
    return {flag: FLAG_MEANINGS[flag] for flag in sorted(flags & set(FLAG_MEANINGS))}


def _config_path(each: Mapping[str, Any], sweep: str | None) -> str:
    """The path of the expanded config, from the working directory of Snakemake."""
    return f"results/{each['machine']}/{sweep}/config.yaml"


def _experiment_config(name: str, config: Mapping[str, Any] | None) -> str:
    """A config that measures one experiment again, without the keys that it inherits from the top level."""
    if config is None:
        return ""
    top = {key: value for key, value in config.items() if key != "experiments"}
    own = [
        {key: value for key, value in experiment.items() if key not in top or top[key] != value}
        for experiment in config.get("experiments", [])
        if experiment["name"] == name
    ]
    return _dump({**top, "experiments": own})


def _dump(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100)
