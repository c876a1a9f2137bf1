import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from gil_scaling.launch import environment
from gil_scaling.measure.workload import load_backend
from gil_scaling.plan import catalog

from tests.measure.running import check_sample

WORKLOADS = {
    "bandwidth": {"duration_s": 0.01, "count": 2},
    "bytes_copy": {"size": 1000, "copies": 2},
    "bz2": {"size": 1000},
    "countdown": {"n": 1000, "count": 5},
    "crash": {"count": 3, "failing": 1, "task_s": 0},
    "exception": {"count": 3, "failing": 1, "task_s": 0},
    "fib": {"n": 5, "count": 5},
    "file_read": {"size": 1000, "reads": 2},
    "file_write": {"size": 1000, "files": 2},
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
    "numpy_small": {"size": 10, "additions": 2},
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
FAIL_ON_PURPOSE = ("crash", "exception")


def test_every_workload_is_tried():
    assert sorted(WORKLOADS) == catalog.names(catalog.WORKLOADS)


CONFORMANCE = """
import json, multiprocessing, pickle, sys, threading, traceback
from gil_scaling.measure import run
from gil_scaling.measure.workload import load

for spec in json.load(sys.stdin):
    workload = load(spec["reference"])
    found = {"workload": spec["workload"], "top_level": workload.task.__qualname__ == "task"}
    pickle.dumps(workload.task)
    try:
        found.update(status="ok", measured=run.run(spec, lambda event: None))
    except run.Unsupported as error:
        found.update(status="unsupported", reason=str(error))
    except Exception:
        found.update(status="failed", reason=traceback.format_exc())
    found["threads_left"] = threading.active_count() - 1
    found["processes_left"] = len(multiprocessing.active_children())
    print(json.dumps(found))
"""
INTERVAL_S = 0.0123
DIGESTS = {}


@pytest.mark.parametrize("backend", catalog.names(catalog.BACKENDS))
def test_every_workload_runs_right_on_every_backend_and_build(backend, build):
    check_backend(backend, build)


def test_a_new_backend_file_is_found_and_conforms(this_build, tmp_path):
    scripts = shutil.copytree(environment.SCRIPTS, tmp_path / "scripts")
    backends = scripts / catalog.BACKENDS.relative_to(environment.SCRIPTS)
    shutil.copy(backends / "thread.py", backends / "extra.py")
    assert "extra" in catalog.names(backends)
    check_backend("extra", this_build, {"PYTHONPATH": str(scripts)}, "threads")


def check_backend(backend, build, env=None, kind=None):
    version = tuple(map(int, build.facts["version"].split(".")[:2]))
    kind = kind or load_backend(backend).kind
    for found in conformance(build, backend, env or {}):
        where = (backend, build.name, found["workload"])
        assert (found["threads_left"], found["processes_left"]) == (0, 0), where
        assert found["top_level"], where
        if kind == "interpreters" and version < (3, 14):
            assert (found["status"], "before Python 3.14" in found["reason"]) == ("unsupported", True), where
        elif found["status"] == "unsupported":
            assert found["workload"].startswith("numpy"), (where, found["reason"])
        else:
            assert found["status"] == "ok", (where, found["reason"])
            digest_found = found["measured"]["expected"]
            assert DIGESTS.setdefault((build.name, found["workload"]), digest_found) == digest_found, where
            for sample in found["measured"]["samples"]:
                check_conformance(sample, found["workload"], build.gil)


def conformance(build, backend, env):
    """Runs every workload on a backend in one process of a build, in a session of its own, which it must leave empty."""
    common = {"backend": backend, "backend_reference": backend, "backend_params": {}, "workers": 2, "start": "natural"}
    common.update(scaling="strong", warmups=0, repeats=1, expected=None, switch_interval_s=INTERVAL_S, thread_limits=[])
    specs = [
        {**common, "workload": name, "reference": name, "params": params} for name, params in sorted(WORKLOADS.items())
    ]
    child_process = subprocess.Popen(
        [*build.command, "-c", CONFORMANCE],
        env={**environment.environment(build.env), **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said, _ = child_process.communicate(json.dumps(specs), timeout=300)
    assert child_process.returncode == 0
    assert nothing_left(child_process.pid)
    return [json.loads(line) for line in said.splitlines()]


def nothing_left(session):
    """Whether all processes of a session end; the helpers of multiprocessing do a moment after their parent."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not any(session_of(path) == session for path in Path("/proc").glob("[0-9]*/stat")):
            return True
        time.sleep(0.01)
    return False


def session_of(path):
    try:
        fields = path.read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[3])


def check_conformance(sample, workload, gil):
    if workload in FAIL_ON_PURPOSE:
        assert sample["metrics"]["seen"]
        return
    check_sample(sample, tasks=len(sample["tasks"]["index"]), gil=gil)
    assert set(sample["switch_intervals_s"]) == {INTERVAL_S}
