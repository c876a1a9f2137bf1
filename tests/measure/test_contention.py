"""The extra runs about locks and objects, on workloads with a known culprit and on some without one."""

import json
import subprocess
from pathlib import Path

import pytest
from gil_scaling.launch import environment

WORKLOADS = f"{environment.SCRIPTS}/gil_scaling/measure/workloads"


def run(build, folder, command, workload, params, **changes):
    """The result of a command of the measuring side, on two threads."""
    spec = {
        "workload": workload,
        "reference": workload,
        "params": params,
        "backend": "thread",
        "backend_reference": "thread",
        "backend_params": {},
        "workers": 2,
        "switch_interval_s": None,
        "start": "together",
        "scaling": "strong",
        "limit_s": 0.01,  # as few samples as there can be
        "directory": str(folder),
        "files": [f"{WORKLOADS}/{name}.py" for name in (workload, "shared_read")],
        **changes,
    }
    (folder / "spec.json").write_text(json.dumps(spec))
    subprocess.run(
        [*build.command, "-m", "gil_scaling.measure", command, str(folder), "2"],
        cwd=folder,
        env=environment.environment(build.env),
        capture_output=True,
        check=True,
        timeout=120,
    )
    return json.loads((folder / "result.json").read_text())


@pytest.mark.parametrize(
    ("workload", "params", "kind", "source", "tries"),
    [
        ("lock_counter", {"n": 5, "count": 2}, "Lock", "self.lock = threading.Lock()", 10),
        ("queue_handoff", {"n": 5, "count": 2}, "Queue", "items: queue.Queue[int] = queue.Queue()", 20),
    ],
)
def test_the_lock_of_a_workload_is_named(build, tmp_path, workload, params, kind, source, tries):
    (site,) = run(build, tmp_path, "locks", workload, params)["measured"]["sites"]
    assert site["file"] == f"gil_scaling/measure/workloads/{workload}.py"
    assert (site["kind"], site["source"], site["tries"]) == (kind, source, tries)  # of the one sample that counts


@pytest.mark.parametrize("workload", ["py_loop", "own_read"])
def test_no_lock_is_named_where_there_is_none(build, tmp_path, workload):
    assert run(build, tmp_path, "locks", workload, {"n": 50, "count": 2})["measured"]["sites"] == []


def find(build, folder, workload, params, text, file=None, **changes):
    """The expressions of the candidates in the line with a text."""
    name = f"{file or workload}.py"
    rows = Path(WORKLOADS, name).read_text().splitlines()
    line = next(number for number, row in enumerate(rows, 1) if row.strip() == text)
    changes["lines"] = [[f"gil_scaling/measure/workloads/{name}", line]]
    result = run(build, folder, "objects", workload, params, **changes)
    assert result["status"] == "ok", result["reason"]
    return [each["expression"] for each in result["measured"]["candidates"]]


@pytest.mark.parametrize(
    ("workload", "text", "expression"),
    [
        ("shared_read", 'if shared["value"]:', 'shared["value"]'),
        ("shared_attribute", "shared.value = i", "shared"),
    ],
)
def test_the_object_of_a_workload_is_found(free_threaded, tmp_path, workload, text, expression):
    assert expression in find(free_threaded, tmp_path, workload, {"n": 200, "count": 2}, text)


def test_the_object_of_a_pattern_is_found(free_threaded, tmp_path):
    params = {"name": "method_caller", "turns": 200}
    found = find(free_threaded, tmp_path, "pattern", params, "result = _call_method(thing)", scaling="weak")
    assert found == ["_call_method"]


def test_own_objects_are_not_found(free_threaded, tmp_path):
    small = {"n": 50, "count": 2}
    assert find(free_threaded, tmp_path, "own_read", small, 'if shared["value"]:', file="shared_read") == []
    assert find(free_threaded, tmp_path, "py_loop", small, "total += i") == []


def test_with_the_gil_no_object_is_looked_for(this_build, tmp_path):
    result = run(this_build, tmp_path, "objects", "shared_read", {"n": 5, "count": 2}, lines=[])
    assert (result["status"], result["reason"]) == ("unsupported", "with the GIL no two workers use an object at once")


def test_a_changed_run_has_samples(free_threaded, tmp_path):
    changes = [
        {"how": "immortal", "addresses": [[["shared"], ["item", "value"]]]},
        {"how": "copies", "addresses": [[["shared"]]]},
    ]
    result = run(free_threaded, tmp_path, "change", "shared_read", {"n": 50, "count": 2}, changes=changes)
    assert [each["is_sampled"] for each in result["measured"]["samples"]] == [False, True, True]
