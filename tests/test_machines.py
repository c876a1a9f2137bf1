"""The target `machines`: on this computer alone, and on a Slurm cluster with two nodes where there is one."""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from gil_scaling.launch.lock import MachineLock, read_holder
from gil_scaling.plan.recovery import STATE

from tests.snakemake_calls import start_snakemake
from tests.support import missing, wait_until
from tests.tiny_sweep import copy_workflow, experiment, run_sweep, write_config

SLURM = (
    *("--profile", "config/profiles/slurm", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"),
)


@pytest.fixture(scope="module")
def cluster():
    """The names of the nodes of a Slurm cluster."""
    nodes = (
        _ask("sinfo", "--noheader", "--states=idle", "--Node", "--format=%N").split() if shutil.which("sinfo") else []
    )
    return nodes if len(nodes) > 1 else missing("a Slurm cluster with two idle nodes")


def _ask(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Starts the target `machines` on the tiny sweep with changes in a folder; at the end no call is left."""
    started = []

    def start_call(folder, **changes):
        if not folder.exists():
            folder.mkdir()
            copy_workflow(folder)
        write_config(folder, machine=None, **changes)
        said = folder / "said.txt"
        said.unlink(missing_ok=True)
        started.append(start_snakemake(*SLURM, "machines", "--configfile", "tiny.yaml", cwd=folder, out=said, err=said))
        return started[-1]

    yield start_call
    for call in started:
        if call.poll() is None:
            os.killpg(call.pid, signal.SIGTERM)
            call.wait(60)


def machine(name, **resources):
    return {"name": name, "resources": resources}


def records(folder, name):
    return {path.stem: json.loads(path.read_text()) for path in (folder / f"results/{name}/runs").glob("*.json")}


def wait_for_records(folder, name, count):
    """Waits until so many runs are measured."""
    wait_until(lambda: len(records(folder, name)) >= count, 120, (folder / "said.txt").read_text, every_s=0.2)


def processes_in(folder):
    """The processes that work in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found += [path.parent.name] if path.resolve(strict=True).is_relative_to(folder) else []
        except OSError:
            continue
    return found


def wait_for_quiet(folder):
    """Waits until no job of the cluster and no process in the folder is left."""
    wait_until(
        lambda: not (_ask("squeue", "--noheader") or processes_in(folder)),
        45,
        lambda: (_ask("squeue"), processes_in(folder)),
        every_s=0.5,
    )


def form(folder):
    """What a result set consists of: its files without hashes, logs and figures, and the columns of its tables."""
    names = {
        re.sub(r"[0-9a-f]{10,}", "#", str(path.relative_to(folder))) for path in folder.rglob("*") if path.is_file()
    }
    columns = {path.name: list(pd.read_csv(path).columns) for path in folder.glob("tiny/tables/*.csv")}
    return sorted(name for name in names if {"logs", "figures"}.isdisjoint(name.split("/"))), columns


@pytest.fixture(scope="module")
def both(cluster, start, tmp_path_factory):
    """A finished call on both nodes, and what it said."""
    folder = tmp_path_factory.mktemp("machines") / "both"
    pythons = ["current", {"name": "9.9", "command": "/no/python"}]
    machines = [machine(node, slurm_extra=f"--nodelist={node}") for node in cluster[:2]]
    call = start(folder, machines=machines, pythons=pythons)
    assert call.wait(200) == 0, (folder / "said.txt").read_text()
    return folder, (folder / "said.txt").read_text()


@pytest.mark.slow
def test_each_machine_is_measured_as_if_it_were_alone(both, cluster, tiny_sweep):
    folder, _ = both
    alone = form(tiny_sweep.folder / "results/test-machine")
    assert [form(folder / "results" / node) == alone for node in cluster[:2]] == [True, True]
    calls = {node: {record["call"]["id"] for record in records(folder, node).values()} for node in cluster[:2]}
    assert [len(found) for found in calls.values()] == [1, 1]


@pytest.mark.slow
def test_the_machines_are_compared_and_what_one_lacks_is_said(both, cluster):
    folder, said = both
    sets = json.loads((folder / "results/compare/sets.json").read_text())
    assert [entry["label"] for entry in sets["sets"]] == cluster[:2]
    lines = said.splitlines()[-4:]
    assert [line.split(" (")[0] for line in lines[::2]] == cluster[:2]
    assert all(line.endswith("): complete") for line in lines[::2])
    assert all(line.startswith("  build '9.9' left out: ") for line in lines[1::2])
    assert not _ask("squeue", "--noheader")


@pytest.mark.slow
def test_a_cancelled_call_leaves_nothing_behind_and_goes_on(cluster, start, tmp_path):
    folder, name = tmp_path / "cancelled", "epyc"
    call = start(folder, machines=[machine(name)], rounds=5)
    wait_for_records(folder, name, 6)
    os.killpg(call.pid, signal.SIGINT)
    assert call.wait(60) == 1
    wait_for_quiet(folder)
    before = records(folder, name)
    assert 6 <= len(before) < 20
    assert start(folder, machines=[machine(name)], rounds=5).wait(200) == 0
    after = records(folder, name)
    assert len(after) == 20
    assert sum(after[run] != record for run, record in before.items()) <= 4  # of the round that was split
    assert "epyc (host " in (folder / "said.txt").read_text().splitlines()[-1]


@pytest.mark.slow
def test_a_machine_that_loses_its_node_goes_on_elsewhere(cluster, start, tmp_path):
    folder, name = tmp_path / "lost", "epyc"
    call = start(folder, machines=[machine(name)], rounds=4)
    wait_for_records(folder, name, 6)
    node = _ask("squeue", "--noheader", "--format=%N").strip()
    config = _ask("scontrol", "show", "config")
    pid = Path(re.search(r"SlurmdPidFile\s*= (\S+)", config)[1].replace("%n", node))
    first = read_holder(folder / STATE / name)
    try:
        with MachineLock():  # the sweep on the lost node lives, and must not end before the next one has begun
            os.kill(int(pid.read_text()), signal.SIGKILL)
            _ask("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
            said = (folder / "said.txt").read_text
            wait_until(lambda: read_holder(folder / STATE / name) != first, 120, said, every_s=0.2)
        assert call.wait(280) == 0, (folder / "said.txt").read_text()
    finally:
        _ask("slurmd", "-N", node, "-f", re.search(r"SLURM_CONF\s*= (\S+)", config)[1])
        _ask("scontrol", "update", f"nodename={node}", "state=resume")
    said = (folder / "said.txt").read_text()
    assert "The sweep on epyc was cut short: SLURM-job " in said
    assert "NODE_FAIL" in said
    found = records(folder, name).values()
    assert len(found) == 4 * 4
    calls = {}
    for record in found:
        calls.setdefault(record["spec"]["round"], set()).add(record["call"]["id"])
    assert {len(ids) for ids in calls.values()} == {1}  # no round is of two calls
    assert len(set.union(*calls.values())) == 2  # what was measured before stands
    wait_for_quiet(folder)


@pytest.mark.slow
def test_without_a_cluster_this_machine_alone_is_measured(tmp_path):
    copy_workflow(tmp_path)
    (tmp_path / "bad.py").write_text("def tasks(): return [1]\ndef task(a): raise ValueError('oh')\n")
    bad = experiment(workloads=["./bad.py"], backends=["sequential"], workers=[1])
    done = run_sweep(tmp_path, "machines", machine="here", machines=[machine("epyc"), machine("here")], experiments=bad)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert (
        "The sweep runs on this machine, here. Left out: epyc; a profile such as config/profiles/slurm submits to them."
        in lines
    )
    assert "4 runs failed: ValueError: oh (bad.py:2)" in lines  # in two rounds, sequential and the ceiling
    assert lines[-1] == f"here (host {os.uname().nodename}): not complete"
    assert [path.name for path in (tmp_path / "results").iterdir() if path.name != "compare"] == ["here"]
