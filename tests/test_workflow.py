"""The workflow as users run it: Snakemake on a copy of the checkout, with sweeps of a few milliseconds a run."""

import json
import os
import re
import shutil
import sys
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

import pandas as pd
import pytest
import yaml
from gil_scaling.analysis import tables

from tests.snakemake_calls import run_on_terminal, run_snakemake
from tests.support import ROOT, find_build, make_wheel
from tests.tiny_sweep import TINY, copy_workflow, experiment, measured, records, run_sweep

pytestmark = pytest.mark.slow

FAILING = "def tasks(): return [1, 2]\ndef task(a):\n    import os, sys\n    if os.path.exists({flag!r}): sys.exit('broken')\n"


def test_a_sweep_leaves_records_tables_figures_and_a_report(tiny_sweep):
    done, folder = tiny_sweep.first, tiny_sweep.folder / "results/test-machine"
    assert measured(done) == 8
    lines = re.findall(r"^\[\s*\d/8\] .*$", done.stderr, re.MULTILINE)
    assert len(lines) == 8
    assert re.fullmatch(
        r"\[1/8\] \S+ py_loop \S+( \(ceiling\))? w\d round 1: \S+ (µs|ms|s), about \d+ s left", lines[0]
    )
    assert sum(" process (ceiling) w2 " in line for line in lines) == 2
    names = (
        "report.html",
        "report.md",
        "answers.txt",
        "figures/speedup-tiny.svg",
        "figures/speedup-tiny.csv",
        "figures/fastest.svg",
    )
    for name in ("machine.json", "tiny/config.yaml", *(f"tiny/{name}" for name in names)):
        assert (folder / name).stat().st_size > 100
    summary = pd.read_csv(folder / "tiny/tables/summary.csv")
    assert set(summary["backend"]) == {"sequential", "thread", "process"}
    assert set(summary["status"]) == {"ok"}


def test_result_files_hold_no_path_of_this_machine(tiny_sweep):
    folder = tiny_sweep.folder / "results/test-machine"
    texts = [path.read_text() for path in folder.rglob("*.*") if path.is_file()]
    assert not [text for text in texts if str(tiny_sweep.folder) in text or sys.prefix in text]


def test_a_second_call_does_nothing(tiny_sweep):
    assert "Nothing to be done" in tiny_sweep.again.stderr
    assert "0 of 8 runs to measure" in tiny_sweep.again.stderr


@pytest.fixture(scope="module")
def three_rounds(tmp_path_factory):
    """A copy of the workflow after three rounds up to the tables, and the call."""
    folder = tmp_path_factory.mktemp("rounds")
    copy_workflow(folder)
    return folder, run_sweep(folder, "tables", rounds=3)


def test_a_sweep_stops_measuring_what_is_known(snakemake, clone):
    changes = {"backends": ["sequential", "process"], "ceiling": False}  # so short tasks are slower in processes
    whole = {"name": "whole", "backends": ["sequential"], "until": None, "rounds": 9}
    experiments = [*experiment(**changes), *experiment(**{**changes, **whole})]
    call = partial(snakemake, until={"half_width": 0.02, "max_rounds": 10}, experiments=experiments)
    done = call()
    assert done.returncode == 0, done.stderr
    assert "16 runs to measure up to the look after round 8, of at most 20" in done.stderr
    assert re.search(r"^\[ 1/up to 20\] .*, up to about \d+ s left$", done.stderr, re.MULTILINE)
    folder = clone / "results/test-machine/tiny"
    rounds = pd.read_csv(folder / "tables/summary.csv")[["experiment", "backend", "rounds_ok"]]
    assert rounds.to_numpy().tolist() == [["tiny", "process", 8], ["tiny", "sequential", 8], ["whole", "sequential", 9]]
    assert (len(records(clone)), os.listdir(folder / "looks")) == (17, ["8.json"])
    text = (folder / "report.md").read_text()
    assert "Each combination of tiny was measured until" in text
    assert "at most 10 rounds, with looks after 8 and 10. The rows have 8 rounds." in text
    assert "The intervals of tiny here are made at the level 97.5 %" in text
    assert "Nothing to be done" in call().stderr
    grown = call("tables", experiments=[*experiments[:1], {**experiments[1], "rounds": 10}])
    assert (grown.returncode, len(records(clone))) == (0, 18), grown.stderr


