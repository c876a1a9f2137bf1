"""The target `prune`: the records and environments of a result set that no sweep names any more, which it shows or removes.

`python -m gil_scaling.plan.prune ORDER REMOVE` reads what `write` wrote; REMOVE is true or false, in any case. A sweep names the runs
and environments of its plan.json, and the one of this call those of its config.
"""

import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gil_scaling.plan import orders
from gil_scaling.plan.plan import Plan
from gil_scaling.result_set import ENVIRONMENTS, LOGS, PLAN, RECORDS, record_path

_SHOWN = 20  # combinations
_RUN = re.compile(r"-r\d+-[0-9a-f]{10}$")  # the end of the name of a run: its round and its digest


class PruneError(Exception):
    """Which records are named cannot be known; the message says why."""


def write(plan: Plan) -> str:
    """Writes which records and environments no sweep names any more, for the job; returns the path. Raises PruneError."""
    runs, environments = find(plan)
    content = {"result_set": str(plan.request.folder), "runs": runs, "environments": environments}
    return orders.write(plan.request.state, "prune", content)


def find(plan: Plan) -> tuple[list[str], list[str]]:
    """(the runs with a record, the environments) in the result set that no sweep names, each sorted. Raises PruneError."""
    if not plan.sizes_are_known:
        raise PruneError(
            "a size that is auto is not known yet, so neither is which runs this sweep has; measure it first."
        )
    runs = {run.name for run in plan.runs}
    environments = {build.environment for build in plan.builds.values()}
    for other in _other_plans(plan):
        runs |= {run["run"] for run in other["runs"]}
        environments |= set(other.get("environments", ()))
    records, folders = (plan.request.folder.glob(pattern) for pattern in (f"{RECORDS}/*.json", f"{ENVIRONMENTS}/*/"))
    return (
        sorted(path.stem for path in records if path.stem not in runs),
        sorted(path.name for path in folders if path.name not in environments),
    )


def _other_plans(plan: Plan) -> Iterator[dict[str, Any]]:
    """The plan.json of each other sweep of the result set."""
    for path in plan.request.folder.glob(f"*/{PLAN}"):
        if path.parent.name != plan.request.sweep:
            yield _read_plan(path)


def _read_plan(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        [run["run"] for run in found["runs"]]
    except (OSError, ValueError, LookupError, TypeError):
        raise PruneError(
            f"{path}: cannot be read, so the runs of that sweep are not known. Run that sweep again, or remove its folder."
        ) from None
    return found


def main(order_path: str, remove: str) -> None:
    """Says which records and environments no sweep names; removes them, with their logs, if `remove` is "true"."""
    order = json.loads(Path(order_path).read_text(encoding="utf-8"))
    result_set, runs = Path(order["result_set"]), order["runs"]
    folders = [result_set / ENVIRONMENTS / name for name in order["environments"]]
    if not runs and not folders:
        print(f"Each record and environment in {result_set} is of a sweep.")
        return
    counts = []
    if runs:
        print(*_describe(runs), sep="\n")
        paths = [Path(record_path(result_set, run)) for run in runs]
        counts.append(_count(runs, "record", paths))
    if folders:
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        counts.append(_count(folders, "environment", files))
    text = f"{' and '.join(counts)} in {result_set} that no sweep names"
    if remove.lower() != "true":
        print(f"{text}. To remove them: the same command with --config remove=true")
        return
    for run in runs:
        Path(record_path(result_set, run)).unlink(missing_ok=True)
        (result_set / LOGS / RECORDS / f"{run}.log").unlink(missing_ok=True)
    for folder in folders:
        shutil.rmtree(folder)
    print(f"Removed {text}.")


def _count(things: Sequence[object], name: str, files: Iterable[Path]) -> str:
    """How many things there are, and the size of their files: `2 records (0.1 MiB)`."""
    size_mb = sum(path.stat().st_size for path in files) / 2**20
    return f"{len(things):,} {name}{'' if len(things) == 1 else 's'} ({size_mb:.1f} MiB)"


def _describe(runs: list[str]) -> list[str]:
    """A line per combination: `py_loop-thread-w4-3.14t: 6 records`."""
    counts = Counter(_RUN.sub("", run) for run in runs)
    lines = [f"{name}: {count} record{'' if count == 1 else 's'}" for name, count in counts.items()]
    left = len(lines) - _SHOWN
    return lines[:_SHOWN] + ([f"… and {left:,} more combinations"] if left > 0 else [])


if __name__ == "__main__":
    main(*sys.argv[1:])
