"""What the page of a comparison says, as plain data: what differs first, then answers, gains and losses, shapes, gaps."""

import pandas as pd

from gil_scaling.analysis import figures, labels, phrases
from gil_scaling.analysis.compare.differences import differences
from gil_scaling.analysis.report import parts, trust
from gil_scaling.analysis.report.grid import Cell, grid, plain
from gil_scaling.analysis.statistics.claims import FASTER, SLOWER
from gil_scaling.analysis.tables import sides
from gil_scaling.analysis.tables.sides import AGAIN, BUILD, MACHINE

_TABLES = ("changes", "shapes", "one_sided", "quality")


def content(sets, found, machines, problems, folder):
    """Everything that the page shows.

    sets: ResultSets; found: {name: table} of all; machines: {label: own label}; problems: [(label, file, what is wrong)];
    folder: that of the figures, drawn from the same tables.
    """
    named = sides.named(found)
    drawn = figures.read_index(folder / "figures")
    floors = {machine: trust.noise_floor(_noise_of(machine, sets)) for machine in machines.values()}
    known = {label: floors[machine][0] for label, machine in machines.items()}
    differing = differences(sets)
    changes = named["changes"]
    return {
        "labels": [one.label for one in sets],
        "sets": [_set(one) for one in sets],
        "problems": plain([dict(zip(_PROBLEM, one, strict=True)) for one in problems], _PROBLEM),
        "differences": _differences(differing, sets),
        "same": _ALONE if len(sets) == 1 else _SAME,
        "notes": [
            *_kinds(sets, machines, sides.pairs(found["summary"], found["builds"], machines)),
            *_unlike_builds(sets),
        ],
        "warnings": [*_sources(differing), *_with_gil(named["runs"])],
        "answers": parts.answers(drawn),
        "trust": [f"{machine}: {sentence}" for machine, (_, sentence) in floors.items()],
        "tally": list(_tally(changes, known)),
        "tally_size": len(changes),
        "beyond": grid(_told(_beyond(changes, known), known).assign(interval=None), "changes"),
        "figures": parts.figures_of(drawn, None, folder),
        "not_drawn": parts.not_drawn(drawn, None),
        "experiments": [
            {
                "name": name,
                "id": parts.id_of(name),
                "figures": parts.figures_of(drawn, name, folder),
                "not_drawn": parts.not_drawn(drawn, name),
                "changes": grid(_with_means(name, named, known), "changes"),
            }
            for name in dict.fromkeys(found["summary"]["experiment"])
        ],
        "shapes": grid(_told(named["shapes"], known), "shapes"),
        "one_sided": _gaps(named["one_sided"]),
        "failures": plain(_words(named["failures"]), ["python", "run", "status", "reason"]),
        "quality": grid(named["quality"], "quality"),
        "builds": [
            {**card, "name": f"{one.label} · {card['name']}"}
            for one in sets
            for card in map(parts.card, one.builds.values())
        ],
        "flags": parts.flags_of(found["summary"], found["changes"]),
        "tables": [(name, len(table)) for name, table in found.items()],
        "columns": parts.columns(_TABLES),
    }


_SAME = "Machine, builds, config and workload sources are the same, as far as the result sets tell."
_ALONE = "One result set alone: its builds are held against each other."
_PROBLEM = ("result set", "file", "what is wrong")


def _noise_of(machine, sets):
    """The table of the last A/A test of a machine, None where none of its sets has one."""
    found = [one.noise for one in sets if one.machine == machine and one.noise is not None]
    return found[-1] if found else None


def _set(one):
    return {
        "label": one.label,
        "machine": one.machine,
        "sweeps": one.sweeps,
        "measured": parts.measured(one.tables["runs"]),
        "facts": parts.machine_facts(one.facts),
    }


def _differences(found, sets):
    heads = [("part", ""), ("of", ""), ("what", ""), *((one.label, "") for one in sets)]
    rows = [[Cell(text) for text in (one.part, one.of, one.what, *one.values)] for one in found]
    return {"heads": heads, "rows": [{"added": None, "cells": cells} for cells in rows]}


def _kinds(sets, machines, pairs):
    """Which sets are held against which, and what may be read from it, a sentence each."""
    by_label = {one.label: one for one in sets}
    held = dict.fromkeys((one.side.machine, one.against.machine, one.kind) for one in pairs)
    others = [label for label, _, kind in held if kind == MACHINE]
    if others:
        yield (
            f"{phrases.join_words(others)} {'is a different machine' if len(others) == 1 else 'are different machines'} from {next(iter(machines))}: no "
            "time of one machine is held against a time of another, but speedups and efficiencies are, each over the sequence on "
            "its own machine."
        )
    for label, other, _ in (one for one in held if one[2] == AGAIN):
        yield (
            f"{label} and {other} are the machine {machines[label]} at two times: their rounds are not paired, and what else "
            f"has changed meanwhile is part of each difference.{_loops(by_label[label], by_label[other])}"
        )
    paired = {label for *both, kind in held if kind != BUILD for label in both}
    alone = [label for label in machines if label not in paired]
    if alone and len(machines) > 1:
        yield f"{phrases.join_words(alone)}: held against no other result set, as no build has the same name there."


