"""Sweeps in which runs fail: the sweep goes on, and the next call repeats the failed runs only."""

import shutil
from datetime import datetime, timedelta
from itertools import pairwise

import pandas as pd

from tests.snakemake_calls import start_snakemake
from tests.tiny_sweep import experiment, measured, records, write_config

WORKLOADS = {
    "raises": ("raise ValueError('\\ud800\\0' + 'x' * 10**6)", "failed"),
    "leaves": ("sys.exit(0)", "failed"),
    "wrong": ("return time.perf_counter_ns()", "wrong_result"),
    "opaque": ("return iter(time.time, 0)", "failed"),
    "hangs": ("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "timeout"),
    "dies": ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
    "closes": ("os.closerange(0, 100)", "failed"),
    "goes": ("os._exit(0)", "crashed"),
    "eats": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 28,) * 2); return b'x' * (1 << 30)",
        "failed",
    ),
    "floods": ("[os.write(1, b'x' * 65536) for _ in range(99)]", "ok"),
    "forks": ("os.fork() or (os.setsid(), time.sleep(60))", "ok"),
    "kills": ("os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)", "crashed"),
    "works": ("return 1", "ok"),
}


def test_sweep_of_failing_runs_finishes_and_repeats_them_only(snakemake, clone):
    for name, (body, _) in WORKLOADS.items():
        (clone / f"{name}.py").write_text(
            f"import os, signal, sys, time\ndef tasks(): return [1]\ndef task(a): {body}\n"
        )
    files = [f"./{name}.py" for name in WORKLOADS]
    sweep = experiment(workloads=files, backends=["sequential"], ceiling=False)
    done = snakemake(rounds=1, timeout=4, experiments=sweep)
    assert (done.returncode, measured(done)) == (1, len(WORKLOADS))
    statuses = {record["spec"]["workload"]: record["status"] for record in records(clone).values()}
    assert statuses == {name: status for name, (_, status) in WORKLOADS.items()}
    folder = clone / "results/test-machine/tiny"
    failures = pd.read_csv(folder / "tables/failures.csv").set_index("workload")["status"].to_dict()
    assert failures == {name: status for name, status in statuses.items() if status != "ok"}
    page = (folder / "report.html").read_text()
    assert all(name in page for name in failures) and "killed by SIGSEGV" in page
    assert f"{len(failures)} runs failed" in done.stderr

    planned = snakemake("-n", rounds=1, timeout=4, experiments=sweep)
    assert f"{len(failures)} of {len(WORKLOADS)} runs to measure" in planned.stderr


def test_sweeps_of_two_clones_take_turns(clone, tmp_path):
    other = tmp_path / "another"
    shutil.copytree(clone, other)
    short = experiment(backends=["sequential", "thread"], ceiling=False)
    running = []
    for folder in (clone, other):
        write_config(folder, experiments=short, rounds=12)
        command = ["--cores", "2", "--until", "measure", "--configfile", "tiny.yaml"]
        running.append(start_snakemake(*command, cwd=folder, out=folder / "said.txt", err=folder / "said.txt"))
    statuses = [call.wait(300) for call in running]
    texts = [(folder / "said.txt").read_text() for folder in (clone, other)]
    assert statuses == [0, 0], texts
    assert any("waiting: another sweep is measuring on this machine" in text for text in texts)
    times = [spans(folder) for folder in (clone, other)]
    assert max(first for first, *_ in times) < min(last for *_, last in times)  # they measured at the same time
    for (_, end), (start, _) in pairwise(sorted(times[0] + times[1])):
        assert end <= start


def spans(folder):
    """(start, end) of each run of a clone, sorted."""
    starts = {name: datetime.fromisoformat(record["started"]) for name, record in records(folder).items()}
    return sorted((starts[name], starts[name] + timedelta(seconds=r["wall_s"])) for name, r in records(folder).items())
