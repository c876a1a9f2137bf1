"""Launches runs as Snakemake does, but with the test's own lock and temporary folders."""

import json
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from gil_scaling import record
from gil_scaling.launch import progress
from gil_scaling.plan import sweep

from tests.support import ROOT, make_spec, workload_text

PROGRAM = """
import os, signal, sys
from gil_scaling.launch import __main__ as launcher, lock, measurement, run_folder
lock.PATH, run_folder.PARENT = {lock!r}, {parent!r}
{before}
launcher.main(*sys.argv[1:])
"""


def make_entry(folder, build, source, backend_source, changes):
    """The plan's entry for a run of a workload, which is written to the folder, or of noop."""
    entry = {"rejected": None, "timeout_s": 60, "on_noise": "flag", "sources": {}}
    entry.update({key: changes.pop(key) for key in entry.keys() & changes.keys()})
    workload = {"workload": "work", "params": {}} if source else {"workload": "noop", "params": {"count": 4}}
    spec = make_spec(**{"python": build.name, "backend": "sequential", "workers": 1, **workload, **changes})
    if source:
        (folder / "work.py").write_text(workload_text(source))
    if backend_source:
        spec["backend"] = str(folder / "back.py")
        (folder / "back.py").write_text(backend_source)
    return {
        "run": "a-run",
        "spec": spec,
        "command": list(build.command),
        "env": spec["env"],
        "reference": str(folder / "work.py") if source else "noop",
        "backend_reference": spec["backend"],
        "expected": sweep.digest([spec["workload"], spec["params"]]),
        **entry,
    }


@pytest.fixture
def start(tmp_path, this_build):
    """Launches a run of a workload written in the test; returns its record or, with wait=False, the process.

    before: a program that the launcher runs first; changes: of the entry or its spec.
    """
    runs, directory = tmp_path / "temporary", tmp_path / "directory"
    runs.mkdir()
    directory.mkdir()

    def launch(
        source=None,
        *,
        build=this_build,
        backend_source=None,
        before="",
        environment=None,
        status=0,
        wait=True,
        **changes,
    ):
        entry = make_entry(tmp_path, build, source, backend_source, changes)
        plan = tmp_path / "plan.jsonl"
        plan.write_text("{}\n" + json.dumps(entry) + "\n")
        call = {"id": "c", "time": "t", "pid": os.getpid(), "host": os.uname().nodename, "plan": str(plan)}
        out, log = tmp_path / "set" / "runs" / "a-run.json", tmp_path / "a-run.log"
        out.parent.mkdir(parents=True, exist_ok=True)
        program = PROGRAM.format(lock=str(tmp_path / "lock"), parent=str(runs), before=before)
        variables = {"PYTHONPATH": str(ROOT / "scripts"), progress.VARIABLE: json.dumps(call), **(environment or {})}
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", program, "a-run", out, log, str(status)],
            cwd=directory,
            env={**os.environ, **variables},
            stderr=subprocess.PIPE,
            text=True,
        )
        if not wait:
            return SimpleNamespace(process=process, out=out, runs=runs, lock=tmp_path / "lock")
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
        text = log.read_text() if log.is_file() else None
        return SimpleNamespace(**record.read(out), stderr=stderr, log=text, out=out, runs=runs)

    return launch


@pytest.fixture
def started(start, tmp_path):
    """A launcher whose task is sleeping, and the process that it measures."""
    note = tmp_path / "pid"
    source = f"def task(a):\n    open({str(note)!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)"
    running = start(source, wait=False)
    while not note.exists() or not note.read_text():
        assert running.process.poll() is None, running.process.stderr.read()
        time.sleep(0.01)
    return SimpleNamespace(launcher=running.process, out=running.out, measured=note.read_text())