def test_runs_never_overlap_in_time(three_rounds):
    times = sorted(
        (datetime.fromisoformat(one["started"]), timedelta(seconds=one["wall_s"]))
        for one in records(three_rounds[0]).values()
    )
    assert len(times) == 12
    for (start, wall), (following, _) in pairwise(times):
        assert start + wall <= following


def test_rounds_follow_each_other(three_rounds):
    order = [int(number) for number in re.findall(r"^\[.*/12\] .* round (\d)", three_rounds[1].stderr, re.MULTILINE)]
    assert order == [1] * 4 + [2] * 4 + [3] * 4


def test_records_hold_snakemake_s_cpu_time(three_rounds):
    taken = [one["snakemake_cpu_s"] for one in records(three_rounds[0]).values()]
    assert all(isinstance(seconds, float) and seconds >= 0 for seconds in taken)


def test_only_new_runs_are_measured(snakemake, finished):
    before = records(finished)
    done = snakemake("tables", experiments=experiment(workers=[2, 3]))
    assert measured(done) == 6  # thread, process and ceiling, in two rounds
    after = records(finished)
    assert {name: after[name] for name in before} == before
    earlier, later = ({after[name]["call"]["id"] for name in names} for names in (before, after.keys() - before.keys()))
    assert (len(earlier), len(later), len(earlier | later)) == (1, 1, 2)
    assert all(re.fullmatch(r"\d{8}T\d{6}-\d+", call) for call in earlier | later)
    assert measured(snakemake("-n", rounds=3)) == 4
    assert measured(snakemake("-n")) == 0


def test_only_what_a_sweep_grows_by_is_measured(snakemake, finished):
    before = records(finished)
    more = {"name": "more", "workloads": ["noop"], "backends": ["thread"], "workers": [2], "control": False}
    pythons = ["current", {"name": "again", "command": "current"}]
    assert measured(snakemake("-n", rounds=3)) == 4
    assert measured(snakemake("-n", pythons=pythons)) == 8
    assert measured(snakemake("-n", experiments=[*experiment(), {**more, "ceiling": False}])) == 2 * 2
    grown = {"rounds": 3, "pythons": pythons, "experiments": [*experiment(), {**more, "ceiling": False}]}
    done = snakemake("tables", **grown)
    assert (done.returncode, measured(done)) == (0, 4 + 3 * 4 + 2 * 3 * 2)
    assert {name: records(finished)[name] for name in before} == before
    runs = pd.read_csv(finished / "results/test-machine/tiny/tables/runs.csv")
    assert len(runs) == len(records(finished)) == 36
    assert "Nothing to be done" in snakemake("tables", **grown).stderr


USES_DEMO = "import demo\ndef tasks(): return [demo.version] * 2\ndef task(a): return a\n"


def test_packages_are_installed_before_the_first_run(snakemake, clone):
    make_wheel(clone / "wheels", "demo")
    make_wheel(clone / "wheels", "compiled", tag="cp39-cp39-win_amd64")
    (clone / "mine.py").write_text(USES_DEMO)
    old = {"name": "old build", "like": "current", "packages": ["compiled"]}
    changes = {
        "packages": ["demo"],
        "packages_index": {"find_links": "wheels", "offline": True},
        "pythons": ["current", old],
        "experiments": experiment(workloads=["./mine.py"]),
    }
    shown = snakemake("-n", **changes)
    assert (shown.returncode, "would install demo\n" in shown.stderr) == (0, True)
    assert not (clone / "results").exists()
    done = snakemake("tables", **changes)
    assert (done.returncode, ": installing demo 1.0\n" in done.stderr) == (0, True)
    statuses = {one["spec"]["python"] == "old build": one["status"] for one in records(clone).values()}
    assert statuses == {False: "ok", True: "unsupported"}
    assert "Nothing to be done" in snakemake("tables", **changes).stderr
    make_wheel(clone / "wheels", "demo", "2.0")
    assert measured(snakemake("-n", **changes)) == 0
    again = snakemake("relock", **changes)
    assert ": demo 1.0 → 2.0\n" in again.stderr
    assert measured(snakemake("-n", **changes)) == len(records(clone)) / 2


def test_a_call_keeps_no_file_that_earlier_ones_passed_to_jobs(snakemake, finished):
    state = finished / ".snakemake/gil-scaling/test-machine"
    before = set(state.glob("plan-*"))
    assert len(before) == 2  # with its stamps
    assert measured(snakemake("--until", "measure", rounds=3)) == 4
    after = set(state.glob("plan-*"))
    assert (len(after), before & after) == (2, set())