def _loops(*sets):
    """What a fixed loop took in each set, as a sentence; nothing where one does not tell."""
    loops = [one.tables["runs"]["reference_loop_before_s"].median() for one in sets]
    took = [
        f"{phrases.format_seconds(loop)} in {one.label}" for loop, one in zip(loops, sets, strict=True) if loop == loop
    ]
    return (
        f" A fixed loop before each run took {phrases.join_words(took)}, in the median."
        if len(took) == len(sets)
        else ""
    )


def _unlike_builds(sets):
    """In what builds differ from the reference build besides the GIL, a sentence each, with the sets that say so."""
    labels_of = {}
    for one in sets:
        summary = one.tables["summary"]
        references = summary.dropna(subset="reference").groupby("experiment")["reference"].first().to_dict()
        for said in trust.differences(summary, one.builds, references).values():
            for sentence in said:
                labels_of.setdefault(sentence, {})[one.label] = True
    for sentence, having in labels_of.items():
        yield f"{'All result sets' if len(having) == len(sets) > 1 else phrases.join_words(having)}: {sentence}"


def _sources(found):
    names = [one.of for one in found if one.part == "workload"]
    if names:
        yield (
            f"The source of {phrases.join_words(names)} is not the same everywhere: where their times differ, the code may be the reason."
        )


def _with_gil(runs):
    """The warnings that the GIL came back on, of each set by itself: two may have runs of the same name."""
    for _, own in runs.groupby("machine", sort=False):
        yield from trust.gil_came_back(own)


def _beyond(changes, floors):
    """The rows with a claim of faster or slower beyond the noise floor of their machine, the worst first."""
    rows = changes[changes["claim"].isin([FASTER, SLOWER])].sort_values("gain", kind="stable")
    is_beyond = [
        max(row["gain"], 1 / row["gain"]) - 1 > (floors[row["machine"]] or 0) for row in rows.to_dict("records")
    ]
    return rows[pd.Series(is_beyond, rows.index, dtype=bool)]


def _tally(changes, floors):
    """Of each pair how often which claim is made, and how many of them lie beyond the noise floor, a sentence each."""
    beyond = _beyond(changes, floors)
    for (one, other), rows in changes.groupby(["python", "against_python"], sort=False):
        own = beyond[(beyond["python"] == one) & (beyond["against_python"] == other)]
        floor = floors[rows["machine"].iloc[0]]
        noise = (
            "the noise floor is not known"
            if floor is None
            else f"beyond the noise floor of {phrases.format_percent(floor)}"
        )
        slower, faster = ((own["claim"] == claim).sum() for claim in (SLOWER, FASTER))
        said = f"{one} against {sides.against(rows.iloc[0])}: {phrases.describe_claims(list(rows['claim']), 'combination')}"
        yield f"{said}; {noise}: {slower} slower, {faster} faster."


def _told(rows, floors):
    """The rows of changes or shapes as words: workloads, backends and the other side by short names, claims with the noise floor."""
    if rows.empty:
        return rows
    told = labels.series(labels.panels(rows))
    each = told.to_dict("records")
    short = {"workload": told["panel"], "backend": told["series"], "against_python": list(map(sides.against, each))}
    if "time_s" in told:
        short["claim"] = [trust.claim_in_words(row["claim"], row["gain"], floors[row["machine"]]) for row in each]
        short["flags"] = told["flags"].str.replace(";", ", ")
    return told.assign(**short, **dict.fromkeys(_NOT_TOLD, None))


_NOT_TOLD = (
    "params",
    "backend_params",
    "against_machine",
    "against_rounds",
)  # by a table of the page; the CSV files do


def _with_means(experiment, named, floors):
    """The changes of an experiment, below those of each way to run several workloads their geometric mean."""
    rows, means = (table[table["experiment"] == experiment] for table in (named["changes"], named["means"]))
    names = [f"geometric mean of {count}" for count in means["workloads"]]
    both = pd.concat([rows, means.assign(workload=names, params="{}")], ignore_index=True)
    by = ["python", "against_python", "backend", "backend_params", "workers", "switch_interval_s"]
    return _told(both.sort_values(by, kind="stable"), floors)


def _gaps(rows):
    """The combinations that one side lacks, summed up: a row for each workload and reason."""
    if rows.empty:
        return plain([], _GAPS)
    by = ["python", "against_python", "experiment", "panel", "reason"]
    found = labels.panels(rows).groupby(by, sort=False, dropna=False).size().reset_index(name="count")
    return plain([dict(zip(_GAPS, one, strict=True)) for one in found.itertuples(index=False)], _GAPS)


_GAPS = ("on", "but not on", "experiment", "workload", "why", "combinations")


def _words(table):
    return table.astype(object).where(table.notna(), "").to_dict("records")
