"""Writes a sweep as files of pyperf, one for each build: `python -m gil_scaling.analysis.exchange.pyperf_files TABLES FOLDER`.

A combination is a benchmark of pyperf, a round, with its fresh process, is a run, and a sample is a value; warm-ups stay
warm-ups. A value is the time that counts: total_s, or work_s where the workers start together. Control runs and runs that
are not ok are left out.

The names of benchmarks are the same in the files of all builds: `cpu: py_loop, n=1,000, thread x 2`. They tell the
experiment, of the workload's parameters those that differ within it, the backend with its own, and the workers that were
asked for: how many `default` stands for is another number on another build. They tell the switch interval where an
experiment has several and it is not the one nearest to the default; a build on which it can have no effect so stands
against the others at about the default, as in the report. Where two combinations would still share a name, a few digits
that stand for all that was asked for tell them apart.
"""

import hashlib
import io
import math
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyperf

from gil_scaling.analysis import facts, labels
from gil_scaling.analysis.tables import build as tables
from gil_scaling.analysis.tables.pairing import COMBINATION, with_times
from gil_scaling.analysis.tables.summary import ORDER
from gil_scaling.result_set import write_text
from gil_scaling.text import scrub

_DEFAULT_S = 0.005
_ASKED = ("workload", "params", "backend", "backend_params", "workers_asked", "start", "scaling", "told_s")
_OF_RUNS = ["experiment", "run", "benchmark", "started", "wall_s", "load_1min"]


def main(folder, out):
    """Writes out/<build>.json for each build that has a value; folder: tables/ of a sweep."""
    Path(out).mkdir(parents=True, exist_ok=True)
    for build, suite in suites(tables.read(folder, ["samples", "runs", "builds"])).items():
        text = io.StringIO()
        suite.dump(text)
        write_text(Path(out, f"{build}.json"), text.getvalue())


def suites(found):
    """{build: pyperf.BenchmarkSuite} of the tables samples, runs and builds, in the order of the summary."""
    runs = named(found["runs"])
    good = runs.loc[runs["status"].eq("ok"), _OF_RUNS]
    samples = with_times(found["samples"]).merge(good, on=["experiment", "run"])
    samples = samples[samples["timed_s"].gt(0)]  # pyperf takes no other; of a time below one step of the clock
    samples = samples.sort_values([*ORDER, "round", "sample"])
    of_builds = {one["python"]: _of_build(one) for one in found["builds"].to_dict("records")}
    benchmarks = {}
    for _, group in samples.groupby(COMBINATION, dropna=False, sort=False):
        build = group["python"].iloc[0]
        own = [_run(rows, of_builds[build]) for _, rows in group.groupby("run", sort=False) if not rows["warmup"].all()]
        if own:
            benchmarks.setdefault(build, []).append(pyperf.Benchmark(own))
    return {build: pyperf.BenchmarkSuite(own) for build, own in benchmarks.items()}


def named(runs):
    """The runs of builds, without control runs, with the column benchmark: the name that pyperf gives a combination."""
    runs = runs[runs["python"].notna() & runs["role"].ne("ceiling")]
    parts = [_named(rows) for _, rows in runs.groupby("experiment", sort=False)]
    return pd.concat(parts) if parts else runs.assign(benchmark=None)


def _named(rows):
    """The rows of one experiment with their names."""
    intervals = sorted(rows["switch_interval_s"].dropna().unique(), key=lambda value: (abs(value - _DEFAULT_S), value))
    told = rows["switch_interval_s"].where(rows["switch_interval_s"].isin(intervals[1:]))
    labelled = labels.series(labels.panels(rows).assign(switch_interval_s=math.nan)).assign(told_s=told)
    plain = [(_name(row), " ".join(str(row[key]) for key in _ASKED)) for row in labelled.to_dict("records")]
    different = Counter(name for name, _ in set(plain))
    names = [name if different[name] == 1 else f"{name} #{_digits(asked)}" for name, asked in plain]
    return rows.assign(benchmark=pd.Series(names, rows.index, dtype="str"))


def _name(row):
    """In ASCII as far as it is ours: people type it after -b, and pyperf prints it in any locale."""
    workers = "" if row["backend"] == "sequential" else f" x {row['workers_asked']}"
    interval = "" if math.isnan(row["told_s"]) else f", switch interval {row['told_s']:g} s"
    return _line(f"{row['experiment']}: {row['panel']}, {row['series']}{workers}{interval}".replace("…", "..."))


def _digits(text):
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _line(text):
    """The text as pyperf takes it, in one line, and without the folders of this machine."""
    return " ".join(scrub(text).split())


def _run(rows, of_build):
    """The pyperf.Run of the samples of one round."""
    first = rows.iloc[0]
    metadata = {
        "name": first["benchmark"],
        "unit": "second",
        "description": _described(first),
        "date": datetime.fromisoformat(first["started"]).isoformat(" "),
        "duration": float(first["wall_s"]),
        **of_build,
    }
    if first["load_1min"] == first["load_1min"]:
        metadata["load_avg_1min"] = float(first["load_1min"])
    times = rows["timed_s"].astype(float)
    return pyperf.Run(
        times[~rows["warmup"]].tolist(),
        warmups=[(1, value) for value in times[rows["warmup"]].tolist()],
        metadata=metadata,
        collect_metadata=False,  # it would be that of this process
    )


def _of_build(build):
    """What the table of builds knows of those that pyperf has a name for."""
    names = {"python_implementation": "implementation", "python_version": "version", "python_compiler": "compiler"}
    return {name: _line(build[column]) for name, column in names.items() if isinstance(build[column], str)}


def _described(row):
    """All of a combination in words, also what its name leaves out."""
    interval = row["switch_interval_s"]
    parts = [
        f"{row['workload']} {row['params']}",
        f"backend {row['backend']} {row['backend_params']}",
        f"workers {row['workers_asked']}",
        "switch interval " + ("without effect" if math.isnan(interval) else f"{interval:g} s"),
        f"{row['start']} start",
        f"{row['scaling']} scaling",
        f"{row['timed']}_s",
    ]
    return _line(", ".join(parts))


if __name__ == "__main__":
    with facts.ending_where_unusable():
        main(*sys.argv[1:])
