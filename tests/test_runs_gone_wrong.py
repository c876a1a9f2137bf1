"""Sweeps in which runs fail: the sweep goes on, and the next call repeats the failed runs only."""

import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest
import yaml

from tests import test_workflow

snakemake = test_workflow.snakemake

WORKLOADS = {
    "raises": ("raise ValueError('\\ud800\\0' + 'x' * 10**6)", "failed"),
    "leaves": ("sys.exit(0)", "failed"),
    "wrong": ("return time.perf_counter_ns()", "wrong_result"),
    "untold": ("return object()", "failed"),
    "hangs": ("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "timeout"),
    "dies": ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
    "closes": ("os.closerange(0, 100)", "failed"),
    "goes": ("os._exit(0)", "crashed"),
    "eats": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 28,) * 2); return b'x' * (1 << 30)",
        "failed",
    ),
    "floods": ("[os.write(1, b'x' * 65536) for _ in range(999)]", "ok"),
    "forks": ("os.fork() or (os.setsid(), time.sleep(60))", "ok"),
    "kills": ("os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)", "crashed"),
    "works": ("return 1", "ok"),
}


@pytest.mark.slow
def test_sweep_of_failing_runs_finishes_and_repeats_them_only(snakemake, clone):
    for name, (body, _) in WORKLOADS.items():
        (clone / f"{name}.py").write_text(
            f"import os, signal, sys, time\ndef tasks(): return [1]\ndef task(a): {body}\n"
        )
    files = [f"./{name}.py" for name in WORKLOADS]
    sweep = test_workflow.experiment(workloads=files, backends=["sequential"], ceiling=False)
    done = snakemake(rounds=1, timeout=1.5, experiments=sweep)
    assert (done.returncode, test_workflow.measured(done)) == (1, len(WORKLOADS))
    found = {one["spec"]["workload"]: one["status"] for one in test_workflow.records(clone).values()}
    assert found == {name: status for name, (_, status) in WORKLOADS.items()}
    folder = clone / "results/test-machine/tiny"
    failures = pd.read_csv(folder / "tables/failures.csv").set_index("workload")["status"].to_dict()
    assert failures == {name: status for name, status in found.items() if status != "ok"}
    assert all(name in (folder / "report.html").read_text() for name in failures)
    assert f"{len(failures)} of the runs failed" in done.stderr

    planned = snakemake("-n", rounds=1, timeout=1.5, experiments=sweep)
    assert f"{len(failures)} of {len(WORKLOADS)} runs to measure" in planned.stderr


@pytest.mark.slow
def test_sweeps_of_two_clones_take_turns(clone, tmp_path):
    other = tmp_path / "another"
    shutil.copytree(clone, other)
    running = []
    for folder in (clone, other):
        (folder / "tiny.yaml").write_text(yaml.safe_dump(test_workflow.TINY))
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "tables", "--configfile", "tiny.yaml"]
        running.append(subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True))
    said = [one.communicate(timeout=300)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0], said
    assert any("waiting: another sweep is measuring on this machine" in text for text in said)
    times = [spans(folder) for folder in (clone, other)]
    assert max(own[0] for own in times) < min(own[-1] for own in times)  # they were at work at the same time
    for (_, end), (start, _) in pairwise(sorted(times[0] + times[1])):
        assert end <= start


def spans(folder):
    """When each run of a clone began and ended, in their order."""
    found = []
    for one in test_workflow.records(folder).values():
        began = datetime.fromisoformat(one["started"])
        found.append((began, began + timedelta(seconds=one["wall_s"])))
    return sorted(found)
