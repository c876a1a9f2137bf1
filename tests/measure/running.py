"""Runs the measuring side in a build, for the tests of all that it does."""

import json
import subprocess
from types import SimpleNamespace

import pytest
from gil_scaling.launch import environment


def measure(build, folder, **changes):
    """Runs the measuring side in a build; returns its result."""
    spec = {
        "workload": "py_loop",
        "params": {"n": 100, "count": 5},
        "backend": "sequential",
        "backend_params": {},
        "workers": 2,
        "switch_interval_s": None,
        "start": "natural",
        "scaling": "strong",
        "warmups": 1,
        "repeats": 2,
        "expected": None,
        "thread_limits": environment.THREAD_LIMITS,
        **changes,
    }
    spec.setdefault("reference", spec["workload"])
    spec.setdefault("backend_reference", spec["backend"])
    folder.mkdir(exist_ok=True)
    (folder / "spec.json").write_text(json.dumps(spec))
    done = subprocess.run(
        [*build.command, "-m", "gil_scaling.measure", "run", str(folder), "2"],
        env=environment.environment(build.env),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    result = json.loads((folder / "result.json").read_text())
    return SimpleNamespace(**result, stderr=done.stderr)


def counted(result):
    return [sample for sample in result.measured["samples"] if not sample["warmup"]]


def check_sample(sample, tasks, gil):
    assert sample["tasks"]["index"] == list(range(tasks))
    times = zip(sample["tasks"]["start_s"], sample["tasks"]["end_s"], strict=True)
    assert all(0 <= start <= end <= sample["total_s"] for start, end in times)
    phases = sample["startup_s"] + sample["work_s"] + sample["teardown_s"]
    assert phases == pytest.approx(sample["total_s"])
    assert set(sample["gil"]) == {gil}
    assert len(sample["gil_before"]) == len(sample["gil"])
    assert sample["workers_used"] == len(set(sample["tasks"]["worker"])) <= sample["workers"]
    assert sample["cpu_s"] > 0
    assert sample["voluntary_switches"] >= 0 <= sample["involuntary_switches"]
    assert len(sample["worker_peak_mb"]) == len(sample["gil"])
    assert sample["task_cpu_s"] >= 0
