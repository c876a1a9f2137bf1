"""Draw a large sweep, made by copying a small one: `python -m tests.analysis.figures.large_sweep FOLDER` prints the CPU time."""

import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from gil_scaling.analysis.figures.__main__ import draw_all

from tests.support import make_tables, sweep_records

_COPIES = 28  # of a workload with 12 combinations: 336


def make_large_tables(folder, copies=_COPIES):
    """The tables of copies of one workload on two builds, each with a slightly different speedup."""
    records = []
    for python in ("3.14", "3.14t"):
        for workers in (2, 4):
            times = {"thread": [2.0, 2.2] * 3, "process": [1.0, 1.1] * 3}
            records += [
                {**one, "run": f"{one['run']}-w{workers}"}
                for one in sweep_records(times, python=python, workers=workers)
            ]
        records += sweep_records({"sequential": [4.0, 4.1] * 3, "thread_pool": [3.0, 3.1] * 3}, python=python)
    small = make_tables(folder, records, builds={"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}})
    return {name: _copied(table, copies) for name, table in small.items()}


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


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as small:
        large = make_large_tables(Path(small))
    began = time.process_time()
    draw_all(large, ["e"], Path(sys.argv[1]))
    print(f"{len(large['summary'])} combinations: {time.process_time() - began:.1f} s of CPU time")