def test_prune_removes_what_no_sweep_names_when_told(snakemake, finished):
    assert "Each record and environment in results/test-machine is of a sweep." in snakemake("prune").stderr
    assert snakemake("tables", name="other", rounds=1, experiments=experiment(workers=[3])).returncode == 0
    before = records(finished)
    shrunk = {"rounds": 1}
    shown = snakemake("prune", **shrunk)
    assert (shown.returncode, records(finished)) == (0, before)
    assert "4 records (0.0 MiB) in results/test-machine that no sweep names. To remove them:" in shown.stderr
    assert snakemake("-n", "prune", "--config", "remove=true", **shrunk).returncode == 0
    assert records(finished) == before
    done = snakemake("prune", "--config", "remove=true", **shrunk)
    assert done.stderr.splitlines()[-1].startswith("Removed 4 records ")
    kept = {name for name, one in before.items() if one["spec"]["round"] == 1}
    assert set(records(finished)) == kept
    logs = finished / "results/test-machine/logs/runs"
    assert {path.stem for path in logs.iterdir()} == kept
    assert (
        "0 of 4 runs to measure" in snakemake("-n", name="other", rounds=1, experiments=experiment(workers=[3])).stderr
    )


def test_only_lost_and_damaged_records_are_replaced(snakemake, finished):
    before = records(finished)
    lost, damaged, *_ = sorted(before)
    runs = finished / "results/test-machine/runs"
    (runs / f"{lost}.json").unlink()
    (runs / f"{damaged}.json").write_text((runs / f"{damaged}.json").read_text()[:100])
    assert "2 of 8 runs to measure, about" in snakemake("-n").stderr
    assert (runs / f"{damaged}.json").stat().st_size == 100
    done = snakemake("tables")
    assert (done.returncode, measured(done)) == (0, 2)
    after = records(finished)
    assert {name for name in before if after[name] != before[name]} == {lost, damaged}


def test_a_record_lost_after_another_sweep_is_replaced(snakemake, finished):
    snakemake("tables", name="other", experiments=experiment(workloads=["noop"]))
    assert "Nothing to be done" in snakemake("tables").stderr
    snakemake("tables", name="other", experiments=experiment(workloads=["noop"]))
    lost = next(name for name in records(finished) if "py_loop-thread" in name and "-r2-" in name)
    (finished / f"results/test-machine/runs/{lost}.json").unlink()
    done = snakemake("tables")
    assert (done.returncode, measured(done)) == (0, 1)


def test_an_earlier_config_makes_its_tables_again(snakemake, finished):
    rounds = finished / "results/test-machine/tiny/tables/summary.csv"
    for number in (1, 2):
        assert snakemake("tables", rounds=number).returncode == 0
        assert set(pd.read_csv(rounds)["rounds_ok"]) == {number}


def test_only_failed_runs_are_repeated(snakemake, clone, tmp_path):
    flag = tmp_path / "broken"
    flag.touch()
    (tmp_path / "shaky.py").write_text(FAILING.format(flag=str(flag)))
    sweep = experiment(workloads=[{"py_loop": {"n": 1000, "count": 4}}, str(tmp_path / "shaky.py")], ceiling=False)
    assert "6 runs failed" in snakemake("tables", experiments=sweep).stderr
    folder = clone / "results/test-machine/tiny"
    failures = pd.read_csv(folder / "tables/failures.csv")
    assert list(failures["status"]) == ["failed"] * 6
    assert failures["reason"].str.contains("SystemExit: broken").all()

    before = records(clone)
    assert "6 of 12 runs to measure" in snakemake("-n", experiments=sweep).stderr
    assert records(clone) == before
    flag.unlink()
    done = snakemake("tables", experiments=sweep)
    assert (done.returncode, measured(done)) == (0, 6)
    after = records(clone)
    assert {name for name in before if before[name] != after[name]} == {name for name in before if "shaky" in name}
    assert pd.read_csv(folder / "tables/failures.csv").empty


