"""The data of the page, the same for one result set and for several: made from sets.json, the tables and the figures."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

import gil_scaling
from gil_scaling.analysis import figures, machine_kinds, phrases
from gil_scaling.analysis.columns import FLAG_MEANINGS, TABLES
from gil_scaling.analysis.report import (
    answers,
    caveats,
    gains,
    lessons,
    limits,
    many_machines,
    precision,
    verdicts,
    why,
    without_gil,
)
from gil_scaling.analysis.report.cards import build_card, describe_place, describe_runs, machine_card
from gil_scaling.analysis.report.gate import Check
from gil_scaling.analysis.report.hardware import describe_same, describe_sets, hardware_table
from gil_scaling.analysis.report.html_tables import (
    chosen_columns,
    column_meanings,
    numbers_table,
    registry_table,
    sequential_first,
    text_table,
)
from gil_scaling.analysis.report.limit_table import limit_table
from gil_scaling.analysis.report.set_differences import Difference, find_differences, group_values
from gil_scaling.analysis.tables import read, read_why

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
_PUBLISHED = {  # {head: column}
    "source": "source",
    **{name: name for name in ("published_workload", "published_machine", "published_cores", "published_python")},
    "published": "published",
    "build": "build",
    "workload": "panel",
    "backend": "series",
    **{name: name for name in ("workers", "usable_cpus", "speedup", "verdict")},
}
_PUBLISHED_NOTE = (
    "Speedups that others have published, beside those of the nearest combination here, at equal workers and up to the usable CPUs, "
    "with the GIL on or off in both. Workloads, machines and versions differ, so outside says that the published ratio is not in "
    "the confidence interval here, not that either is wrong. Where to find each is in published.csv."
)
_PREDICTED_NOTE = (
    "Predicted is what processes reach in steady state with the GIL, less the tax: the sequential time without the GIL over that with "
    "it. Both and the measured speedup are relative to sequential with the GIL; error is predicted / measured. Threads with the most "
    "workers up to the usable CPUs; the others are in without_gil.csv."
)
_BY_MACHINE = "The answers, machine by machine"
_SAME = "Machine, builds, config and workload sources are the same, as far as the result sets show."


def page_data(folder: Path, checks: Sequence[Check] = ()) -> dict[str, Any]:
    """Everything that the page shows, from a folder with sets.json, tables/ and figures/.

    checks: what the limits of the config for CI found.
    """
    content = json.loads((folder / "sets.json").read_text(encoding="utf-8"))
    tables = read(folder / "tables")
    sets, sweep, experiments = content["sets"], content["sweep"], content["experiments"]
    summary, changes = tables["summary"], tables["changes"]
    floors = precision.noise_floors(sets)
    entries = figures.read_index(folder / "figures")
    config = sets[0]["configs"].get(sweep, {}) if sweep else {}
    command = f"snakemake --cores all --configfile {shlex.quote(_config_path(sets[0], sweep))}"
    differences = find_differences(sets, tables) if len(sets) > 1 else []
    shown = [_set(each, tables["runs"], sweep=sweep, is_several=len(sets) > 1) for each in sets]
    snippets = {name: code for each in sets for name, code in each["snippets"].items()}
    machines, is_many = tables["machines"], machine_kinds.is_many(tables["machines"])
    runs, samples, of_builds, compared = (
        _without_machines(tables[name], is_many=is_many) for name in ("runs", "samples", "summary", "changes")
    )
    explained = read_why(folder / "tables")
    predicted = without_gil.typical(tables["without_gil"])
    reenabled_gil = [*caveats.describe_imports(sets), *caveats.describe_reenabled_gil(runs)]
    data = {
        "sweep": sweep,
        "checks": checks,
        "heading": "How they compare" if len(sets) > 1 else "How it scales",
        "title": f"{sweep} on {sets[0]['machine']}" if sweep else _title(sets, is_many=is_many),
        "is_many": is_many,
        "measured": describe_sets(machines, tables["runs"]) if is_many else [],
        "version": gil_scaling.__version__,
        "sets": shown,
        "warnings": [
            *caveats.describe_nothing_in_common(sets, tables),
            *caveats.describe_unlike_sources(differences),
            *reenabled_gil,
            *caveats.describe_warm_state(samples, of_builds),
        ],
        "reenabled_gil": reenabled_gil,
        "pairs": caveats.describe_pairs(sets, tables),
        "differences": _grouped_differences(differences, machines)
        if is_many
        else _differences_table(differences, sets),
        "same": "" if differences else _SAME,
        "limits": limits.describe_limits(tables, sets, command if sweep else None),
        "cards": [] if is_many else verdicts.cards(tables, snippets, floors),
        "assurances": [precision.summarize_noise_floors(floors), precision.describe_checks(tables["runs"])],
        "limit_table": limit_table(tables),
        "missing_ceilings": limits.describe_missing_ceilings(summary),
        **_answers(entries, tables, is_several=len(sets) > 1, is_many=is_many),
        "precision": precision.summarize_precision(summary),
        "noise": precision.summarize_noise_floors(floors),
        "ratios": _RATIOS,
        "claims": list(gains.count_claims(compared, floors)),
        "compared": len(changes),
        "gains": gains.shown_gains(changes, floors),
        "why": why.explanations(explained),
        "waiting": why.waiting_table(explained["waiting"]),
        "predicted": list(without_gil.sentences(predicted)),
        "predicted_note": _PREDICTED_NOTE,
        "predictions": without_gil.table(predicted),
        "trust": [
            *_trust(sets, summary, machines),
            *precision.describe_levels(content["levels"]),
            *machine_kinds.with_names(caveats.describe_hosts(tables["runs"]), machines),
            *caveats.describe_thread_libraries(runs),
        ],
        **answers.figures_of(
            sorted(entries, key=lambda entry: is_many and entry["figure"] != "machines"), None, folder
        ),
        "lessons": lessons.make_lessons(config.get("lessons"), summary, floors, entries, folder),
        "experiments": [
            {
                **_experiment(name, tables, floors),
                **answers.figures_of(entries, name, folder),
                "unlike": caveats.describe_unlike_builds(_rows(summary, name), sets, machines),
                "config": _experiment_config(name, sets[0]["configs"].get(sweep)) if sweep else "",
            }
            for name in experiments
        ],
        "published": chosen_columns(tables["published"], _PUBLISHED, ["published"]),
        "published_note": _PUBLISHED_NOTE,
        "shapes": gains.machine_by_machine(tables["shapes"]),
        "one_sided": gains.missing_combinations(tables["one_sided"]),
        "failures": _words(tables["failures"], ["build", "run", "status", "reason"]),
        "unsupported": _words(
            summary[summary["status"] == "unsupported"].drop_duplicates(["build", "workload", "backend", "reason"]),
            ["build", "workload", "backend", "reason"],
        ),
        "problems": text_table(("result set", "file", "problem"), content["problems"]),
        "flags": _flag_meanings(summary, changes),
        "builds": _build_cards(sets, machines) if is_many else [build for each in shown for build in each["builds"]],
        "hardware": hardware_table(machines),
        "same_hardware": describe_same(machines),
        "quality": registry_table(sequential_first(tables["quality"], ["build"]), "quality"),
        "columns": column_meanings(
            (
                "summary",
                *_DETAILS,
                "changes",
                "shapes",
                "quality",
                *(["machines"] if is_many else []),
                *(["without_gil"] if len(predicted) else []),
                *(["published"] if len(tables["published"]) else []),
            )
        ),
        "tables": {name: len(rows) for name, rows in {**tables, **explained}.items() if name in TABLES or len(rows)},
        "config": _dump(config),
        "command": command,
    }
    return {"sections": _sections(data, config.get("lessons")), **data}


def _sections(data: Mapping[str, Any], lessons: Mapping[str, Any] | None) -> dict[str, str]:
    """{id: title} of the sections of a page with this data, in their order; Markdown has the same titles."""
    is_several = len(data["sets"]) > 1
    sections = {
        "differences": "What is not the same" if is_several else None,
        "answers": "The answers" if is_several else "What to use?",
        "all-answers": None if is_several else "All answers, question by question",
        "by-machine": _BY_MACHINE if data["is_many"] else None,
        "limits": "What limits it?",
        "gains": "Gains and losses, the largest loss first" if data["compared"] else None,
        "why": "Why not further?" if data["why"] else None,
        "without-gil": "What if the GIL were gone?" if data["predicted"] else None,
        "trust": "How far can it be trusted?",
        "lessons": lessons["title"] if lessons else None,
        "all": "All experiments together",
        **{f"experiment-{each['id']}": f"Experiment {each['name']}" for each in data["experiments"]},
        "published": "Published, and here" if data["published"].rows else None,
        "shapes": "Machine by machine" if is_several else None,
        "one-sided": "What one side lacks" if is_several else None,
        "failures": "What failed, what is unsupported",
        "problems": "What cannot be used" if is_several or data["problems"].rows else None,
        "flags": "Flags",
        "quality": "What disturbed the runs",
        "machines": "The machines" if is_several else "The machine",
        "builds": "The builds",
        "method": "Method",
        "columns": "What the columns mean",
        "repeat": "How to repeat it" if data["sweep"] else None,
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
        "where": describe_place(each["facts"], each["builds"]),
        "facts": machine_card(each["facts"]),
        "builds": [
            build_card(build, f"{prefix}{name}", each["builds"].values()) for name, build in each["builds"].items()
        ],
    }


def _build_cards(sets: Sequence[Mapping[str, Any]], machines: pd.DataFrame) -> list[dict[str, Any]]:
    """One card for all of many machines that have the same build under the same name."""
    labels: dict[str, list[str]] = {}
    for each in sets:
        for name, build in each["builds"].items():
            card = build_card(build, name, each["builds"].values())
            labels.setdefault(json.dumps(card), []).append(each["label"])
    named = [(json.loads(text), machine_kinds.name_machines(having, machines)) for text, having in labels.items()]
    return [{**card, "name": f"{card['name']} ({names})"} for card, names in named]


def _title(sets: Sequence[Mapping[str, Any]], *, is_many: bool) -> str:
    return f"{len(sets)} result sets" if is_many else ", ".join(each["label"] for each in sets)


def _without_machines(rows: pd.DataFrame, *, is_many: bool) -> pd.DataFrame:
    """The rows with builds of one name as one build, where there are many machines."""
    if not is_many:
        return rows
    names = {"build": "python", "against_build": "against_python"}
    return rows.assign(**{name: rows[python] for name, python in names.items() if name in rows})


def _answers(
    entries: Sequence[Mapping[str, Any]], tables: Mapping[str, pd.DataFrame], *, is_several: bool, is_many: bool
) -> dict[str, Any]:
    """The answers at the top and, of many machines, the table that follows them, and those of the figures apart.

    Of a few machines those of the figures are at the top.
    """
    of_figures = answers.answers(entries, first=("gains", "machines") if is_several else ())
    if not is_many:
        unfolded = answers.unfolded(of_figures)
        return {"answers": of_figures, "unfolded": unfolded, "by_machine": text_table((), ()), "of_figures": {}}
    sentences = many_machines.answers(tables)
    top = {many_machines.HEADLINE: [answers.Answer(sentence, "by-machine", _BY_MACHINE) for sentence in sentences]}
    table = many_machines.machine_table(tables)
    return {"answers": top, "unfolded": answers.unfolded(top), "by_machine": table, "of_figures": of_figures}


def _grouped_differences(differences: Sequence[Difference], machines: pd.DataFrame) -> Any:
    """The differences of many result sets: each value with those that have it; those of the hardware have a table."""
    shown = [each for each in differences if each.part != "machine" or each.what.replace(" ", "_") not in machines]
    rows = ((each.part, each.name, each.what, group_values(each.values, machines)) for each in shown)
    return text_table(("part", "name", "what", "values"), rows)


def _differences_table(differences: Sequence[Difference], sets: Sequence[Mapping[str, Any]]) -> Any:
    rows = ((each.part, each.name, each.what, *each.values) for each in differences)
    return text_table(("part", "name", "what", *(each["label"] for each in sets)), rows)


def _trust(sets: Sequence[Mapping[str, Any]], summary: pd.DataFrame, machines: pd.DataFrame) -> list[str]:
    """How precise the numbers are, a sentence each, with the labels of the result sets where there are several."""
    is_many = machine_kinds.is_many(machines)
    floors = precision.noise_floors(sets)
    found = precision.describe_noise_floors(sets)
    if is_many:
        found = [(label, sentence) for label, sentence in found if floors[label] is None]
    for each in sets:
        rows = summary[summary["machine"] == each["label"]]
        stopped = [precision.describe_stopping(stopping, rows) for stopping in each["stopping"]]
        others = rows[
            ~rows["experiment"].isin([name for stopping in each["stopping"] for name in stopping["experiments"]])
        ]
        text = None if is_many else precision.describe_precision(others)
        own = [*stopped, *([text] if text else []), *precision.describe_sizes(each["sizes"], has_times=not is_many)]
        found += [(each["label"], sentence) for sentence in own]
    is_known = any(floor is not None for floor in floors.values())
    of_all = [precision.summarize_noise_floors(floors) if is_known else None, precision.describe_precision(summary)]
    return [
        *filter(None, of_all if is_many else []),
        *machine_kinds.with_names(found, machines),
    ]


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
        "flags": _flag_meanings(_rows(tables["summary"], name)),
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
    top = {key: value for key, value in config.items() if key not in ("experiments", "lessons")}
    own = [
        {key: value for key, value in experiment.items() if key not in top or top[key] != value}
        for experiment in config.get("experiments", [])
        if experiment["name"] == name
    ]
    return _dump({**top, "experiments": own})


def _dump(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100)
