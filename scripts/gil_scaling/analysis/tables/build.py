"""Turns run records into the tables of a sweep: `python -m gil_scaling.analysis.tables.build results/<machine>/<sweep>/plan.json`."""

import sys
from functools import partial
from pathlib import Path

import pandas as pd

from gil_scaling.analysis import checked, facts, labels
from gil_scaling.analysis.columns import TABLES, kind, names
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import interim, shapes
from gil_scaling.analysis.tables.break_even import break_even
from gil_scaling.analysis.tables.budget import budget
from gil_scaling.analysis.tables.changes import changes
from gil_scaling.analysis.tables.fastest import fastest
from gil_scaling.analysis.tables.metrics import metrics
from gil_scaling.analysis.tables.noise import noise
from gil_scaling.analysis.tables.pairing import Baselines, with_times
from gil_scaling.analysis.tables.quality import quality
from gil_scaling.analysis.tables.scaling import scaling
from gil_scaling.analysis.tables.summary import ORDER, summarise
from gil_scaling.analysis.tables.tasks import segments, tasks


def main(plan):
    """Writes the tables of a plan beside it, in tables/."""
    folder = Path(plan).parent / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables(load(plan)).items():
        table.to_csv(folder / f"{name}.csv", index=False)


def tables(loaded):
    """{name: table} of the loaded records, each with the columns of the registry."""
    runs = loaded.runs
    of_builds = with_times(runs)
    baselines = Baselines(of_builds)
    joined = labels.label_combinations(interim.with_columns(of_builds, baselines))
    flags = runs["flags"] if "flags" in runs else pd.Series(None, runs.index, dtype=object)
    of_combinations = {
        "budget": budget(of_builds, baselines),
        "metrics": metrics(joined),
        "scaling": scaling(joined),
        "break_even": break_even(joined),
        "fastest": fastest(joined),
        "noise": noise(joined, loaded.builds),
    }
    summary, builds = summarise(of_builds, baselines, loaded.builds), _builds(loaded.builds, loaded.machine)
    made = {
        "samples": loaded.samples,
        "runs": runs.assign(flags=flags.map(lambda words: ";".join(words) if isinstance(words, list) else None)),
        "summary": summary,
        "tasks": tasks(joined),
        "segments": segments(joined),
        "quality": quality(joined),
        "builds": builds,
        **compared(of_builds, summary, builds),
        **{name: _in_order(table) for name, table in of_combinations.items()},
        "failures": runs[~runs["status"].isin(["ok", "unsupported"])].drop_duplicates("run"),
    }
    return {name: shaped(made[name], name) for name in TABLES}


def compared(runs, summary, builds, machines=None):
    """{name: table} of what holds builds and machines against each other; the arguments as changes.changes takes them."""
    made = {
        **changes(runs, summary, builds, machines),
        "shapes": shapes.shapes(runs, summary, builds, machines),
        "one_sided": shapes.one_sided(summary, builds, machines),
    }
    return {name: _in_order(table) for name, table in made.items()}


def _builds(builds, machine):
    """A row a build, from its facts."""
    rows = [
        {**facts, "machine": machine, "python": name, "jit": facts["jit"]["enabled"]} for name, facts in builds.items()
    ]
    return pd.DataFrame(rows)


def _in_order(table):
    """The rows in the order of the summary."""
    keys = [key for key in ORDER if key in table]
    return table.sort_values(keys, kind="stable") if len(table) else table


def read(folder, chosen=tuple(TABLES)):
    """{name: table} of the CSV files in a folder tables/, with their types; raises facts.Unusable for what is none of ours."""
    return {name: _read(Path(folder, f"{name}.csv"), name) for name in chosen}


def _read(path, name):
    table, mistakes = facts.known(path, partial(checked.table, name=name, is_foreign=False))
    if mistakes:
        raise facts.Unusable(f"{path}: {'; '.join(mistakes)}")
    return table


def of_experiment(found, experiment):
    """The tables with the rows of one experiment alone; those without experiments as they are."""
    return {
        name: table[table["experiment"] == experiment] if "experiment" in table else table
        for name, table in found.items()
    }


def shaped(table, name):
    """A table with the columns of the registry, in their order and with their types."""
    shaped = table.reindex(columns=names(name))
    whole = [column.name for column in TABLES[name] if kind(column) == "Int64"]
    return shaped.astype(dict.fromkeys(whole, "Int64"))


if __name__ == "__main__":
    with facts.ending_where_unusable():
        main(sys.argv[1])
