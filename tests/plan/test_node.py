import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from gil_scaling.launch.lock import CALL_LOCK
from gil_scaling.plan import node
from gil_scaling.plan.recovery import STATE

from tests.support import ROOT

SAYS = "import os, sys; print(sys.argv[1:], 'SNAKEMAKE_PROFILE' in os.environ, file=sys.stderr); {}"


def ending(tmp_path, monkeypatch, program):
    """How a job ends that runs this program on a node."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "slurm")
    command = [sys.executable, "-c", SAYS.format(program), "--config"]
    node.sweep("jobs/epyc", "epyc.log", node.NODE, *command)
    return json.loads(Path("jobs/epyc/ending.json").read_text())


@pytest.fixture(autouse=True)
def same_signals():
    """Sets the handlers of signals back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_job_notes_how_its_sweep_ended(tmp_path, monkeypatch):
    note = "build '3.14t' left out: no python3.14t"
    found = ending(tmp_path, monkeypatch, f"print({note!r}); print('3 runs failed: oh'); sys.exit(1)")
    says = "['--config', 'machine=\"epyc\"'] False"
    assert {**found, "lines": sorted(found["lines"])} == {
        "host": os.uname().nodename,
        "status": 1,
        "notes": [note],
        "lines": sorted([says, note, "3 runs failed: oh"]),
    }
    assert node.describe({"epyc": {**found, "host": "n1"}, "arm": {**found, "host": "n2", "status": 0}}) == [
        "epyc (host n1): not complete",
        f"  {note}",
        *(f"  {line}" for line in found["lines"] if line != note),
        "arm (host n2): complete",
        f"  {note}",
    ]


def test_a_job_whose_snakemake_is_killed_has_failed(tmp_path, monkeypatch):
    with pytest.raises(SystemExit) as exit_:
        ending(tmp_path, monkeypatch, "os.kill(os.getpid(), 9)")
    assert exit_.value.code == 128 + 9
    assert not Path("jobs").exists()


def test_a_job_whose_sweep_another_call_took_over_has_failed(tmp_path, monkeypatch):
    (tmp_path / STATE / "epyc").mkdir(parents=True)
    (tmp_path / STATE / "epyc" / CALL_LOCK).write_text("n2 12\n")
    with pytest.raises(SystemExit, match="another call has taken over this sweep"):
        ending(tmp_path, monkeypatch, "sys.exit(1)")
    assert not Path("jobs").exists()


def test_an_interrupted_job_ends_its_snakemake_and_has_failed(tmp_path):
    sleeper = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(1)); print('up', file=sys.stderr, flush=True); [time.sleep(0.1) for _ in range(600)]"
    command = [sys.executable, "-m", "gil_scaling.plan.node", "sweep", "jobs/epyc", "epyc.log", "here"]
    with subprocess.Popen(
        [*command, sys.executable, "-c", sleeper, "--config"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/scripts"},
        stderr=subprocess.PIPE,
        text=True,
    ) as job:
        assert job.stderr.readline() == "up\n"
        job.terminate()
        assert job.wait(30) == 128 + signal.SIGTERM
    assert not (tmp_path / "jobs").exists()


@pytest.mark.parametrize(
    ("place", "on_node", "takes_over"), [(None, False, False), ("here", True, False), ("node", True, True)]
)
def test_only_a_call_that_an_executor_placed_takes_over(place, on_node, takes_over, monkeypatch):
    if place:
        monkeypatch.setenv("GIL_SCALING_ON_NODE", place)
    assert (node.is_on_node(), node.takes_over()) == (on_node, takes_over)
