import json

import pytest
from gil_scaling.measure.workload import load_backend
from gil_scaling.plan import catalog

from tests import fidelity
from tests.measure.running import measure_file


def test_every_backend_has_a_script_by_hand():
    assert sorted(fidelity.BY_HAND) == catalog.names(catalog.BACKENDS)


@pytest.mark.slow
def test_fidelity_prints_a_row_per_backend(capsys, monkeypatch):
    monkeypatch.setattr(fidelity, "TURNS", 10)
    fidelity.main(["--pairs", "1", "--backends", "sequential,process", "--builds", "current,nonexistent"])
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == ["| project / by hand", "| ---", "| `sequential`", "| `process`"]
    assert all(len(row) == 2 for row in rows)


IMPORTS = """
import os
import sys

at_fork = set()
os.register_at_fork(after_in_child=lambda: at_fork.update(sys.modules))


def task(_):
    return sorted(set(sys.modules) - at_fork)
"""
PROCESSES = [name for name in catalog.names(catalog.BACKENDS) if load_backend(name).kind == "processes"]


@pytest.mark.parametrize("backend", PROCESSES)
def test_worker_imports_what_one_of_a_script_does(backend, build, tmp_path):
    workload = f"{IMPORTS}\ndef tasks(): return [1, 2]\ndef check(*_): pass\ndef metrics(results, _): return dict.fromkeys(results[0])\n"
    sample = measure_file(build, tmp_path, workload, backend=backend, repeats=2).measured["samples"][1]
    imports, program = fidelity.BY_HAND[backend]
    script = tmp_path / "by_hand.py"
    script.write_text(f"{imports}\n{IMPORTS}\n{program}\n{PRINTS_THE_SECOND}")
    by_hand = json.loads(fidelity.run_program([*build.command, str(script)], tmp_path))
    own = {"custom", "gil_scaling", "resource"} if backend == "process_spawn" or before_3_14(build, backend) else set()
    if backend == "joblib_loky":  # its workers import what they unpickle, or get it by value from the main module
        own = {"custom", "gil_scaling"}
    assert {name.partition(".")[0] for name in set(sample["metrics"]) ^ set(by_hand)} == own


PRINTS_THE_SECOND = """
if __name__ == "__main__":
    import json
    run([1, 2])
    print(json.dumps(run([1, 2])[0]))
"""


def before_3_14(build, backend):
    """Whether each worker imports the main module: the forkserver does not do so before 3.14 (gh-126631)."""
    return backend == "process_forkserver" and tuple(map(int, build.facts["version"].split(".")[:2])) < (3, 14)
