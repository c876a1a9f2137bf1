import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from gil_scaling.launch import environment
from gil_scaling.measure.workload import load_backend
from gil_scaling.plan import catalog

from tests.measure.running import FAIL_ON_PURPOSE, SMALL_PARAMS, check_sample
from tests.support import NEWEST, wait_until


def test_small_params_are_of_workloads():
    assert sorted(SMALL_PARAMS) == catalog.names(catalog.WORKLOADS)


def test_one_backend_of_each_kind_runs_all_workloads():
    kinds = {load_backend(name).kind for name in BACKENDS}
    assert sorted(load_backend(name).kind for name in OF_EACH_KIND) == sorted(kinds)


@pytest.mark.parametrize("backend", ["thread_pool", "process_spawn", "process_forkserver", "process_pool"])
def test_each_workload_runs_on_a_backend_in_some_build(backend):
    names = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t", "3.15"]
    builds = [SimpleNamespace(name=name, gil="t" not in name, facts={"version": name.strip("t")}) for name in names]
    assert {workload for build in builds for workload in workloads_on(backend, build)} == set(SMALL_PARAMS)


PROGRAM = """
import json, multiprocessing, pickle, sys, threading, time, traceback
from gil_scaling.measure import run
from gil_scaling.measure.workload import load

for spec in json.load(sys.stdin):
    workload = load(spec["reference"])
    result = {"workload": spec["workload"], "top_level": workload.task.__qualname__ == "task"}
    pickle.dumps(workload.task)
    try:
        result.update(status="ok", measured=run.run(spec, lambda event: None))
    except run.Unsupported as error:
        result.update(status="unsupported", reason=str(error))
    except Exception:
        result.update(status="failed", reason=traceback.format_exc())
    until = time.monotonic() + (5 if spec["backend"].startswith("joblib") else 0)  # joblib does not wait for its threads to end
    while threading.active_count() > 1 and time.monotonic() < until:
        time.sleep(0.01)
    result["threads_left"] = threading.active_count() - 1
    result["processes_left"] = len(multiprocessing.active_children())
    print(json.dumps(result))
"""
INTERVAL_S = 0.0123
DIGESTS = {}


BACKENDS = catalog.names(catalog.BACKENDS)
OF_EACH_KIND = ("sequential", "thread", "process_fork", "interpreter", "asyncio")


def workloads_on(backend, build):
    """All workloads on one backend of each kind in the newest build, elsewhere one of eight.

    Which ones depends on the backend and the build, so that each backend that all builds have runs each workload in some build.
    """
    names = list(SMALL_PARAMS)
    if build.name == NEWEST and backend in OF_EACH_KIND:
        return names
    minor = int(build.facts["version"].split(".")[1]) + (0 if build.gil else 2)  # 3.14t as 3.16
    return names[(BACKENDS.index(backend) + minor) % 8 :: 8]


@pytest.mark.parametrize("backend", BACKENDS)
def test_workloads_run_on_each_backend_and_build(backend, any_build):
    kind = load_backend(backend).kind
    version = tuple(map(int, any_build.facts["version"].split(".")[:2]))
    for result in run_workloads(any_build, backend, workloads_on(backend, any_build)):
        where = (backend, any_build.name, result["workload"], result.get("reason"))
        assert (result["threads_left"], result["processes_left"]) == (0, 0), where
        assert result["top_level"], where
        if kind == "interpreters" and version < (3, 14):
            assert (result["status"], "before Python 3.14" in result["reason"]) == ("unsupported", True), where
        elif result["status"] == "unsupported":
            assert "be imported" in result["reason"], where
        else:
            assert result["status"] == "ok", where
            expected = result["measured"]["expected"]
            assert DIGESTS.setdefault((any_build.name, result["workload"]), expected) == expected, where
            for sample in result["measured"]["samples"]:
                check_conformance(sample, result["workload"], any_build.gil)
                assert set(catalog.read_workload(result["workload"], ".").better) <= set(sample["metrics"]), where


def run_workloads(build, backend, names):
    """Runs workloads on a backend, in one process of a build, whose session must be empty afterwards."""
    common = {"backend": backend, "backend_reference": backend, "backend_params": {}, "workers": 2, "start": "natural"}
    common.update(scaling="strong", warmups=0, repeats=1, expected=None, switch_interval_s=INTERVAL_S, thread_limits=[])
    specs = [{**common, "workload": name, "reference": name, "params": SMALL_PARAMS[name]} for name in names]
    process = subprocess.Popen(
        [*build.command, "-c", PROGRAM],
        env=environment.environment(build.env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    output, _ = process.communicate(json.dumps(specs), timeout=300)
    assert process.returncode == 0
    # the helpers of multiprocessing end shortly after their parent
    wait_until(lambda: process.pid not in map(session_of, Path("/proc").glob("[0-9]*/stat")), 10)
    return [json.loads(line) for line in output.splitlines()]


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
