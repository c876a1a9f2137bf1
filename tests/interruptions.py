"""Interrupts sweeps at random times and continues them: `python -m tests.interruptions 50` counts lost and repeated runs.

Each trial is a small sweep in a copy of the workflow, interrupted by Ctrl-C, SIGTERM or SIGKILL of Snakemake, or a power
failure: SIGKILL of all its processes, after which recently written files that were not synced are truncated, emptied or removed.
With `--runs 1000` it is one sweep of so many runs that is interrupted so often.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from gil_scaling.launch import processes
from gil_scaling.plan import recovery

from tests import tiny_sweep
from tests.snakemake_calls import start_snakemake

SWEEP = {**tiny_sweep.TINY, "rounds": 3}
WAYS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL, "power failure": None}
_SYNCED = {"runs", "expected", "logs", "sizes.json", recovery.UNFINISHED}  # files, and folders of them
_WRITTEN_JUST_NOW_S = 20
_RECORDS, _PAGE = "results/test-machine/runs/*.json", "results/test-machine/tiny/report.html"


def copy_workflow(folder, sweep=SWEEP):
    """Copies the workflow and the sweep into a folder."""
    folder.mkdir(exist_ok=True)
    tiny_sweep.copy_workflow(folder)
    tiny_sweep.write_config(folder, **sweep)


def large_sweep(runs):
    """A sweep of so many runs, a multiple of 40: of the tiny one with many sizes, in ten rounds."""
    sizes = [1000 + number for number in range(runs // 40)]
    workloads = [{"py_loop": {"n": {"sweep": sizes}, "count": 4}}]
    return {**tiny_sweep.TINY, "rounds": 10, "experiments": tiny_sweep.experiment(workloads=workloads)}


def start(folder):
    """Starts Snakemake on the sweep, with its output in a file beside it."""
    said = folder / "said.txt"
    return start_snakemake("--cores", "2", "--configfile", "tiny.yaml", cwd=folder, out=said, err=said)


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
    whole = _in_whole_rounds(finished, SWEEP_RUNS // SWEEP["rounds"])
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
        "pages": int((folder / _PAGE).exists()),
    }


SWEEP_RUNS = SWEEP["rounds"] * 4  # sequential, threads, processes, and their ceiling


def repeated_trial(folder, runs, interruptions, rng):
    """Interrupts one sweep of so many runs at random numbers of records, and finishes it; returns counts as trial does."""
    sweep = large_sweep(runs)
    copy_workflow(folder, sweep)
    whole, split = {}, []  # records when a call was interrupted: {name: text}, [(name, text)]
    for number, enough in enumerate(sorted(rng.sample(range(1, runs), interruptions))):
        way, running = list(WAYS)[number % len(WAYS)], start(folder)
        while running.poll() is None and len(list(folder.glob(_RECORDS))) < enough:
            time.sleep(0.1)
        if running.poll() is None:
            _end(running, way)
        finished = records(folder)
        names = _in_whole_rounds(finished, runs // sweep["rounds"])
        whole = {**{name: finished[name] for name in names}, **whole}
        split += [(name, text) for name, text in finished.items() if name not in names]
        print(f"{way} after {len(finished)} of {runs} runs", flush=True)
        if way == "power failure":
            _damage(folder, rng)
    status = start(folder).wait(7200)
    found = records(folder)
    return {
        "finished before": len(whole),
        "lost": len(set(whole) - set(found)),
        "repeated": sum(found.get(name, text) != text for name, text in whole.items()),
        "of a split round": sum(found.get(name) != text for name, text in split),
        "missing": runs - len(found),
        "status": status,
        "pages": int((folder / _PAGE).exists()),
    }


def _in_whole_rounds(records, runs):
    """The names of the records, of {name: text}, in rounds that have all their runs."""
    rounds = Counter(map(_round, records.values()))
    return {name for name, text in records.items() if rounds[_round(text)] == runs}


def _round(text):
    return json.loads(text)["spec"]["round"]


def records(folder):
    """{name: text} of the complete records that are ok."""
    found = {}
    for path in folder.glob(_RECORDS):
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
        is_own = path.is_file() and path.stat().st_mtime > young and _SYNCED.isdisjoint((path.name, path.parent.name))
        if is_own and rng.random() < 0.5:
            kept = rng.choice((0, rng.randrange(1 + path.stat().st_size), None))
            path.unlink() if kept is None else os.truncate(path, kept)


def main(arguments=None):
    """Prints the counts of each trial, and their sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("interruptions", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--runs", type=int, help="of one sweep that is interrupted so often, a multiple of 40")
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        if options.runs:
            print(repeated_trial(Path(folder, "large"), options.runs, options.interruptions, rng))
        else:
            print(many_trials(Path(folder), options.interruptions, rng))


def many_trials(folder, trials, rng):
    """Prints the counts of each of so many trials; returns their sums."""
    copy_workflow(folder / "whole")
    whole = start(folder / "whole")
    began = time.monotonic()  # not before: the first call waits for the process that is forked
    if whole.wait(600):
        raise SystemExit("the sweep fails without an interruption")
    whole_s = time.monotonic() - began
    sums = Counter()
    for number in range(trials):
        way, moment_s = list(WAYS)[number % len(WAYS)], rng.uniform(0, whole_s)
        found = trial(folder / str(number), way, moment_s, rng)
        print(f"{way} after {moment_s:.2f} of {whole_s:.2f} s: {found}", flush=True)
        sums.update(found)
        if found["status"]:
            print((folder / str(number) / "said.txt").read_text()[-4000:], flush=True)
        shutil.rmtree(folder / str(number))
    return dict(sums)


if __name__ == "__main__":
    main()
