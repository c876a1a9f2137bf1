import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from gil_scaling.plan import comparison, config
from gil_scaling.plan.yaml_lines import Places

from tests.analysis.report.pages import TIMES, result_set
from tests.snakemake_calls import run_snakemake

EXPECTED = (
    "a result set: the name of a sweep of this machine, the path of a folder or archive, or {label: path}, the label a name "
    "of letters, digits, '.', '_' and '-'"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def make(*compare, fail_if_slower=None, fail_if_below=None):
    """(the Comparison, the content of its file) for these entries of the key."""
    settings = {"compare": list(compare), "fail_if_slower": fail_if_slower, "fail_if_below": fail_if_below}
    made = comparison.read(settings, Places([]), "noise")
    return made, json.loads(Path(made.file).read_text())


def mistakes(text):
    """The mistakes of a config with this text."""
    Path("my.yaml").write_text(text)
    settings = yaml.safe_load(text)
    with pytest.raises(config.ConfigError) as caught:
        comparison.read(config.checked(settings, ["my.yaml"], "."), Places(["my.yaml"]), "noise")
    return caught.value.mistakes


GOOD = "experiments: [{name: e, workloads: [noop]}]\n"


# ---- which sets


def test_all_result_sets_are_compared_by_default(folder):
    sets = "results/b/s/plan.json", "results/a/s/plan.json", "results/c.zip", "results/d.tar.gz", "results/i/i.tar.gz"
    others = (
        "results/compare/x/plan.json",
        "results/e/s/config.yaml",
        "results/f.csv",
        "results/g/plan.json",
        "results/j/i.tar.gz",
    )
    touch(*sets, *others)
    Path("results/h.zip").mkdir()
    _, content = make()
    assert content == {
        "sets": [
            {"label": None, "path": f"{folder}/results/{name}"}
            for name in ("a", "b", "c.zip", "d.tar.gz", "i/i.tar.gz")
        ],
        "by_date": True,
        "noise_sweep": "noise",
    }


def test_a_named_folder_with_its_archive_alone_is_that_archive(folder):
    touch("sets/i/i.tar.gz", "sets/j/s/plan.json", "sets/j/j.tar.gz")
    made, _ = make("sets/i", {"old": "sets/i"}, "sets/j")
    assert made.named == [(None, "sets/i/i.tar.gz"), ("old", "sets/i/i.tar.gz"), (None, "sets/j")]


def test_without_results_nothing_is_compared(folder):
    assert make()[1]["sets"] == []


def test_named_sets_are_the_only_ones_in_their_order(folder):
    touch("results/a/s/plan.json", "b/s/plan.json", "c.zip")
    _, content = make({"late": "c.zip"}, "b", {"early": f"{folder}/b/s"})
    assert content == {
        "sets": [
            {"label": "late", "path": f"{folder}/c.zip"},
            {"label": None, "path": f"{folder}/b"},
            {"label": "early", "path": f"{folder}/b/s"},
        ],
        "by_date": False,
        "noise_sweep": "noise",
    }


def test_sweeps_of_this_machine_are_named_without_a_path(folder):
    touch("results/m/before/plan.json", "results/m/after/plan.json", "after/plan.json")
    settings = {"compare": ["before", {"then": "before"}, "after"], "fail_if_slower": None, "fail_if_below": None}
    made = comparison.read(settings, Places([]), "noise", machine="m")
    sets = json.loads(Path(made.file).read_text())["sets"]
    assert [(each["label"], each["path"]) for each in sets] == [
        ("before", str(folder / "results/m/before")),
        ("then", str(folder / "results/m/before")),
        (None, str(folder / "after")),  # a path that exists comes first
    ]


def test_a_file_that_vanishes_meanwhile_is_no_error(folder, monkeypatch):
    touch("a/s/plan.json")
    monkeypatch.setattr(comparison, "_files", lambda path: [path / "gone"])
    settings = {"compare": ["a"], "fail_if_slower": None, "fail_if_below": None}
    made = comparison.read(settings, Places([]), "noise")
    assert len(json.loads(Path(made.file).read_text())["sets"]) == 1


def test_the_limits_of_the_gate_are_those_of_the_config(folder):
    made = make(fail_if_slower=2.5, fail_if_below={"ceiling": 0.8})[0]
    assert (made.fail_if_slower, made.min_ceiling) == (2.5, 0.8)
    assert (make()[0].fail_if_slower, make()[0].min_ceiling) == (None, None)


# ---- mistakes


def test_missing_sets_and_duplicate_labels_are_refused(folder):
    touch("a/s/plan.json")
    text = GOOD + "compare:\n  - a\n  - none.zip\n  - {x: a}\n  - x: a\n  - y: gone\n"
    assert mistakes(text) == [
        f"my.yaml:4: compare[1]: 'none.zip' does not exist. Expected: {EXPECTED}.",
        "my.yaml:6: compare[3]: a second result set 'x'. Give each a unique name.",
        f"my.yaml:7: compare[4]: 'gone' does not exist. Expected: {EXPECTED}.",
    ]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("compare: [3]", f"compare[0]: 3 is not allowed. Expected: {EXPECTED}."),
        ("compare: [{a b: x}]", f"compare[0]: {{'a b': 'x'}} is not allowed. Expected: {EXPECTED}."),
        ("compare: [{a: x, b: y}]", f"compare[0]: {{'a': 'x', 'b': 'y'}} is not allowed. Expected: {EXPECTED}."),
        ("fail_if_slower: -1", "fail_if_slower: -1 is not allowed. Expected: a percentage: the target compare fails if "
         "a combination is slower by more than that, beyond its confidence interval; null: it never fails."),
    ],
)  # fmt: skip
def test_entries_of_a_wrong_type_are_refused(key, said, folder):
    assert mistakes(f"{GOOD}{key}\n") == [f"my.yaml:2: {said}"]


