"""The target `prune`: the records of a result set that no sweep names any more, which it shows or removes.

`python -m gil_scaling.plan.prune ORDER REMOVE` reads what `write` wrote; REMOVE is true or false, in any case. A sweep names the runs of
its plan.json, and the one of this call the runs of its config.
"""

import hashlib
import json
import re
import sys
from collections import Counter
from pathlib import Path

from gil_scaling.plan.plan import Plan
from gil_scaling.result_set import LOGS, PLAN, RECORDS, record_path, write_text

_SHOWN = 20  # combinations
_RUN = re.compile(r"-r\d+-[0-9a-f]{10}$")  # the end of the name of a run: its round and its digest


class PruneError(Exception):
    """Which records are named cannot be known; the message says why."""


def write(plan: Plan) -> str:
    """Writes which records no sweep names any more, for the job; returns the path. Raises PruneError."""
    order = json.dumps({"result_set": str(plan.request.folder), "runs": find(plan)})
    path = plan.request.state / f"prune-{hashlib.sha256(order.encode()).hexdigest()[:16]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, order)
    return str(path)


def find(plan: Plan) -> list[str]:
    """The names of the runs that have a record in the result set and are in no sweep, sorted. Raises PruneError."""
    if not plan.sizes_are_known:
        raise PruneError(
            "a size that is auto is not known yet, so neither is which runs this sweep has; measure it first."
        )
    named = {run.name for run in plan.runs}
    for path in plan.request.folder.glob(f"*/{PLAN}"):
        if path.parent.name != plan.request.sweep:
            named |= _read_runs(path)
    return [path.stem for path in sorted(plan.request.folder.glob(f"{RECORDS}/*.json")) if path.stem not in named]


def _read_runs(path: Path) -> set[str]:
    try:
        return {run["run"] for run in json.loads(path.read_text(encoding="utf-8"))["runs"]}
    except (OSError, ValueError, LookupError, TypeError):
        raise PruneError(f"{path}: cannot be read, so the runs of that sweep are not known.") from None


def main(order_path: str, remove: str) -> None:
    """Says which records no sweep names; removes them, with their logs, if `remove` is "true"."""
    order = json.loads(Path(order_path).read_text(encoding="utf-8"))
    result_set, runs = Path(order["result_set"]), order["runs"]
    if not runs:
        print(f"Each record in {result_set} is of a sweep.")
        return
    size_mb = sum(Path(record_path(result_set, run)).stat().st_size for run in runs) / 2**20
    count = (
        f"{len(runs):,} record{'' if len(runs) == 1 else 's'} ({size_mb:.1f} MiB) in {result_set} that no sweep names"
    )
    print(*_describe(runs), sep="\n")
    if remove.lower() != "true":
        print(f"{count}. To remove them: the same command with --config remove=true")
        return
    for run in runs:
        Path(record_path(result_set, run)).unlink(missing_ok=True)
        (result_set / LOGS / RECORDS / f"{run}.log").unlink(missing_ok=True)
    print(f"Removed {count}.")


def _describe(runs: list[str]) -> list[str]:
    """A line per combination: `py_loop-thread-w4-3.14t: 6 records`."""
    counts = Counter(_RUN.sub("", run) for run in runs)
    lines = [f"{name}: {count} record{'' if count == 1 else 's'}" for name, count in counts.items()]
    left = len(lines) - _SHOWN
    return lines[:_SHOWN] + ([f"… and {left:,} more combinations"] if left > 0 else [])


if __name__ == "__main__":
    main(*sys.argv[1:])
