"""The tables: one file each, from frames to a frame; this one makes, writes and reads them all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import BOOL, FLOAT, INT, ORDER, STR, TABLES, WHY_TABLES, Column, names
from gil_scaling.analysis.documents import Builds
from gil_scaling.analysis.read import Frames, ResultSet
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.tables.break_even import break_even
from gil_scaling.analysis.tables.budget import budget
from gil_scaling.analysis.tables.changes import changes
from gil_scaling.analysis.tables.choices import choices
from gil_scaling.analysis.tables.counterparts import counterparts
from gil_scaling.analysis.tables.fastest import fastest
from gil_scaling.analysis.tables.machines import machines
from gil_scaling.analysis.tables.metric_changes import metric_changes
from gil_scaling.analysis.tables.metrics import metrics
from gil_scaling.analysis.tables.noise import noise
from gil_scaling.analysis.tables.one_sided import one_sided
from gil_scaling.analysis.tables.pairing import with_baselines
from gil_scaling.analysis.tables.pairs import Pair, comparable, find_pairs
from gil_scaling.analysis.tables.predictions import predictions
from gil_scaling.analysis.tables.published import published
from gil_scaling.analysis.tables.quality import quality
from gil_scaling.analysis.tables.recommendations import recommendations
from gil_scaling.analysis.tables.scaling import scaling
from gil_scaling.analysis.tables.shapes import shapes
from gil_scaling.analysis.tables.summary import summarise
from gil_scaling.analysis.tables.tasks import segments, tasks
from gil_scaling.analysis.tables.taxes import Taxes
from gil_scaling.analysis.tables.without_gil import without_gil

_DTYPES = {  # looked up once: pandas takes longer for the name of a dtype than to read a small column
    STR: pd.api.types.pandas_dtype("str"),
    INT: pd.Int64Dtype(),
    FLOAT: np.dtype("float64"),
    BOOL: np.dtype("object"),  # a bool may be missing
}
_TRUE_FALSE = {"True": True, "False": False}


def make(frames: Frames, taxes: Taxes | None = None) -> Mapping[str, pd.DataFrame]:
    """{name: table} of the frames, each with the columns of the registry and made when it is first looked at.

    taxes: of another sweep, for predictions where no build is without the GIL.
    """
    return _Tables(frames, taxes)


def make_at_levels(frames: Frames, levels: Mapping[str, float], taxes: Taxes | None = None) -> dict[str, pd.DataFrame]:
    """The tables, in which the intervals of each experiment have a level of their own; levels: {experiment: level}."""
    made: dict[float, dict[str, pd.DataFrame]] = {}
    for level in sorted(set(levels.values())):
        with intervals.at_level(level):
            made[level] = dict(make(frames, taxes))
    return {name: _splice({level: found[name] for level, found in made.items()}, levels) for name in TABLES}


def _splice(tables: Mapping[float, pd.DataFrame], levels: Mapping[str, float]) -> pd.DataFrame:
    """Of tables of several levels the rows of the experiments of each, experiment by experiment."""
    first, *others = tables.values()
    if not others or "experiment" not in first:
        return first
    parts = [table[table["experiment"].map(levels).eq(level)] for level, table in tables.items()]
    return pd.concat(parts).sort_values("experiment", kind="stable")


class _Tables(Mapping[str, pd.DataFrame]):
    """The tables that were looked at, and what several of them are made from."""

    def __init__(self, frames: Frames, taxes: Taxes | None) -> None:
        self.frames, self.taxes = frames, taxes
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = with_types(_MAKE[name](self), TABLES[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)

    @cached_property
    def runs(self) -> pd.DataFrame:
        return with_baselines(self.frames.runs)

    @cached_property
    def builds(self) -> Builds:
        return builds_by_machine(self.frames.sets)

    @cached_property
    def summary(self) -> pd.DataFrame:
        return summarise(self.runs, self.builds)

    @cached_property
    def pairs(self) -> list[Pair]:
        return find_pairs(self.summary, self["builds"], {one.label: one.machine for one in self.frames.sets})

    @cached_property
    def good(self) -> pd.DataFrame:
        return comparable(self.runs, self.summary)

    @cached_property
    def changes(self) -> dict[str, pd.DataFrame]:
        return changes(self.good, self.pairs, self.builds)


_MAKE: dict[str, Callable[[_Tables], pd.DataFrame]] = {
    "samples": lambda of: of.frames.samples,
    "runs": lambda of: _as_texts(of.frames.runs),
    "summary": lambda of: of.summary,
    "tasks": lambda of: tasks(of.runs),
    "segments": lambda of: segments(of.runs),
    "budget": lambda of: _in_order(budget(of.runs)),
    "metrics": lambda of: _in_order(metrics(of.runs)),
    "metric_changes": lambda of: _in_order(metric_changes(of.runs, of.pairs)),
    "scaling": lambda of: _in_order(scaling(of.runs)),
    "predictions": lambda of: _in_order(
        predictions(of.runs, {one.label: one.facts.get("physical_cpus") for one in of.frames.sets})
    ),
    "break_even": lambda of: _in_order(break_even(of.runs)),
    "fastest": lambda of: _in_order(fastest(of.runs)),
    "choices": lambda of: _in_order(choices(of.runs)),
    "recommendations": lambda of: _in_order(recommendations(of.runs)),
    "builds": lambda of: _builds(of.frames.sets, of.builds),
    "machines": lambda of: machines(of.frames.sets),
    "changes": lambda of: _in_order(of.changes["changes"]),
    "counterparts": lambda of: _in_order(counterparts(of.good)),
    "without_gil": lambda of: _in_order(without_gil(of.runs, of.taxes)),
    "means": lambda of: _in_order(of.changes["means"]),
    "shapes": lambda of: _in_order(shapes(of.good, of.summary, of.pairs)),
    "one_sided": lambda of: _in_order(one_sided(of.summary, of.runs, of.pairs)),
    "published": lambda of: _in_order(published(of.summary)),
    "noise": lambda of: _in_order(noise(of.runs, of.builds)),
    "quality": lambda of: quality(of.runs),
    "failures": lambda of: _failures(of.frames.runs),
}


def _failures(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[~runs["status"].isin(["ok", "unsupported"])].drop_duplicates(["machine", "run"])


def builds_by_machine(sets: list[ResultSet]) -> Builds:
    """The facts of all builds of some result sets."""
    return {(one.label, name): build for one in sets for name, build in one.builds.items()}


def _builds(sets: list[ResultSet], builds: Builds) -> pd.DataFrame:
    """One row per build, from its facts."""
    several = len(sets) > 1
    rows: list[dict[str, Any]] = [
        {
            "machine": machine,
            "python": name,
            "build": f"{machine} · {name}" if several else name,
            "jit": build.jit.enabled,
            "packages": _join_words(build.package_versions.items() if build.requires else ()),
            "gil_packages": _join_words((each,) for each, facts in build.imports.items() if facts.gil_enabled),
            **{
                key: getattr(build, key)
                for key in ("implementation", "version", "free_threaded", "gil", "compiler", "pgo", "lto")
            },
        }
        for (machine, name), build in builds.items()
    ]
    return pd.DataFrame(rows, columns=names("builds"))


def _join_words(listed: Iterable[Iterable[str]]) -> str | None:
    """Items of several words in a cell, `;` between; None without any."""
    return "; ".join(map(" ".join, listed)) or None


def _as_texts(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with their lists of flags and their metrics as texts."""
    columns = runs.reindex(columns=["flags", "metrics"])
    return runs.assign(
        flags=columns["flags"].map(lambda flags: ";".join(flags) if isinstance(flags, list) else None),
        metrics=columns["metrics"].map(
            lambda found: json.dumps(found, sort_keys=True) if isinstance(found, dict) else None
        ),
    )


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order of the summary."""
    keys = [key for key in ORDER if key in table]
    return table.sort_values(keys, kind="stable") if len(table) else table


def with_types(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """A table with these columns of the registry, in their order and with their types."""
    shaped = table.reindex(columns=[column.name for column in columns])
    whole = [column.name for column in columns if column.type == INT]
    return shaped.assign(**{column: shaped[column].astype(_DTYPES[INT]) for column in whole})


def write(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as a CSV file into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)


def read(folder: Path, chosen: tuple[str, ...] = tuple(TABLES)) -> dict[str, pd.DataFrame]:
    """{name: table} of the CSV files that `write` made, with their types."""
    return {name: read_file(folder / f"{name}.csv") for name in chosen}


def read_why(folder: Path) -> dict[str, pd.DataFrame]:
    """{name: table} of the target `why`, without rows where it was not asked for."""
    return {
        name: read_file(path) if (path := folder / f"{name}.csv").exists() else with_types(pd.DataFrame(), columns)
        for name, columns in WHY_TABLES.items()
    }


def read_file(path: Path) -> pd.DataFrame:
    """The table of a CSV file that `write` made, with its types; raises ValueError for a file of another name."""
    columns = {**TABLES, **WHY_TABLES}.get(path.stem)
    if columns is None:
        known = ", ".join(f"{each}.csv" for each in (*TABLES, *WHY_TABLES))
        raise ValueError(f"{path}: is not a table. Known: {known}.")
    # Of the texts that pandas takes for a missing value only the empty one is: a machine may be called NA.
    dtypes = {column.name: _DTYPES[column.type] for column in columns}
    table = pd.read_csv(path, dtype=dtypes, keep_default_na=False, na_values=[""])
    booleans = [column.name for column in columns if column.type == BOOL and column.name in table]
    return table.assign(**{column: table[column].map(_TRUE_FALSE) for column in booleans})


def of_experiment(tables: Mapping[str, pd.DataFrame], experiment: str) -> dict[str, pd.DataFrame]:
    """The tables with the rows of one experiment only; those without experiments as they are."""
    return {
        name: table[table["experiment"] == experiment] if "experiment" in table else table
        for name, table in tables.items()
    }