# ---- the digest


def digest(*compare):
    return make(*compare)[0].digest


FILES = ("machine.json", "pythons/3.14.json", "s/config.yaml", "s/plan.json", "t/plan.json")


@pytest.mark.parametrize("compare", [[], ["results/a"], [{"x": "results/a"}], ["results/a/s"]])
@pytest.mark.parametrize("name", FILES)
def test_the_digest_changes_with_each_file_that_is_read(name, compare, folder):
    touch(*(f"results/a/{each}" for each in FILES[:-1]))
    before = digest(*compare)
    assert digest(*compare) == before
    Path("results/a", name).parent.mkdir(exist_ok=True)
    Path("results/a", name).write_text("another text of another length")
    assert digest(*compare) != before


def test_the_digest_changes_with_rewritten_and_lost_files(folder):
    touch("results/a/s/plan.json", "results/a/machine.json", "results/b.zip")
    found = {digest()}
    for name in ("results/a/machine.json", "results/b.zip"):
        os.utime(name, ns=(0, 10**9))
        found.add(digest())
    Path("results/b.zip").write_text("longer than it was, at the same time")
    os.utime("results/b.zip", ns=(0, 10**9))
    found.add(digest())
    for name in ("results/a/machine.json", "results/b.zip"):
        Path(name).unlink()
        found.add(digest())
    assert len(found) == 6


def test_the_digest_does_not_change_with_what_is_not_read(folder):
    touch("results/a/s/plan.json", "results/b.zip")
    before = digest()
    touch("results/a/s/tables/runs.csv", "results/a/s/report.html", "results/a/s/figures/x.csv", "results/a/logs/x.log")
    touch("results/compare/report.html", "results/compare/tables/changes.csv")
    os.utime("results/a/s/tables")
    assert digest() == before


def test_the_digest_changes_with_labels_and_order(folder):
    touch("a/s/plan.json", "b/s/plan.json")
    assert len({digest("a", "b"), digest("b", "a"), digest({"x": "a"}, "b"), digest("a"), digest()}) == 5


# ---- the workflow


@pytest.fixture
def compare(clone):
    """Runs the target in the clone."""

    def call(*arguments):
        return run_snakemake("--cores", "1", "compare", *arguments, cwd=clone)

    return call


def slower(seconds):
    """TIMES, with the threads of 3.14t so many times slower."""
    return {**TIMES, "3.14t": {**TIMES["3.14t"], "thread": [seconds * one for one in TIMES["3.14t"]["thread"]]}}


FAILING = """\
machine: here
pythons: [current]
rounds: 1
experiments:
  - {name: e, workloads: [./bad.py], backends: [sequential], workers: [1], ceiling: false}
"""


def test_compare_measures_nothing_and_keeps_failed_records(clone, compare):
    (clone / "bad.py").write_text("def tasks(): return [1]\ndef task(a): raise ValueError(a)\n")
    (clone / "bad.yaml").write_text(FAILING)
    run_snakemake("--cores", "1", "tables", "--configfile", "bad.yaml", cwd=clone)
    result_set(clone / "results/one", machine="one")
    records = {path: path.stat().st_mtime_ns for path in clone.glob("results/*/runs/*")}
    done = compare("--configfile", "bad.yaml")
    assert done.returncode == 0, done.stderr
    assert not re.search(r"^(measure|facts|collect)\b", done.stdout + done.stderr, re.MULTILINE)
    assert {path: path.stat().st_mtime_ns for path in clone.glob("results/*/runs/*")} == records
    assert len(records) == 25
    assert "Nothing to be done" in compare("--configfile", "bad.yaml").stderr
    page = (clone / "results/compare/report.html").read_text()
    assert "there is no run in it that is ok" in page  # of the failed sweep
    assert (
        clone / "results/compare/verdict.txt"
    ).read_text() == "neither fail_if_slower nor fail_if_below is set: nothing was checked\n"


def test_a_slower_combination_fails_the_gate(clone, compare):
    result_set(clone / "results/before", day=1)
    result_set(clone / "results/after", day=2, times=slower(2))
    done = compare("--config", "fail_if_slower=5")
    assert done.returncode == 1
    assert (
        "e: py_loop, thread × 2 on m 2026-01-02 · 3.14t: 0.50× the speed on m 2026-01-01 · 3.14t [0.44, 0.57] (unpaired)\n"
        "1 combination slower by more than 5 % (fail_if_slower)\n"
    ) in done.stderr
    folder = clone / "results/compare"
    made = ("report.html", "report.md", "tables/changes.csv", "figures/index.json")
    assert [name for name in made if not (folder / name).exists()] == []
    assert compare().returncode == 0
    shutil.rmtree(clone / "results/after")
    result_set(clone / "results/after", day=3)
    done = compare("--config", "fail_if_slower=5")
    assert done.returncode == 0, done.stderr
    verdict = "0 of 4 combinations of one machine at two times slower by more than 5 %, interval included\n"
    assert (folder / "verdict.txt").read_text() == verdict
    assert "m 2026-01-03" in (folder / "report.html").read_text()


def test_compare_of_nothing_fails_with_the_reason(clone, compare):
    done = compare()
    assert done.returncode == 1
    assert (
        "nothing to compare: no result set with a finished run under results/, nor under compare: of the" in done.stderr
    )
    assert not (clone / "results/compare/report.html").exists()
