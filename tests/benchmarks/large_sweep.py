"""What a large sweep costs beside its measuring: `python -m tests.benchmarks.large_sweep` prints CPU time and peak memory.

plan: `snakemake -n` of 10,200 runs; tables: of 10,000 records; figures and page: of 84, 336 and 1,008 combinations, copies of a
small sweep.
"""

import tempfile
from pathlib import Path

import pandas as pd
import yaml
from gil_scaling.analysis import tables
from gil_scaling.analysis.tables import __main__ as tables_of_sweep

from tests.benchmarks import processes
from tests.support import ROOT, sweep_records, write_result_set
from tests.tiny_sweep import TINY, copy_workflow

_WORKERS = list(range(1, 11))
_PLANNED = {
    "workloads": [{"noop": {"count": {"sweep": _WORKERS}}}],
    "backends": ["thread", "thread_pool", "asyncio_to_thread", "process", "process_pool"],
    "workers": _WORKERS,
}  # 500 combinations and 10 baselines
_TIMES = {
    "sequential": [4.0, 4.1] * 5,
    "thread": [2.0, 2.2] * 5,
    "process": [1.0, 1.1] * 5,
    "thread_pool": [3.0, 3.1] * 5,
}
_WORKLOADS = 125  # times two builds, times four backends, times ten rounds
_COPIES = 7  # of a workload with 12 combinations


def main():
    """Prints a line per step."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _print_cost("plan of 10,200 runs", _prepare_plan(root / "plan"), root / "plan")
        _print_cost("tables of 10,000 records", _prepare_tables(root / "tables"))
        for copies in (_COPIES, 4 * _COPIES, 12 * _COPIES):
            sweep = write_large_sweep(root / str(copies), copies)
            _print_cost(f"figures of {12 * copies:,} combinations", ["-m", "gil_scaling.analysis.figures", str(sweep)])
            _print_cost("their page", ["-m", "gil_scaling.analysis.report", str(sweep)])
            print(f"its size: {(sweep / 'report.html').stat().st_size / 1e6:.2f} MB")


def _prepare_plan(folder):
    folder.mkdir()
    copy_workflow(folder)
    experiment = {**TINY["experiments"][0], **_PLANNED, "ceiling": False}
    (folder / "large.yaml").write_text(yaml.safe_dump({**TINY, "rounds": 20, "experiments": [experiment]}))
    return ["-m", "snakemake", "-n", "-q", "--cores", "2", "--configfile", "large.yaml"]


def _prepare_tables(folder):
    records = []
    for python in ("3.14", "3.14t"):
        for count in range(_WORKLOADS):
            own = sweep_records(_TIMES, python=python, params={"count": 2, "n": count})
            records += [{**one, "run": f"{one['run']}-n{count}"} for one in own]
    builds = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}
    return ["-m", "gil_scaling.analysis.tables", str(write_result_set(folder, records, builds=builds))]


def write_large_sweep(folder, copies):
    """The folder of a sweep with the tables of copies of one workload with 12 combinations on two builds."""
    records = []
    for python in ("3.14", "3.14t"):
        for workers in (2, 4):
            times = {"thread": [2.0, 2.2] * 3, "process": [1.0, 1.1] * 3}
            records += [
                {**one, "run": f"{one['run']}-w{workers}"}
                for one in sweep_records(times, python=python, workers=workers)
            ]
        records += sweep_records({"sequential": [4.0, 4.1] * 3, "thread_pool": [3.0, 3.1] * 3}, python=python)
    plan = write_result_set(folder, records, builds={"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}})
    tables_of_sweep.main(plan)
    small = tables.read(plan.parent / "tables")
    tables.write({name: _copied(table, copies) for name, table in small.items()}, plan.parent / "tables")
    return plan.parent


def _copied(table, copies):
    if "workload" not in table or table.empty:
        return table
    names = [name for name in ("workload", "panel", "case", "combination", "run") if name in table]
    return pd.concat(
        [
            table.assign(**{name: table[name] + f"_{number:02d}" for name in names}) if number else table
            for number in range(copies)
        ],
        ignore_index=True,
    )


def _print_cost(what, arguments, cwd=ROOT):
    """Runs Python, and prints the CPU time and the peak memory that it took."""
    cost = processes.run(arguments, cwd)
    print(f"{what}: {cost['cpu_s']:.1f} s of CPU time, {cost['peak_mb']:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