def test_runs_that_hang_or_crash_leave_a_record_each(snakemake, clone, tmp_path):
    (tmp_path / "hangs.py").write_text("import time\ndef tasks(): return [1]\ndef task(a): time.sleep(60)\n")
    (tmp_path / "dies.py").write_text("import os\ndef tasks(): return [1]\ndef task(a): os.abort()\n")
    files = [str(tmp_path / "hangs.py"), str(tmp_path / "dies.py")]
    snakemake(
        "--until",
        "measure",
        rounds=1,
        timeout=0.5,
        experiments=experiment(workloads=files, backends=["sequential"], ceiling=False),
    )
    found = {one["spec"]["workload"]: (one["status"], one["reason"]) for one in records(clone).values()}
    assert found == {
        "hangs": ("timeout", "exceeded the time limit of 0.5 s"),
        "dies": ("crashed", "killed by SIGABRT"),
    }


def test_a_custom_workload_is_swept_by_its_path(snakemake, clone):
    (clone / "mine.py").write_text("def tasks(n=3): return list(range(n))\ndef task(a): return a + 1\n")
    sweep = experiment(workloads=[{"./mine.py": {"n": {"sweep": [2, 5]}}}], ceiling=False)
    done = snakemake("tables", experiments=sweep, rounds=1)
    assert done.returncode == 0, done.stderr
    summary = pd.read_csv(clone / "results/test-machine/tiny/tables/summary.csv")
    assert set(summary["workload"]) == {"mine"}
    assert set(summary["params"]) == {'{"n": 2}', '{"n": 5}'}


def test_a_custom_backend_is_swept_by_its_path(snakemake, clone):
    (clone / "mine.py").write_text(
        "def run(job, backwards=False):\n"
        "    calls = list(job.calls())\n"
        "    return [call() for call in (calls[::-1] if backwards else calls)]\n"
    )
    own = ["./mine.py", {"./mine.py": {"backwards": True}}]
    done = snakemake("tables", experiments=experiment(backends=own, ceiling=False), rounds=1)
    assert done.returncode == 0, done.stderr
    summary = pd.read_csv(clone / "results/test-machine/tiny/tables/summary.csv")
    mine = summary[summary["backend"] == "mine"]
    assert set(zip(mine["backend_params"], mine["status"], strict=True)) == {
        ('{"backwards": true}', "ok"),
        ("{}", "ok"),
    }


def test_sweeps_share_records_and_keep_their_own_tables(snakemake, finished):
    before = (finished / "results/test-machine/tiny/tables/summary.csv").read_text()
    done = snakemake("tables", name="other", rounds=3)
    assert (done.returncode, measured(done)) == (0, 4)
    assert (finished / "results/test-machine/tiny/tables/summary.csv").read_text() == before
    assert pd.read_csv(finished / "results/test-machine/other/tables/summary.csv")["rounds_ok"].eq(3).all()


def test_losing_snakemake_s_metadata_repeats_no_run(snakemake, finished):
    shutil.rmtree(finished / ".snakemake")
    assert measured(snakemake("-n")) == 0


def test_an_upgraded_build_repeats_its_own_runs(snakemake, tmp_path, tmp_path_factory, free_threaded):
    path = tmp_path / "python3.14t"
    path.symlink_to(free_threaded.command[0])
    pythons = ["current", {"name": "mine", "command": str(path)}]
    sweep = {"pythons": pythons, "rounds": 1, "experiments": experiment(backends=["sequential"], ceiling=False)}
    assert measured(snakemake("--until", "measure", **sweep)) == 2
    assert measured(snakemake("-n", "tables", **sweep)) == 0
    path.unlink()
    path.symlink_to(find_build("3.12", tmp_path_factory).command[0])
    assert measured(snakemake("-n", **sweep)) == 1


def test_options_and_variables_reach_the_build(snakemake, clone, free_threaded):
    command = list(free_threaded.command)
    pythons = [
        {"name": "off", "command": command},
        {"name": "on", "command": command, "env": {"PYTHON_GIL": "1"}},
        {"name": "by-option", "command": [*command, "-X", "gil=1"]},
    ]
    done = snakemake(
        "--until",
        "measure",
        pythons=pythons,
        rounds=1,
        experiments=experiment(backends=["thread", "process"], ceiling=False),
    )
    assert done.returncode == 0, done.stderr
    seen = {}
    for one in records(clone).values():
        gil = {gil for sample in one["measured"]["samples"] for gil in sample["gil"]}
        seen.setdefault(one["spec"]["python"], set()).update(gil)
    assert seen == {"off": {False}, "on": {True}, "by-option": {True}}


