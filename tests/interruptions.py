"""Interrupts sweeps at random times and continues them: `python -m tests.interruptions 50` counts lost and repeated runs.

Each trial is a small sweep in a copy of the workflow, interrupted by Ctrl-C, SIGTERM or SIGKILL of Snakemake, or a power
failure: SIGKILL of all its processes, after which recently written files that were not synced are truncated, emptied or removed.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import yaml
from gil_scaling.launch import processes

from tests import tiny_sweep

SWEEP = {**tiny_sweep.TINY, "rounds": 3}
WAYS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL, "power failure": None}
_SYNCED = ("runs", "expected", "logs", "gil-scaling")  # folders whose files are synced before they get their names
_WRITTEN_JUST_NOW_S = 20


def copy_workflow(folder):
    """Copies the workflow and the sweep into a folder."""
    folder.mkdir(exist_ok=True)
    tiny_sweep.copy_workflow(folder)
    (folder / "tiny.yaml").write_text(yaml.safe_dump(SWEEP))


def start(folder):
    """Starts Snakemake on the sweep, in a session of its own, with its output in a file beside it."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "tiny.yaml"]
    with open(folder / "said.txt", "ab") as said:
        return subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, start_new_session=True)


def trial(folder, way, moment_s, rng):
    """Interrupts a sweep after so many seconds and continues it; returns the counts of its runs and its exit status."""
    copy_workflow(folder)
    running = start(folder)
    try:
        running.wait(moment_s)
        is_interrupted = False
    except subprocess.TimeoutExpired:
        _end(running, way)
        is_interrupted = True
    finished = records(folder)
    rounds = Counter(_round(text) for text in finished.values())
    whole = {name for name, text in finished.items() if rounds[_round(text)] == SWEEP_RUNS / SWEEP["rounds"]}
    if way == "power failure" and is_interrupted:  # a call that ended has written everything to the disk
        _damage(folder, rng)
    status = start(folder).wait(300)
    found = records(folder)
    return {
        "finished before": len(finished),
        "lost": len(set(finished) - set(found)),
        "repeated": sum(name in whole and found.get(name, text) != text for name, text in finished.items()),
        "of a split round": sum(name not in whole and found.get(name, text) != text for name, text in finished.items()),
        "missing": SWEEP_RUNS - len(found),
        "status": status,
        "pages": int((folder / "results/test-machine/tiny/report.html").exists()),
    }


SWEEP_RUNS = SWEEP["rounds"] * 4  # sequential, threads, processes, and their ceiling


def _round(text):
    return json.loads(text)["spec"]["round"]


def records(folder):
    """{name: text} of the complete records that are ok."""
    found = {}
    for path in (folder / "results/test-machine/runs").glob("*.json"):
        text = path.read_text()
        try:
            is_ok = json.loads(text)["status"] == "ok"
        except ValueError:
            continue
        if is_ok:
            found[path.stem] = text
    return found


def _end(running, way):
    if WAYS[way] is not None:
        running.send_signal(WAYS[way])
        running.wait(300)
        return
    for pid in processes.tree(running.pid)[::-1]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    running.wait(300)


def _damage(folder, rng):
    """Truncates, empties or removes about half of the recently written files that were not synced."""
    young = time.time() - _WRITTEN_JUST_NOW_S
    for path in sorted([*folder.glob("results/**/*"), *folder.glob(".snakemake/**/*")]):
        is_own = path.is_file() and path.stat().st_mtime > young and path.parent.name not in _SYNCED
        if is_own and path.name != "sizes.json" and rng.random() < 0.5:
            kept = rng.choice((0, rng.randrange(1 + path.stat().st_size), None))
            path.unlink() if kept is None else os.truncate(path, kept)


def main(trials, seed=1):
    """Prints the counts of each trial, and their sums."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # not ignored, as in a job in the background
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        copy_workflow(Path(folder, "whole"))
        began = time.monotonic()
        if start(Path(folder, "whole")).wait(600):
            raise SystemExit("the sweep fails without an interruption")
        whole_s = time.monotonic() - began
        sums = Counter()
        for number in range(trials):
            way, moment_s = list(WAYS)[number % len(WAYS)], rng.uniform(0, whole_s)
            found = trial(Path(folder, str(number)), way, moment_s, rng)
            print(f"{way} after {moment_s:.2f} of {whole_s:.2f} s: {found}", flush=True)
            sums.update(found)
            if found["status"]:
                print(Path(folder, str(number), "said.txt").read_text()[-4000:], flush=True)
            shutil.rmtree(Path(folder, str(number)))
        print(dict(sums))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
