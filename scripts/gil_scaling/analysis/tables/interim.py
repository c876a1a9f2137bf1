"""The runs frame as the tables take it, made from what read.load gives: gone once read.py makes these columns itself."""

import json
import math

from gil_scaling.analysis.tables.pairing import BLOCK, COMBINATION, lists_of


def with_columns(runs, baselines):
    """The runs of builds with their ids, and the times of their baselines."""
    needed = ("counts", "metrics", "tasks", "segments", "flags", "work_s", "total_s")
    runs = runs.assign(**{name: None for name in needed if name not in runs})
    case = [name for name in COMBINATION if name not in ("machine", "python")]
    runs = runs.assign(
        case=_joined(runs, case),
        block=_joined(runs, BLOCK),
        metrics=[json.loads(text) if isinstance(text, str) else {} for text in runs["metrics"]],
    )
    runs["combination"] = runs["machine"] + "/" + runs["python"] + "/" + runs["case"]
    rows = [_baseline_columns(run, baselines) for run in runs.to_dict("records")]
    names = ("lists", "base_timed_s", "base_call", "base_run", "base_task_cpu_s", "reference_timed_s", "reference_call")
    return runs.assign(**{name: [row[name] for row in rows] for name in names})


def _joined(runs, columns):
    return ["/".join(map(str, values)) for values in zip(*(runs[name] for name in columns), strict=True)]


def _baseline_columns(run, baselines):
    base = baselines.of(run) or {}
    reference = baselines.of(run, run["reference"]) or {}
    timed = f"{run['timed']}_s"
    return {
        "lists": lists_of(run),
        "base_timed_s": base.get(timed, math.nan),
        "base_call": base.get("call"),
        "base_run": base.get("run"),
        "base_task_cpu_s": base.get("task_cpu_s", math.nan),
        "reference_timed_s": reference.get(timed, math.nan),
        "reference_call": reference.get("call"),
    }
