"""The target `why` as users run it, and what it finds on workloads with a known culprit."""

import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from gil_scaling.measure import remote

from tests import without_ptrace
from tests.snakemake_calls import shell_of_jobs
from tests.tiny_sweep import copy_workflow, experiment, measured, records, run_sweep, write_config

pytestmark = pytest.mark.slow

NAMED = {"rounds": 1, "combinations": [{"backend": "thread"}]}
SWEEP = {
    "rounds": 1,
    "experiments": experiment(workloads=[{"py_loop": {"n": 300_000, "count": 4}}]),
}  # soon seen enough


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    """The folder of the tiny sweep after the target `why`, and the call."""
    folder = tmp_path_factory.mktemp("why") / "a clone"
    folder.mkdir()
    copy_workflow(folder)
    done = run_sweep(folder, "why", **SWEEP, why=NAMED)
    assert done.returncode == 0, done.stderr
    return folder, done


def sweep_of(folder):
    return folder / "results/test-machine/tiny"


def test_why_says_what_it_costs_and_leaves_its_tables(explained):
    folder, done = explained
    assert "why: 3 extra runs of 1 combination in 1 round, about " in done.stderr
    lines, waiting, locks = (
        pd.read_csv(sweep_of(folder) / f"tables/{name}.csv") for name in ("lines", "waiting", "locks")
    )
    assert list(waiting["at_workers"]) == [1, 2]
    assert list(waiting["status"]) == ["ok", "ok"]
    assert set(lines["workload"]) == {"py_loop"}
    assert (list(locks["status"]), locks["file"].isna().all()) == (["ok"], True)
    page = (sweep_of(folder) / "report.html").read_text()
    assert '<section id="why">' in page and "Why not further?" in (sweep_of(folder) / "report.md").read_text()


def test_no_file_of_why_holds_a_path_of_this_machine(explained):
    folder, _ = explained
    texts = [path.read_text() for path in sweep_of(folder).rglob("*") if path.suffix in (".csv", ".html", ".md")]
    texts += [path.read_text() for path in (sweep_of(folder) / "why").glob("*.json")]
    assert len(texts) > 20
    assert [text for text in texts if str(folder) in text] == []


def test_timed_runs_do_not_depend_on_why(explained):
    folder, _ = explained
    before = records(folder)
    again = run_sweep(folder, **SWEEP, why=False)
    assert (again.returncode, measured(again)) == (0, 0)
    assert records(folder) == before
    assert "extra run" not in run_sweep(folder, "why", **SWEEP, why=NAMED).stderr


@pytest.mark.skipif(os.uname().machine not in without_ptrace.SYSTEM_CALLS, reason="system calls have other numbers")
@pytest.mark.skipif(sys.version_info < (3, 14), reason="an older Python is not read by another process")
def test_where_ptrace_is_refused_the_report_says_so(clone):
    named = {"rounds": 1, "combinations": [{"backend": "thread"}, {"backend": "process"}]}
    write_config(clone, **SWEEP, why=named)
    refused = [sys.executable, without_ptrace.__file__, sys.executable, "-m", "snakemake", "--cores", "2", "why"]
    own = {**os.environ, "BASH_ENV": shell_of_jobs()}
    done = subprocess.run(
        [*refused, "--configfile", "tiny.yaml"], cwd=clone, env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {record["status"] for record in records(clone).values()} == {"ok"}
    text = (sweep_of(clone) / "report.md").read_text()
    assert f"Not sampled from outside: {remote.REFUSED}.\n" in text
    assert text.count(f"Unsupported with 1 worker: {remote.REFUSED}.\n") == 1
    shutil.rmtree(sweep_of(clone) / "why")
    again = run_sweep(clone, "why", "--forcerun", "explain", **SWEEP, why=named)
    assert (again.returncode, measured(again)) == (0, 0), again.stderr
    waiting = pd.read_csv(sweep_of(clone) / "tables/waiting.csv")
    assert (set(waiting["status"]), set(waiting["method"])) == ({"ok"}, {"outside"})
    assert remote.REFUSED not in (sweep_of(clone) / "report.md").read_text()
