"""The jobs of the target `machines`: the sweep on one machine, and what follows when all have ended.

`python -m gil_scaling.plan.node sweep FOLDER LOG PLACE COMMAND …` runs Snakemake on the node and leaves in FOLDER how that ended.
`… conclude SWEEP FOLDER … -- COMMAND …` compares the result sets and says how each job ended. COMMAND is one of Snakemake that
ends with settings of --config.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.launch.lock import holder, read_holder
from gil_scaling.plan.recovery import STATE
from gil_scaling.result_set import MACHINE, PLAN, RESULTS, archive_name, write_text

HERE, NODE, APART = "here", "node", "apart"  # where a job is: on the computer of the call, elsewhere, without its files
_ENDING = "ending.json"
_ON_NODE = "GIL_SCALING_ON_NODE"
_NOTE = re.compile(r"(build|experiment) '.+")
_SHOWN = 12  # last lines of a job that failed


class Ending(TypedDict):
    """How the job of a machine ended: its host, Snakemake's exit status, what was left out there, its last lines."""

    host: str
    status: int
    notes: list[str]
    lines: list[str]


def is_on_node() -> bool:
    """Whether this call is the job of one machine of the target `machines`."""
    return _ON_NODE in os.environ


def takes_over() -> bool:
    """Whether the executor has given the sweep of this machine to this call, so that an earlier one has lost its node."""
    return os.environ.get(_ON_NODE, HERE) != HERE


def sweep(folder: str, log: str, place: str, *command: str) -> None:
    """Runs a sweep on this computer under the label that is the name of a folder, which then says how it ended.

    A sweep that is interrupted leaves no folder: its job has failed, and is tried again. log: what Snakemake writes on a node;
    here it shows it. Where the job shares no files with the call, the folder holds the result set, too.
    """
    interruptions: list[int] = []
    processes: list[subprocess.Popen[bytes]] = []

    def interrupt(number: int, _: object) -> None:
        interruptions.append(number)
        for process in processes:
            process.send_signal(signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    with open(log, "w", encoding="utf-8") as file:
        shown = None if place == HERE else file
        machine = f"machine={json.dumps(Path(folder).name)}"
        process = subprocess.Popen(
            [*command, machine],
            env={**_environment(), _ON_NODE: place},
            stdin=subprocess.DEVNULL,
            stderr=shown,
            stdout=shown,
        )
        processes.append(process)
        if interruptions:
            process.terminate()
        status = process.wait()
    if interruptions or status < 0:
        raise SystemExit(128 + (interruptions[0] if interruptions else -status))
    if read_holder(STATE / Path(folder).name) not in ("", holder(os.uname().nodename, process.pid)):
        raise SystemExit("another call has taken over this sweep")
    lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    ending: Ending = {
        "host": os.uname().nodename,
        "status": status,
        "notes": [line for line in lines if _NOTE.match(line)],
        "lines": lines[-_SHOWN:],
    }
    os.makedirs(folder, exist_ok=True)
    write_text(Path(folder, _ENDING), json.dumps(ending))
    if place == APART and Path(_result_set(folder), MACHINE).exists():
        pack = ["-m", "gil_scaling.analysis.exchange.pack", _result_set(folder), _archive(folder)]
        subprocess.run([sys.executable, *pack], env={**os.environ, "PYTHONPATH": SCRIPTS}, check=True)


def _result_set(folder: str | Path) -> str:
    """The result set of the machine whose job has this folder."""
    return f"{RESULTS}/{Path(folder).name}"


def _archive(folder: str | Path) -> str:
    """Where such a job leaves its result set, if it shares no files with the call."""
    return f"{folder}/{archive_name(Path(folder).name)}"


def _environment() -> dict[str, str]:
    """The environment of a call within the call: a profile in it would submit the sweep once more."""
    return {
        name: value for name, value in os.environ.items() if name not in ("SNAKEMAKE_PROFILE", "PYTHONPATH", _ON_NODE)
    }


def conclude(sweep_name: str, *arguments: str) -> None:
    """Compares the sweeps of the machines; exits with status 1 where one of them, or the comparison, failed.

    arguments: the folders of the jobs, --, and the command.
    """
    split = arguments.index("--")
    folders, command = [Path(folder) for folder in arguments[:split]], arguments[split + 1 :]
    endings: dict[str, Ending] = {folder.name: json.loads((folder / _ENDING).read_text()) for folder in folders}
    for archive in filter(os.path.exists, map(_archive, folders)):
        with tarfile.open(archive) as packed:
            packed.extraction_filter = getattr(tarfile, "data_filter", None)  # 3.11.4+; a job of this call packed it
            packed.extractall(RESULTS)
    measured = {name: Path(RESULTS, name, sweep_name) for name in endings}
    sets = [{name: str(path)} for name, path in measured.items() if (path / PLAN).exists()]
    status = 0
    if len(sets) > 1:
        compare = [*command, f"compare={json.dumps(sets)}", "--", "compare"]
        status = subprocess.run(compare, env=_environment(), check=False).returncode
    for line in describe(endings):
        print(line, file=sys.stderr)
    call = folders[0].parent
    for earlier in (path for path in call.parent.iterdir() if path.is_dir() and path != call):
        shutil.rmtree(earlier, ignore_errors=True)
    raise SystemExit(int(bool(status) or any(ending["status"] for ending in endings.values())))


def describe(endings: Mapping[str, Ending]) -> list[str]:
    """How the jobs ended, machine by machine: `epyc (host n17): complete`."""
    lines = []
    for name, ending in endings.items():
        lines.append(f"{name} (host {ending['host']}): {'not complete' if ending['status'] else 'complete'}")
        lines += [f"  {line}" for line in ending["notes"]]
        lines += [f"  {line}" for line in ending["lines"] if ending["status"] and line not in ending["notes"]]
    return lines


if __name__ == "__main__":
    {"sweep": sweep, "conclude": conclude}[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]
