"""Writes a sweep as pyperf files, one per build: `python -m gil_scaling.analysis.exchange.pyperf TABLES FOLDER`.

A combination is a pyperf benchmark; a round, with its fresh process, is a run; a sample is a value; warm-ups stay
warm-ups. A value is the time that counts: total_s, or work_s where the workers start together. Control runs and runs that
are not ok are left out.

Benchmarks have the same names in the files of all builds, so that `pyperf compare_to` works: `cpu: py_loop, n=1,000,
thread x 2`. A name consists of the experiment, the workload with those of its parameters that differ in the experiment,
the backend with its parameters, and the number of workers in the config (`default` is another number on another build).
Where the experiment has several switch intervals, it also has the interval, except for the one nearest to the default; a
build on which the interval has no effect is thus compared with the others at about the default, as in the report. Where
two combinations would still share a name, each gets the digest of its case.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyperf

from gil_scaling.analysis import tables
from gil_scaling.analysis.columns import CONTROLS, DEFAULT_INTERVAL_S, ORDER
from gil_scaling.analysis.documents import exit_on_error
from gil_scaling.analysis.folders import replaced
from gil_scaling.analysis.labels import label_combinations
from gil_scaling.result_set import write_text
from gil_scaling.text import scrub

_RUN_COLUMNS = ["experiment", "run", "benchmark", "started", "wall_s", "load_1min"]
_METADATA = {"python_implementation": "implementation", "python_version": "version", "python_compiler": "compiler"}


def main(folder: str | Path, out: str | Path) -> None:
    """Write out/<build>.json for each build that has a value; folder: tables/ of a sweep."""
    suites = make_suites(tables.read(Path(folder), ("samples", "runs", "builds")))
    with replaced(Path(out)) as new:
        for build, suite in suites.items():
            text = io.StringIO()
            suite.dump(text)
            write_text(new / f"{build}.json", text.getvalue())


def make_suites(sweep: Mapping[str, pd.DataFrame]) -> dict[str, pyperf.BenchmarkSuite]:
    """{build: suite} of the tables samples, runs and builds, with the benchmarks in the order of the summary."""
    runs = name_benchmarks(sweep["runs"])
    samples = sweep["samples"].merge(runs.loc[runs["status"].eq("ok"), _RUN_COLUMNS], on=["experiment", "run"])
    timed_s = samples["total_s"].where(samples["timed"].eq("total"), samples["work_s"])
    samples = samples.assign(timed_s=timed_s.astype(float))
    samples = samples[samples["timed_s"].gt(0)]  # pyperf refuses 0: a time below one step of the clock
    samples = samples.sort_values([*ORDER, "round", "sample"])
    metadata = {build["python"]: _build_metadata(build) for build in sweep["builds"].to_dict("records")}
    benchmarks: dict[str, list[pyperf.Benchmark]] = {}
    for _, combination in samples.groupby("combination", sort=False):
        build = combination["python"].iloc[0]
        by_run = combination.groupby("run", sort=False)
        made = [_make_run(rows, metadata[build]) for _, rows in by_run if not rows["warmup"].all()]
        if made:
            benchmarks.setdefault(build, []).append(pyperf.Benchmark(made))
    return {build: pyperf.BenchmarkSuite(made) for build, made in benchmarks.items()}


def name_benchmarks(runs: pd.DataFrame) -> pd.DataFrame:
    """The table runs with the column `benchmark`, the name in pyperf files; without control runs and damaged records."""
    runs = runs[runs["python"].notna() & ~runs["role"].isin(CONTROLS)]
    parts = [_name_in_experiment(rows) for _, rows in runs.groupby("experiment", sort=False)]
    return pd.concat(parts) if parts else runs.assign(benchmark=None)


def _name_in_experiment(runs: pd.DataFrame) -> pd.DataFrame:
    shown_s = _intervals_to_show(runs["switch_interval_s"])
    labelled = label_combinations(runs.assign(switch_interval_s=math.nan)).assign(shown_s=shown_s)
    columns = ("experiment", "panel", "series", "backend", "workers_asked", "shown_s")
    names = pd.Series(map(_name, *(labelled[name] for name in columns)), runs.index, dtype="str")
    is_shared = runs["case"].groupby(names).transform("nunique") > 1
    return runs.assign(benchmark=names.where(~is_shared, names + " #" + runs["case"].str.rpartition("-")[2]))


def _intervals_to_show(intervals: pd.Series) -> pd.Series:
    """The switch intervals that names contain, NaN for the others: the one nearest to the default is left out."""
    distance = (intervals.dropna() - DEFAULT_INTERVAL_S).abs()
    nearest = intervals[distance[distance == distance.min()].index].min()
    return intervals.where(intervals.ne(nearest))


def _name(experiment: str, panel: str, series: str, backend: str, workers: str, interval_s: float) -> str:
    """The name of a benchmark; our part of it is ASCII, because people type it after -b and terminals print it."""
    count = "" if backend == "sequential" else f" x {workers}"
    interval = "" if math.isnan(interval_s) else f", switch interval {interval_s:g} s"
    return _one_line(f"{experiment}: {panel}, {series}{count}{interval}".replace("…", "..."))


def _one_line(text: str) -> str:
    """The text in one line, as pyperf wants it, and without the folders of this machine."""
    return " ".join(scrub(text).split())


def _make_run(rows: pd.DataFrame, build_metadata: Mapping[str, str]) -> pyperf.Run:
    """The pyperf.Run of the samples of one round."""
    first = rows.iloc[0]
    metadata = {
        "name": first["benchmark"],
        "unit": "second",
        "description": _describe(first),
        "date": datetime.fromisoformat(first["started"]).isoformat(" "),
        "duration": float(first["wall_s"]),
        **build_metadata,
    }
    if not math.isnan(first["load_1min"]):
        metadata["load_avg_1min"] = float(first["load_1min"])
    return pyperf.Run(
        _seconds(rows.loc[~rows["warmup"], "timed_s"]),
        warmups=[(1, seconds) for seconds in _seconds(rows.loc[rows["warmup"], "timed_s"])],
        metadata=metadata,
        collect_metadata=False,  # it would be that of this process
    )


def _seconds(times: Iterable[float]) -> list[float]:
    return [float(seconds) for seconds in times]


def _build_metadata(build: Mapping[str, Any]) -> dict[str, str]:
    """The facts of a build for which pyperf has a name."""
    return {name: _one_line(build[column]) for name, column in _METADATA.items() if isinstance(build[column], str)}


def _describe(run: pd.Series) -> str:
    """The whole combination, including what its name leaves out."""
    interval = run["switch_interval_s"]
    parts = [
        f"{run['workload']} {run['params']}",
        f"backend {run['backend']} {run['backend_params']}",
        f"workers {run['workers_asked']}",
        "switch interval " + ("without effect" if math.isnan(interval) else f"{interval:g} s"),
        f"{run['start']} start",
        f"{run['scaling']} scaling",
        f"{run['timed']}_s",
    ]
    return _one_line(", ".join(parts))


if __name__ == "__main__":
    with exit_on_error():
        main(*sys.argv[1:])