def test_an_extension_that_enables_the_gil_is_flagged(snakemake, clone, free_threaded, needs_the_gil):
    backends = ["sequential", "thread", "process"]
    sweep = experiment(workloads=["noop", needs_the_gil], backends=backends, ceiling=False)
    pythons = [{"name": "free", "command": list(free_threaded.command)}]
    done = snakemake("tables", pythons=pythons, experiments=sweep, rounds=1)
    assert done.returncode == 0, done.stderr
    for one in records(clone).values():
        sample = one["measured"]["samples"][-1]
        assert set(sample["gil"]) == {one["spec"]["workload"] == "old"}
        assert set(sample["gil_before"]) <= {False, one["spec"]["backend"] != "process"}
    found = tables.read(clone / "results/test-machine/tiny/tables", ("summary", "runs"))
    summary, runs = (found[name].set_index(["workload", "backend"]) for name in ("summary", "runs"))
    flagged = summary["flags"].str.contains("gil_reenabled").to_dict()
    assert flagged == {(workload, backend): workload == "old" for workload in ("noop", "old") for backend in backends}
    named = runs["gil_modules"].eq("needs_the_gil").to_dict()
    assert named == flagged


def test_noise_floor_and_tax_reach_other_reports(snakemake, finished):
    builds = ["current", {"name": "again", "command": "current"}]
    sweep = experiment(workloads=["noop"], backends=["sequential", "thread"], ceiling=False)
    page = finished / "results/test-machine/tiny/report.html"
    assert "noise floor of this machine is not known" in page.read_text()
    assert snakemake("tables", name="noise", pythons=builds, rounds=6, experiments=sweep).returncode == 0
    noise = pd.read_csv(finished / "results/test-machine/noise/tables/noise.csv")
    assert set(noise["backend"]) == {"sequential", "thread"}
    assert (set(noise["python"]), set(noise["rounds"]), set(noise["interval"])) == ({"again"}, {6}, {"ci95"})
    _report_again(snakemake)
    assert "The noise floor of this machine is" in page.read_text()
    tax = {
        "panel": "sort",
        "build": "t",
        "backend": "thread",
        "backend_kind": "threads",
        "workers": 2,
        "usable_cpus": 2,
    }
    path = finished / "results/test-machine/tax/tables/without_gil.csv"
    path.parent.mkdir(parents=True)
    pd.DataFrame([{**tax, "tax": 1.25, "error": 0.9}]).to_csv(path, index=False)
    _report_again(snakemake)
    assert "less the tax of t in the sweep tax of this machine" in page.read_text()
    assert "Nothing to be done" in snakemake().stderr


def _report_again(snakemake):
    """Runs Snakemake, which has nothing to measure."""
    done = snakemake()
    assert (done.returncode, measured(done)) == (0, 0), done.stderr


def test_a_size_is_found_once_and_then_the_same(snakemake, clone):
    sweep = experiment(workloads=[{"py_loop": {"size": "auto", "count": 2}}], backends=["sequential"], ceiling=False)
    assert "2 of 2 runs to measure" in snakemake("-n", experiments=sweep, rounds=2).stderr
    assert not (clone / "results/test-machine/sizes.json").exists()
    assert snakemake("tables", experiments=sweep, rounds=1).returncode == 0
    (found,) = json.loads((clone / "results/test-machine/sizes.json").read_text())
    assert {one["spec"]["params"]["n"] for one in records(clone).values()} == {found["value"]}
    (shown,) = json.loads((clone / "results/test-machine/tiny/plan.json").read_text())["sizes"]
    assert shown["value"] == found["value"]
    assert "1 of 2 runs to measure" in snakemake("-n", experiments=sweep, rounds=2).stderr


def test_the_last_lines_are_the_answers_and_the_page(tiny_sweep):
    headline, answer, precision, status, page = tiny_sweep.first.stderr.splitlines()[-5:]
    assert headline == "What is the best choice?"
    assert answer.startswith("py_loop: ")
    assert re.fullmatch(r"\d of 4 combinations are known to within ±2 %(, \d would be after \d+ rounds)?\.", precision)
    assert (status, page) == ("Every supported run is ok.", "The report: results/test-machine/tiny/report.html")


