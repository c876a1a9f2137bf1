"""Makes the runs of the target `why`: `python -S -m gil_scaling.launch.why ORDER FOLDER` leaves a file for each in FOLDER.

ORDER is what analysis.tables.shortfalls wrote. A file that is there already, of a run that is ok or unsupported, stays: so an
interrupted call goes on where it was. A separate process, as it kills all that a run leaves behind.
"""

from __future__ import annotations

import json
import os
import sys
import time

from gil_scaling.launch import lock, measurement, progress, run_folder, sources, supervisor
from gil_scaling.launch.__main__ import read_entry
from gil_scaling.record import DONE
from gil_scaling.result_set import read_bytes, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from gil_scaling.launch.interfaces import Entry, ExtraRun

    Stamps = Mapping[str, "list[int] | None"]

FORMAT = 3  # of the files; those of another one are measured again
_COMMANDS = {
    "lines": "sample",
    "locks": "locks",
    "objects": "objects",
    "change": "change",
}  # {what a run is for: the command of measure/__main__.py}


def main(order_path: str, folder: str) -> None:
    """Makes all runs of an order that are not done yet."""
    order = begin(order_path)
    os.makedirs(folder, exist_ok=True)
    todo = [run for run in order["runs"] if not is_done(f"{folder}/{run['file']}.json")]
    if not todo:
        return
    entries, stamps = read_entries(order["plan"], todo)
    progress.write_line(_announce(order, todo))
    began = time.monotonic()
    for number, run in enumerate(todo, 1):
        entry = entry_of(entries[run["run"]], run)
        with lock.MachineLock():
            run_folder.clean_up()
            result = measure(entry, run, stamps)
        write_text(f"{folder}/{run['file']}.json", json.dumps(result) + "\n")
        left_s = (time.monotonic() - began) / number * (len(todo) - number)
        progress.write_line(describe(number, len(todo), entry, run, result, left_s))


def begin(order_path: str) -> dict[str, Any]:
    """The order; from now on a signal ends the process."""
    supervisor.exit_on_interruption()
    with open(order_path, encoding="utf-8") as file:
        order: dict[str, Any] = json.load(file)
    return order


def read_entries(plan: str, runs: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Entry], Stamps]:
    """The entries of a plan that runs or combinations name as `run`, and the stamps of all their sources."""
    entries = {each["run"]: read_entry(plan, each["run"]) for each in runs}
    stamps = sources.stamps({path: digest for entry in entries.values() for path, digest in entry["sources"].items()})
    return entries, stamps


def _announce(order: dict[str, Any], todo: list[ExtraRun]) -> str:
    """What is to be done, and about how long it takes."""
    combinations, rounds = len({run["run"] for run in todo}), order["rounds"]
    seconds = progress.duration(max(1, round(sum(run["about_s"] for run in todo))))
    return (
        f"why: {len(todo)} extra runs of {combinations} combination{'s' if combinations > 1 else ''} in {rounds} "
        f"round{'s' if rounds > 1 else ''}, about {seconds}"
    )


def is_done(path: str) -> bool:
    """Whether the file of a run is there, of one that needs no repetition."""
    try:
        found = json.loads(read_bytes(path))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("format") == FORMAT and found.get("status") in DONE


def entry_of(entry: Entry, run: ExtraRun) -> Entry:
    """The entry of an extra run: that of the combination, with other workers and another round."""
    changed: Any = {**entry, "spec": {**entry["spec"], "workers": run["workers"], "round": run["round"]}}
    return changed  # type: ignore[no-any-return]


def measure(entry: Entry, run: ExtraRun, stamps: Stamps) -> dict[str, Any]:
    """The content of the file of a run."""
    cpus = entry["spec"]["cpus"]
    if cpus is not None:
        os.sched_setaffinity(0, cpus)
    facts = {
        "files": [path for path in entry["sources"] if path.endswith(".py")],
        "backend_kind": run["backend_kind"],
        **run.get("facts", {}),
    }
    status, reason, measured = measurement.explain(entry, stamps, _COMMANDS[run["what"]], facts)
    return {
        "format": FORMAT,
        "what": run["what"],
        "spec": entry["spec"],
        "status": status,
        "reason": reason,
        "measured": measured,
    }


def describe(
    number: int, runs: int, entry: Entry, run: ExtraRun, result: dict[str, Any], left_s: float, bound: str = ""
) -> str:
    """The line about a run that has ended; bound: as progress.line takes it."""
    outcome = "done" if result["status"] == "ok" else f"{result['status']}: {result['reason']}"
    left = progress.duration(max(1, round(left_s)))
    return progress.line(number, runs, entry["spec"], run["workers"], outcome, left, role=run["what"], bound=bound)


if __name__ == "__main__":
    main(*sys.argv[1:])
