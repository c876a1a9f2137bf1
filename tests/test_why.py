"""The target `why` as users run it, and what it finds on workloads with a known culprit."""

import pandas as pd
import pytest

from tests.tiny_sweep import copy_workflow, experiment, measured, records, run_sweep

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