def test_the_console_shows_no_job_of_snakemake(tiny_sweep):
    shown = tiny_sweep.first.stderr.splitlines()
    steps = ["Making the tables", "Drawing the figures and writing the report"]
    assert shown[1] == "8 of 8 runs to measure"
    assert [line for line in shown[2:-5] if not line.startswith(("[", "waiting: another sweep"))] == steps
    (log,) = (
        path.read_text() for path in (tiny_sweep.folder / ".snakemake/log").iterdir() if "measure" in path.read_text()
    )
    assert log.count("localrule measure:") == 8


def test_options_bring_back_what_snakemake_shows(snakemake):
    assert "localrule measure:" in snakemake("--until", "measure", "--printshellcmds", rounds=1).stderr
    quiet = snakemake("--until", "measure", "--quiet", rounds=2).stderr
    assert "4 of 8 runs to measure" in quiet and "round 2" not in quiet


def test_a_terminal_shows_one_line_that_stays_in_place(clone):
    (clone / "bad.py").write_text("def tasks(): return [1]\ndef task(a): raise ValueError(a)\n")
    bad = experiment(workloads=[*TINY["experiments"][0]["workloads"], "./bad.py"], ceiling=False)
    (clone / "tiny.yaml").write_text(yaml.safe_dump({**TINY, "experiments": bad}))
    code, text = run_on_terminal("--cores", "2", "tables", "--configfile", "tiny.yaml", cwd=clone)
    assert code == 0, text
    frames = re.findall(r"\r(\d+/12 runs [^\r\n]*)", text)
    assert frames[0].startswith("0/12 runs |")
    assert re.search(r"12/12 runs \|█+\| round 2 of 2, 6 failed", frames[-1])
    assert any(re.search(r"round 2 of 2, .*\d failed, py_loop so far: \S+ ", frame) for frame in frames)
    kept = [line.rpartition("\r")[2] for line in text.split("\r\n")]  # what later text does not overwrite
    assert sum("failed: ValueError: 1" in line for line in kept) == 3 + 1  # each combination once, and their cause


def test_files_that_were_lost_are_made_again(snakemake, finished):
    folder = finished / "results/test-machine"
    figure = next((folder / "tiny/figures").glob("*.svg"))
    expected = sorted((folder / "expected").iterdir())
    names = (
        "machine.json",
        "tiny/plan.json",
        "tiny/config.yaml",
        "tiny/report.md",
        "tiny/sets.json",
        "tiny/tables/runs.csv",
    )
    lost = [*(folder / name for name in names), *(folder / "pythons").iterdir(), figure, *expected]
    for path in lost:
        path.unlink()
    done = snakemake()
    assert (done.returncode, measured(done)) == (0, 0), done.stderr
    assert [path for path in lost if not path.exists()] == []
    assert "Nothing to be done" in snakemake().stderr


def test_the_old_page_stays_until_the_new_one_is_there(snakemake, finished):
    page = finished / "results/test-machine/tiny/report.html"
    before = page.read_text()
    figures = finished / "scripts/gil_scaling/analysis/figures/__main__.py"
    figures.write_text("raise SystemExit('no space left')")
    done = snakemake(rounds=3)
    assert done.returncode == 1
    assert page.read_text() == before
    assert list((page.parent / "figures").glob("*.svg"))
    assert "The step draw failed: no space left" in done.stderr.splitlines()[-2]


def test_forced_runs_are_announced_and_measured(snakemake, finished):
    assert "8 of 8 runs to measure" in snakemake("-n", "-F").stderr
    assert "8 of 8 runs to measure" in snakemake("-n", "-R", "measure").stderr
    assert "8 of 8 runs to measure" in snakemake("tables", "-R", "measure").stderr
    assert measured(snakemake("-n")) == 0


def test_rejected_options_make_runs_unsupported(snakemake, clone, tmp_path_factory):
    command = find_build("3.14", tmp_path_factory).command[0]
    pythons = ["current", {"name": "no-gil", "command": command, "env": {"PYTHON_GIL": "0"}}]
    done = snakemake(
        "tables", pythons=pythons, rounds=1, experiments=experiment(backends=["sequential"], ceiling=False)
    )
    assert done.returncode == 0, done.stderr
    folder = clone / "results/test-machine/tiny/tables"
    assert pd.read_csv(folder / "failures.csv").empty
    summary = pd.read_csv(folder / "summary.csv").set_index("python")
    assert summary.loc["no-gil", "status"] == "unsupported"
    assert "Disabling the GIL is not supported" in summary.loc["no-gil", "reason"]


