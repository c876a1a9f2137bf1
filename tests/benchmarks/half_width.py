"""How narrow intervals are beside pyperf's, and whether the values agree: `python -m tests.benchmarks.half_width [--fast]`.

Pairs of a sweep and of pyperf, in alternating order and of equal measuring time, measure the same tasks sequentially. It prints a
Markdown table with a column per workload. See README.md beside this file.
"""

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pyperf
import yaml
from gil_scaling.analysis.phrases import format_percent, format_ratio_ci
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.tables import read_file
from gil_scaling.launch import lock
from scipy import stats

from tests.benchmarks import processes
from tests.benchmarks.sweep_cost import table
from tests.tiny_sweep import copy_workflow

WORKLOADS = ("py_loop", "json_round_trip", "hashlib_small")
COUNT = 3  # tasks per sample


class Measurement(NamedTuple):
    """What one side measured of a workload in one pair.

    median_s: of a sample; half_widths: of 95 % confidence intervals, relative to the value, by what they are over;
    measuring_s: wall time inside measured processes.
    """

    median_s: float
    half_widths: dict[str, float]
    processes: int
    measuring_s: float


ROUNDS, MEANS, VALUES = "rounds", "means of processes", "all values"


def measure_sweep(folder, machine, rounds, count):
    """{workload: Measurement} of a sweep in a copy of the workflow; rounds: {workload: number}."""
    experiments = [
        {"name": workload, "workloads": [{workload: {"count": count}}], "rounds": number}
        for workload, number in rounds.items()
    ]
    settings = {"machine": machine, "sweep": "half-width", "pythons": ["current"], "backends": ["sequential"]}
    (folder / "half-width.yaml").write_text(yaml.safe_dump({**settings, "ceiling": False, "experiments": experiments}))
    processes.run(["-m", "snakemake", "--cores", "1", "tables", "-q", "--configfile", "half-width.yaml"], folder)
    results = folder / "results" / machine
    records = [json.loads(path.read_text()) for path in (results / "runs").glob("*.json")]
    summary = read_file(results / "half-width/tables/summary.csv").set_index("workload")
    found = {}
    for workload in rounds:
        value, low, high = (float(summary.loc[workload, f"total_s{end}"]) for end in ("", "_low", "_high"))
        walls = [one["wall_s"] for one in records if one["spec"]["workload"] == workload]
        found[workload] = Measurement(value, {ROUNDS: (high - low) / 2 / value}, len(walls), sum(walls))
    return found


def measure_pyperf(folder, workload, count, options):
    """Measurement of pyperf, which runs the tasks of a sample one after the other; options: further ones for it."""
    out = folder / "pyperf.json"
    out.unlink(missing_ok=True)
    setup = f"from gil_scaling.measure.workloads import {workload} as w; arguments = w.tasks(count={count})"
    statement = "[w.task(argument) for argument in arguments]"
    with lock.MachineLock():
        cost = processes.run(["-m", "pyperf", "timeit", "-q", *options, "-o", out, "-s", setup, statement])
    benchmark = pyperf.Benchmark.load(str(out))
    runs = [run.values for run in benchmark.get_runs() if run.values]
    half_widths = {
        MEANS: half_width_of_mean([statistics.fmean(values) for values in runs]),
        VALUES: half_width_of_mean(benchmark.get_values()),
    }
    return Measurement(benchmark.median(), half_widths, len(runs), cost["wall_s"])


def half_width_of_mean(values):
    """The half-width of the t interval of a mean, relative to it."""
    error = statistics.stdev(values) / math.sqrt(len(values))
    return float(stats.t.ppf(0.975, len(values) - 1)) * error / statistics.fmean(values)


def find_rounds(sweep, others):
    """{workload: the rounds that take as long as pyperf}, at least as many as an interval takes; both: {workload: Measurement}."""
    return {
        workload: max(intervals.MIN_ROUNDS, round(others[workload].measuring_s / (found.measuring_s / found.processes)))
        for workload, found in sweep.items()
    }


def measure_pairs(folder, workloads, pairs, count, options):
    """{workload: [(Measurement of a sweep, of pyperf), one per pair]}; a first pair, which does not count, finds the rounds."""
    copy_workflow(folder, figures=None)
    sides = {
        "sweep": lambda number, rounds: measure_sweep(folder, f"pair-{number}", rounds, count),
        "pyperf": lambda *_: {workload: measure_pyperf(folder, workload, count, options) for workload in workloads},
    }
    rounds = dict.fromkeys(workloads, intervals.MIN_ROUNDS)
    found = {workload: [] for workload in workloads}
    for number in range(pairs + 1):
        began = time.monotonic()
        order = ("pyperf", "sweep") if number % 2 else ("sweep", "pyperf")
        pair = {name: sides[name](number, rounds) for name in order}
        if not number:
            rounds = find_rounds(pair["sweep"], pair["pyperf"])
        for workload in workloads if number else ():
            found[workload].append((pair["sweep"][workload], pair["pyperf"][workload]))
        print(f"pair {number} of {pairs} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return found


def describe(pairs):
    """{what: text} of the pairs of one workload, the rows of the table."""
    sweeps, others = zip(*pairs, strict=True)
    own = [each.half_widths[ROUNDS] for each in sweeps]
    rows = {
        "processes of the sweep, of pyperf": f"{sweeps[0].processes}, {others[0].processes}",
        "measuring time, sweep / pyperf": _ratio(
            [each.measuring_s for each in sweeps], [e.measuring_s for e in others]
        ),
        "median time, sweep / pyperf": _ratio([each.median_s for each in sweeps], [each.median_s for each in others]),
        "half-width of the sweep": f"±{format_percent(statistics.median(own))}",
    }
    for over in (MEANS, VALUES):
        other = [each.half_widths[over] for each in others]
        rows[f"half-width of pyperf over {over}"] = f"±{format_percent(statistics.median(other))}"
        rows[f"sweep / pyperf over {over}"] = _ratio(own, other)
    return rows


def _ratio(own, others):
    estimate = intervals.paired_ratio([one / other for one, other in zip(own, others, strict=True)])
    return format_ratio_ci(*estimate[:3])


def main(arguments=None):
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pairs", type=int, default=6, help="of a sweep and of pyperf; from 6 on there are 95 %% intervals"
    )
    parser.add_argument("--workloads", nargs="+", default=WORKLOADS)
    parser.add_argument("--count", type=int, default=COUNT, help="tasks per sample")
    parser.add_argument(
        "--fast", action="store_true", help="give pyperf its option --fast: 10 processes in place of 20"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = measure_pairs(Path(folder), options.workloads, options.pairs, options.count, ["--fast"] * options.fast)
    versions = f"Python {sys.version.split()[0]}, pyperf {pyperf.__version__}"
    print(f"{os.cpu_count()} CPUs, {versions}, {time.strftime('%Y-%m-%d')}, pairs: {options.pairs}\n")
    print(table({workload: describe(pairs) for workload, pairs in found.items()}))


if __name__ == "__main__":
    main()
