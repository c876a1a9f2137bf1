"""Runs the measuring side in a build, and checks what holds for every sample."""

import json
import subprocess
from types import SimpleNamespace

import pytest
from gil_scaling.launch import environment
from gil_scaling.plan import catalog

_SMALL_PARAMS = {  # of workloads that take longer than milliseconds with their default ones
    "asgi": {"requests": 2, "count": 3},
    "bandwidth": {"duration_s": 0.01, "count": 2},
    "bytes_copy": {"size": 1000, "copies": 2},
    "bz2": {"size": 1000},
    "countdown": {"n": 1000, "count": 5},
    "crash": {"count": 3, "failing": 1, "task_s": 0},
    "exception": {"count": 3, "failing": 1, "task_s": 0},
    "fib": {"n": 5, "count": 5},
    "file_read": {"size": 1000, "reads": 2},
    "file_write": {"size": 1000, "files": 2},
    "group_by": {"rows": 50, "groups": 7, "repeat": 2},
    "handoff": {"duration_s": 0.01},
    "hashlib_large": {"size": 4096, "count": 5, "repeat": 2},
    "hashlib_small": {"count": 5, "repeat": 2},
    "json_round_trip": {"records": 3, "repeat": 2},
    "latency": {"period_s": 0.001, "requests": 5, "count": 2},
    "lock_counter": {"n": 2},
    "lost_update": {"n": 100},
    "mandelbrot": {"width": 9, "height": 5, "iterations": 9},
    "mixed": {"slices": 1, "count": 3},
    "nbody": {"steps": 3},
    "noop": {"count": 5},
    "numpy_large": {"size": 100, "additions": 2},
    "numpy_matmul": {"size": 5, "products": 2},
    "numpy_small": {"size": 10, "additions": 2},
    "numpy_ufunc": {"turns": 2},
    "objects": {"items": 10},
    "own_append": {"n": 50},
    "own_attribute": {"n": 50},
    "own_read": {"n": 50},
    "pattern": {"turns": 40},
    "payload": {"size": 100},
    "py_loop": {"n": 100, "count": 5},
    "queue_handoff": {"n": 50},
    "regex": {"lines": 5, "repeat": 2},
    "shared_append": {"n": 50, "count": 5},
    "shared_attribute": {"n": 50},
    "shared_read": {"n": 50},
    "sleep": {"seconds": 0.001},
    "socket_echo": {"messages": 2},
    "sort": {"n": 50},
    "sqlite": {"rows": 20, "queries": 2},
    "sum_range": {"numbers": [900, 300, 220, 1300]},
    "task_size": {"turns": 100, "pieces": 5},
    "url_fetch": {"count": 5, "delay_s": 0.0},
    "wake_up": {"duration_s": 0.01, "count": 2},
    "word_count": {"words": 50},
    "zlib": {"size": 1000},
}
SMALL_PARAMS = {name: {} for name in catalog.names(catalog.WORKLOADS)} | _SMALL_PARAMS  # of every workload
FAIL_ON_PURPOSE = ("crash", "exception")


def measure(build, folder, **changes):
    """Runs the measuring side in a build, unless told otherwise for one sample and that of the memory; returns its result."""
    spec = {
        "workload": "py_loop",
        "params": {"n": 100, "count": 5},
        "backend": "sequential",
        "backend_params": {},
        "workers": 2,
        "switch_interval_s": None,
        "start": "natural",
        "scaling": "strong",
        "warmups": 0,
        "repeats": 1,
        "expected": None,
        "directory": str(folder),
        "thread_limits": environment.THREAD_LIMITS,
        **changes,
    }
    spec.setdefault("reference", spec["workload"])
    spec.setdefault("backend_reference", spec["backend"])
    folder.mkdir(exist_ok=True)
    (folder / "spec.json").write_text(json.dumps(spec))
    done = subprocess.run(
        [*build.command, "-m", "gil_scaling.measure", "run", str(folder), "2"],
        cwd=folder,
        env=environment.environment(build.env),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    result = json.loads((folder / "result.json").read_text())
    return SimpleNamespace(**result, stderr=done.stderr)


def measure_supported(build, folder, **changes):
    """Runs the measuring side in a build; skips the test where the build does not support the combination."""
    result = measure(build, folder, **changes)
    if result.status == "unsupported":
        pytest.skip(result.reason)
    return result


def measure_file(build, folder, source, **changes):
    """Runs a custom workload, given as its source."""
    path = folder / "custom.py"
    path.write_text(source)
    return measure_supported(build, folder, **{"workload": "custom", "reference": str(path), "params": {}, **changes})


def check_sample(sample, tasks, gil):
    """Asserts what holds for every sample, whatever the backend."""
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