def test_the_targets_make_what_they_say(snakemake):
    def rules(*target):
        return set(re.findall(r"^(\w+) +\d+$", snakemake("-n", *target).stdout, re.MULTILINE)) - {"total"}

    made = {"facts", "measure", "plan", "collect"}
    assert rules("tables") == {*made, "tables"}
    assert rules("figures") == {*made, "figures", "draw"}
    assert rules("report") == {*made, "report", "draw", "page"}
    assert rules() == {*made, "all", "draw", "page", "verdict"}


def test_until_measure_makes_the_runs_of_all_rounds(snakemake, clone):
    done = snakemake("--until", "measure", rounds=2)
    assert (done.returncode, len(records(clone))) == (0, 8), done.stderr
    assert not (clone / "results/test-machine/tiny/tables").exists()


def test_snakemake_s_own_report_holds_the_figures(snakemake, finished):
    done = snakemake("--report", "out.html")
    assert done.returncode == 0, done.stderr
    text = (finished / "out.html").read_text()
    assert "speedup-tiny.svg" in text and "fastest.svg" in text
    assert "Which backend for which workload, on which build?" in text and "The whole sweep" in text
    assert "2 rounds, too few for a claim" in text  # of a caption


def test_the_saved_config_repeats_the_sweep(snakemake, finished):
    folder = finished / "results/test-machine/tiny"
    text = (folder / "config.yaml").read_text()
    assert "&id" not in text
    command = re.search(r"snakemake --cores all --configfile (results\S+?)<", (folder / "report.html").read_text())[1]
    own = {key: value for key, value in yaml.safe_load((finished / command).read_text()).items() if value is not None}
    done = snakemake("-n", **own)
    assert "0 of 8 runs to measure" in done.stderr


def test_a_missing_optional_build_is_left_out(snakemake, clone):
    done = snakemake("-n", pythons=["current", {"name": "3.99", "optional": True}])
    assert done.returncode == 0
    assert "build '3.99' left out: no Python '3.99' found" in done.stderr
    done = snakemake("-n", pythons=["current", "3.99"])
    assert done.returncode == 1
    assert re.search(r"tiny\.yaml:\d+: pythons\[1\]: no Python '3\.99' found", done.stdout + done.stderr)


def test_snakemake_has_no_timers_while_it_measures(snakemake, clone):
    source = "import os\ndef tasks(): return [1]\ndef task(a):\n    return 0\n"
    source += "def metrics(results, arguments):\n    pid = {pid}\n    return {{'threads': len(os.listdir(f'/proc/{{pid}}/task'))}}\n"
    launcher = "int(open(f'/proc/{os.getppid()}/stat').read().split()[3])"  # the launcher's parent
    (clone / "counts.py").write_text(source.format(pid=launcher))
    sweep = experiment(workloads=["./counts.py"], backends=["sequential"], ceiling=False)
    done = snakemake("tables", experiments=sweep, rounds=20)
    assert done.returncode == 0, done.stderr
    threads = [one["measured"]["samples"][0]["metrics"]["threads"] for one in records(clone).values()]
    assert max(threads) < 12


def test_snakemake_starts_no_solver_to_choose_a_run(snakemake, clone):
    with (clone / "Snakefile").open("a") as file:
        file.write("\nfrom snakemake.scheduling import milp\n\nmilp.Scheduler.select_jobs = lambda *_: 1 / 0\n")
    done = snakemake("--until", "measure")
    assert done.returncode == 0, done.stderr
    assert len(records(clone)) == 8


QUICK = """
better = {"items": "higher", "lost": "lower"}
counterpart = "slow"
def tasks(count=2): return [0] * count
def task(argument): return argument
def metrics(results, arguments): return {"items": len(results), "lost": 0, "word": "yes"}
"""


