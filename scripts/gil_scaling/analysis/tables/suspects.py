"""Which lines may be slowed by objects that threads share, as an order for launch.objects.

`python -m gil_scaling.analysis.tables.suspects FOLDER` writes FOLDER/why/objects.json, from FOLDER/why/order.json and the tables.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gil_scaling.analysis import tables
from gil_scaling.analysis.documents import exit_on_error
from gil_scaling.result_set import TABLES, WHY, write_text

_MAX_LINES = 5  # of a combination
_RUN_S, _SEEN_S, _SAMPLES = 0.2, 0.5, 3  # as in shortfalls, of a run that nothing samples


def main(folder: Path) -> None:
    """Writes the order."""
    order = json.loads((folder / WHY / "order.json").read_text(encoding="utf-8"))
    summary = tables.read(folder / TABLES, ("summary",))["summary"].drop_duplicates("combination")
    lines = tables.read_why(folder / TABLES)["lines"]
    combinations = list(suspects(order["combinations"], summary.set_index("combination"), lines))
    content = {"plan": order["plan"], "rounds": order["rounds"], "combinations": combinations}
    write_text(folder / WHY / "objects.json", json.dumps(content) + "\n")


def suspects(
    combinations: list[Mapping[str, Any]], summary: pd.DataFrame, lines: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    """Those of threads without the GIL in which lines take more CPU time with more workers, with these lines.

    combinations: of the order of launch.why; summary: by combination.
    """
    for each in combinations:
        row = summary.loc[each["combination"]]
        own = lines[lines["combination"].eq(each["combination"]) & lines["file"].notna() & lines["cpu_share_low"].gt(0)]
        if row["backend_kind"] != "threads" or row["gil"] or own.empty:
            continue
        largest = own.sort_values("cpu_share", ascending=False).head(_MAX_LINES)
        bound = row["speedup_bound"] if pd.notna(row["speedup_bound"]) else min(row["workers"], row["usable_cpus"])
        yield {
            **{name: each[name] for name in ("combination", "run", "workers", "backend_kind")},
            "about_s": _RUN_S + max(_SEEN_S + float(row["total_s"]), _SAMPLES * float(row["total_s"])),
            "timed": f"{row['timed']}_s",
            "bound": float(bound),
            "lines": [[file, int(line)] for file, line in zip(largest["file"], largest["line"], strict=True)],
        }


if __name__ == "__main__":
    with exit_on_error():
        main(Path(sys.argv[1]))
