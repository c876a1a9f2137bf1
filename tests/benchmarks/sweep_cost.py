"""What a sweep costs beside its measuring: `python -m tests.benchmarks.sweep_cost default 100 1000 10000` prints a table.

Each argument is a number of runs, or `default` for the default sweep; --folder keeps what is done, so that the same command
continues after an interruption. See README.md beside this file.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import yaml
from gil_scaling.launch import disturbance, progress
from gil_scaling.plan.shell import shell_prefix
from gil_scaling.record import write as write_record

from tests.benchmarks import processes
from tests.tiny_sweep import copy_workflow

ROUNDS, SAMPLED = 10, 100  # SAMPLED: runs that are started otherwise, to compare with
WORKERS, REPEATS, WARMUPS, COUNT = 2, 3, 1, 4
_BACKENDS = ["sequential", "thread"]
_FIRST_N = 20_000  # turns of a task: 0.5 ms
_SWEEP = {
    "machine": "benchmark",
    "sweep": "cost",
    "rounds": ROUNDS,
    "warmups": WARMUPS,
    "repeats": REPEATS,
    "pythons": ["current"],
}
_BY_HAND = f"""
import sys, threading
def task(n):
    total = 0
    for i in range(n): total += i
def work(n):
    for _ in range({COUNT // WORKERS}): task(n)
def sample(n, backend):
    if backend == "sequential": return [task(n) for _ in range({COUNT})]
    threads = [threading.Thread(target=work, args=(n,)) for _ in range({WORKERS})]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def sweep_config(runs):
    """The config of a sweep of so many runs: a workload with many sizes, sequentially and on two threads, in ten rounds."""
    sizes = [_FIRST_N + number for number in range(runs // ROUNDS // len(_BACKENDS))]
    workload = {"py_loop": {"n": {"sweep": sizes}, "count": COUNT}}
    experiment = {"name": "e", "workloads": [workload], "backends": _BACKENDS, "workers": [WORKERS]}
    return {**_SWEEP, "experiments": [{**experiment, "ceiling": False, "control": False}]}


class Benchmark:
    """The pieces of the benchmark of one size, each of which is done once and then read from its file."""

    def __init__(self, folder, size):
        self.folder, self._size = folder / size, size
        self._pieces = folder / f"{size}.json"
        self.done = json.loads(self._pieces.read_text()) if self._pieces.exists() else {}
        self._results = "results/benchmark"
        self._sweep = self.folder / self._results / "cost"

    def run(self):
        """Does the pieces that are left; returns all as {name: what it cost}."""
        for piece in ("plan", "sweep", "nothing", "tables", "figures", "page", "split", "floor", "pyperf"):
            if piece not in self.done:
                began = time.monotonic()
                self.done[piece] = getattr(self, piece)()
                self._pieces.write_text(json.dumps(self.done))
                print(f"{self._size}: {piece} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        return self.done

    def plan(self):
        """A dry run before anything is measured."""
        if not (self.folder / "Snakefile").exists():
            self.folder.mkdir(parents=True)
            copy_workflow(self.folder, figures=None)
        config = {**_SWEEP} if self._size == "default" else sweep_config(int(self._size))
        if self._size == "default":
            config = {"machine": "benchmark", "sweep": "cost"}
        (self.folder / "cost.yaml").write_text(yaml.safe_dump(config))
        return self._snakemake("-n", "-q")

    def sweep(self):
        """The whole sweep, from start to page; what an interrupted one measured is removed first."""
        for path in sorted((self.folder / self._results).glob("runs/*.json")):
            path.unlink()
        cost = self._snakemake()
        records = [json.loads(path.read_text()) for path in (self.folder / self._results / "runs").glob("*.json")]
        failed = sum(one["status"] != "ok" for one in records)
        return {**cost, "runs": len(records), "failed": failed, "measured_s": sum(one["wall_s"] for one in records)}

    def nothing(self):
        """The same call again, which has nothing to do."""
        return self._snakemake()

    def tables(self):
        """The tables of all records."""
        return processes.run(["-m", "gil_scaling.analysis.tables", self._sweep / "plan.json"])

    def figures(self):
        """All figures of the sweep."""
        return processes.run(["-m", "gil_scaling.analysis.figures", self._sweep, os.cpu_count()])

    def page(self):
        """The page."""
        cost = processes.run(["-m", "gil_scaling.analysis.report", self._sweep])
        return {**cost, "page_mb": (self._sweep / "report.html").stat().st_size / 2**20}

    def split(self):
        """The parts of what a run costs beside its child, in seconds, each the median over some runs."""
        plans = (self.folder / ".snakemake/gil-scaling").glob("*/plan-cost-*.jsonl")
        plan = max(plans, key=lambda path: path.stat().st_mtime).resolve()
        names = [json.loads(line)["run"] for line in plan.read_text().splitlines()[1:]]
        call = json.dumps(progress.make_call("benchmark", plan=str(plan)))  # one, as its runs share the reference loop
        with tempfile.TemporaryDirectory() as folder:
            launched = [self._launch(call, name, Path(folder)) for name in self._sample(names)]
            result = json.loads(next(Path(folder, "runs").iterdir()).read_text())
            written = [_time(write_record, f"{folder}/x", result) for _ in range(20)]
        loops = [_time(disturbance.reference_loop_s) for _ in range(20)]
        shell = [
            processes.run(["-c", shell_prefix().replace("{{", "{").replace("}}", "}") + "true"], command="bash")
            for _ in range(20)
        ]
        return {
            "shell": statistics.median(cost["wall_s"] for cost in shell),
            "launcher": statistics.median(launched),
            "loops": statistics.median(loops),
            "record": statistics.median(written),
        }

    def _launch(self, call, name, folder):
        """The seconds that a launcher takes beside its child."""
        (folder / "runs").mkdir(exist_ok=True)
        out = folder / f"runs/{name}.json"
        arguments = ["-S", "-c", "from gil_scaling.launch.__main__ import run; run()", name, out, folder / "log"]
        cost = processes.run(arguments, self.folder, **{progress.VARIABLE: call})
        return cost["wall_s"] - json.loads(out.read_text())["wall_s"]

    def floor(self):
        """The seconds per run of a loop in Python that starts the same build on the same work, done by hand."""
        program = f"{_BY_HAND}\nfor _ in range({WARMUPS + REPEATS}): sample(int(sys.argv[1]), sys.argv[2])"
        return self._per_run(lambda n, backend: processes.run(["-I", "-S", "-c", program, n, backend]), 1)

    def pyperf(self):
        """The seconds per run of pyperf on the same work, with as many processes, warm-ups and values."""
        options = ["--processes", ROUNDS, "--values", REPEATS, "--warmups", WARMUPS, "--loops", 1, "--quiet"]
        return self._per_run(
            lambda n, backend: processes.run(
                ["-m", "pyperf", "timeit", *options, "-s", _BY_HAND, f"sample({n}, {backend!r})"]
            ),
            ROUNDS,
        )

    def _per_run(self, measure, runs):
        """The mean seconds per run of calls of measure(n, backend), each of which makes so many runs."""
        if self._size == "default":
            return {"wall_s": None}
        sizes = self._sample(sweep_config(int(self._size))["experiments"][0]["workloads"][0]["py_loop"]["n"]["sweep"])
        calls = [(n, backend) for n in sizes for backend in _BACKENDS][: max(2, SAMPLED // runs)]
        return {"wall_s": statistics.fmean(measure(n, backend)["wall_s"] for n, backend in calls) / runs}

    def _sample(self, values):
        return random.Random(1).sample(values, min(SAMPLED, len(values)))

    def _snakemake(self, *options):
        return processes.run(["-m", "snakemake", "--cores", "all", *options, "--configfile", "cost.yaml"], self.folder)


def _time(function, *arguments):
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def describe(done):
    """{what: text} of the pieces of one size, the rows of the table."""
    sweep, split = done["sweep"], done["split"]
    runs = sweep["runs"]
    steps_s = sum(done[name]["wall_s"] for name in ("tables", "figures", "page", "nothing"))
    beside_s = (sweep["wall_s"] - sweep["measured_s"] - steps_s) / runs
    by_hand = {name: done[name]["wall_s"] for name in ("floor", "pyperf")}
    child_s = sweep["measured_s"] / runs
    return {
        "runs (failed)": f"{runs:,} ({sweep['failed']})",
        "sweep / time inside measured processes": f"{sweep['wall_s'] / sweep['measured_s']:.2f}",
        "the same without tables, figures, page": f"{(sweep['wall_s'] - steps_s) / sweep['measured_s']:.2f}",
        "measured process": _ms(child_s),
        "beside it, per run": _ms(beside_s),
        "of that Snakemake": _ms(beside_s - split["shell"] - split["launcher"]),
        "of that shell": _ms(split["shell"]),
        "of that launcher": _ms(split["launcher"] - split["loops"] - split["record"]),
        "of that reference loop": _ms(split["loops"]),
        "of that writing the record": _ms(split["record"]),
        "a run by hand (floor)": _ms(by_hand["floor"]),
        "a run of pyperf": _ms(by_hand["pyperf"]),
        **{f"{name}: CPU time, peak memory": _cost(done[key]) for name, key in _STEPS.items()},
        "size of the page": f"{done['page']['page_mb']:.1f} MiB",
    }


_STEPS = {
    "plan (`-n -q`)": "plan",
    "whole sweep": "sweep",
    "nothing to do": "nothing",
    "tables": "tables",
    "figures": "figures",
    "page": "page",
}


def _ms(seconds):
    return "–" if seconds is None else f"{seconds * 1e3:.0f} ms"


def _cost(cost):
    return f"{cost['cpu_s']:.1f} s, {cost['peak_mb']:.0f} MiB"


def table(columns):
    """A Markdown table of {size: {what: text}}."""
    rows = [["", *columns], ["---"] * (1 + len(columns))]
    rows += [[name, *(column[name] for column in columns.values())] for name in next(iter(columns.values()))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments=None):
    """Prints the table of the sizes that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="+", help="numbers of runs, multiples of 20, or default")
    parser.add_argument("--folder", type=Path, help="where what is done is kept; a temporary one without it")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        columns = {size: describe(Benchmark(folder.resolve(), size).run()) for size in options.sizes}
    print(f"{os.cpu_count()} CPUs, Python {sys.version.split()[0]}, {time.strftime('%Y-%m-%d')}\n\n{table(columns)}")


if __name__ == "__main__":
    main()