def test_custom_metrics_and_counterparts_reach_the_tables(snakemake, clone):
    (clone / "quick.py").write_text(QUICK)
    (clone / "slow.py").write_text("def tasks(count=2): return [10**6] * count\ndef task(n): return sum(range(n))\n")
    sweep = experiment(workloads=["./quick.py", "./slow.py"], backends=["thread"], ceiling=False)
    done = snakemake("tables", experiments=sweep, rounds=6)
    assert done.returncode == 0, done.stderr
    found = tables.read(clone / "results/test-machine/tiny/tables", ("metrics", "metric_changes", "counterparts"))
    values = found["metrics"].set_index(["backend", "metric"])[
        ["better", "value", "value_low", "value_high", "interval"]
    ]
    assert values.loc[("thread", "items")].tolist() == ["higher", 2, 2, 2, "ci95"]
    changed = found["metric_changes"].set_index("metric")[["kind", "against_label", "ratio", "difference", "claim"]]
    assert changed.loc["items"].tolist() == ["baseline", "sequential", 1, 0, "same"]
    assert changed.loc["lost"].fillna("none").tolist() == ["baseline", "sequential", "none", 0, "same"]
    pairs = found["counterparts"][["workload", "backend", "against_workload", "rounds", "interval", "pairing"]]
    assert pairs.to_numpy().tolist() == [
        ["quick", backend, "slow", 6, "ci95", "paired"] for backend in ("sequential", "thread")
    ]


MODULE = """
module gil_scaling:
    snakefile: {snakefile!r}
    config: {config!r}
    prefix: "bench"


use rule * from gil_scaling as gil_*
"""


def test_the_workflow_runs_as_a_module_with_a_prefix(tmp_path):
    (tmp_path / "scripts").mkdir()  # a folder that other workflows have, too
    text = MODULE.format(snakefile=str(ROOT / "Snakefile"), config={**TINY, "sweep": "s", "rounds": 1})
    (tmp_path / "Snakefile").write_text(text)
    done = run_snakemake("--cores", "2", "gil_tables", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "bench/results/test-machine/runs").iterdir())) == 4
    assert not (tmp_path / "results").exists()
    again = run_snakemake("--cores", "2", "gil_tables", cwd=tmp_path)
    assert "0 of 4 runs to measure" in again.stderr and "Nothing to be done" in again.stderr


def test_calls_that_measure_nothing_keep_failed_records(snakemake, clone):
    (clone / "bad.py").write_text("def tasks(): return [1]\ndef task(a): raise ValueError(a)\n")
    sweep = {"rounds": 1, "experiments": experiment(workloads=["./bad.py"], backends=["sequential"], ceiling=False)}
    snakemake("--until", "measure", **sweep)
    before = records(clone)
    assert len(before) == 1
    plan = "results/test-machine/tiny/plan.json"
    for arguments in (["-nc1"], ["--summary"], ["--lint"], [plan], ["--omit-from", "measure"], ["--list-rules"]):
        snakemake(*arguments, **sweep)
        assert records(clone) == before, arguments


def run_check(folder, source):
    """Runs the target `check` on a workload of a source, in a copy of the workflow."""
    copy_workflow(folder)
    (folder / "mine.py").write_text(f"def tasks(count=2): return [1] * count\n{source}")
    command = ["--cores", "2", "check", "--config", "workload=mine.py"]
    return run_snakemake(*command, "machine=test-machine", "pythons=[current]", cwd=folder)


def test_a_check_leaves_no_record_and_proposes_a_config(tmp_path):
    done = run_check(
        tmp_path, "import threading\ndef task(a): return 1 / (threading.current_thread().name == 'MainThread')\n"
    )
    assert done.returncode == 1
    assert "thread_pool on " in done.stderr and ": ZeroDivisionError: division by zero" in done.stderr
    assert re.fullmatch("[23] of 6 runs failed or gave a wrong result.", done.stderr.splitlines()[-1])
    folder = tmp_path / "results/test-machine"
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["check.log", "check.yaml"]
    (tmp_path / "my.yaml").write_text((folder / "mine/check.yaml").read_text())
    planned = run_snakemake("-n", "-q", "--cores", "2", "--configfile", "my.yaml", cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    (proposed,) = yaml.safe_load((tmp_path / "my.yaml").read_text())["experiments"]
    assert {"sequential", "process", "process_pool"} <= set(proposed["backends"])
    assert not {"thread", "thread_pool"} & set(proposed["backends"])


def test_a_check_and_a_sweep_share_nothing(tmp_path):
    copy_workflow(tmp_path)
    changes = {"rounds": 1, "repeats": 2, "experiments": experiment(ceiling=False)}  # as the check does it
    assert run_sweep(tmp_path, "check", **changes).returncode == 0
    assert measured(run_sweep(tmp_path, "tables", **changes)) == 3
    before = records(tmp_path)
    assert run_sweep(tmp_path, "check", **changes).returncode == 0
    assert records(tmp_path) == before
    assert "0 of 3 runs to measure" in run_sweep(tmp_path, "tables", **changes).stderr
