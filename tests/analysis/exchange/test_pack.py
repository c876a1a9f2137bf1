import json
import os
import shutil
import tarfile

import pytest
from gil_scaling.analysis.exchange import pack

from tests.snakemake_calls import run_snakemake

PACKED = [
    "expected/0.json",
    "locks/3.14.txt",
    "machine.json",
    "mine/config.yaml",
    "mine/figures/index.json",
    "mine/figures/time-cpu.csv",
    "mine/figures/time-cpu.svg",
    "mine/plan.json",
    "mine/pyperf/3.14.json",
    "mine/report.html",
    "mine/report.md",
    "mine/sets.json",
    "mine/tables/runs.csv",
    "mine/verdict.txt",
    "only-planned/plan.json",
    "only-tables/tables/runs.csv",
    "pythons/3.14.json",
    "runs/r1.json",
    "runs/r2.json",
    "sizes.json",
]
LEFT_OUT = [
    ".hidden.json",
    ".trash/plan.json",
    "environments/0f/complete",
    "environments/0f/lib/module.py",
    "laptop.tar.gz",
    "logs/runs/r1.log",
    "mine/.snakemake_timestamp",
    "mine/figures/.snakemake_timestamp",
    "mine/figures/all.zip",
    "mine/figures/deeper/time.svg",
    "mine/logs/draw.log",
    "mine/notes.txt",
    "mine/pyperf/3.14.json.17.partial",
    "mine/tables/runs.csv.17.partial",
    "no-sweep/report.html",
    "runs/.r3.json",
    "runs/r3.json.17.partial",
]


@pytest.fixture
def laptop(tmp_path):
    """A result set with a file of each kind, whose content is its name."""
    return write_files(tmp_path / "results" / "laptop")


def write_files(folder):
    for name in [*PACKED, *LEFT_OUT]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def members(path):
    with tarfile.open(path) as archive:
        return archive.getmembers()


def test_main_packs_measurements_and_outputs_only(laptop, tmp_path):
    pack.main(laptop, tmp_path / "out.tar.gz")
    assert [member.name for member in members(tmp_path / "out.tar.gz")] == [f"laptop/{name}" for name in PACKED]


def test_main_keeps_the_content_of_files(laptop, tmp_path):
    pack.main(laptop, tmp_path / "out.tar.gz")
    with tarfile.open(tmp_path / "out.tar.gz") as archive:
        archive.extractall(tmp_path / "there", filter="data")
    assert {name: (tmp_path / "there/laptop" / name).read_text() for name in PACKED} == {name: name for name in PACKED}


def test_main_hides_who_packed_it_and_when(laptop, tmp_path):
    (laptop / "machine.json").chmod(0o700)
    pack.main(laptop, tmp_path / "out.tar.gz")
    owners = {
        (info.uid, info.gid, info.uname, info.gname, info.mode, info.mtime) for info in members(tmp_path / "out.tar.gz")
    }
    assert owners == {(0, 0, "", "", 0o644, 0)}


def test_main_writes_equal_bytes_for_equal_contents(laptop, tmp_path):
    again = write_files(tmp_path / "elsewhere" / "laptop")
    os.utime(again / "machine.json", (1, 1))
    for folder, name in ((laptop, "one.tar.gz"), (again, "two.tar.gz")):
        pack.main(folder, tmp_path / name)
    first, second = ((tmp_path / name).read_bytes() for name in ("one.tar.gz", "two.tar.gz"))
    assert first == second
    assert first[4:8] == bytes(4)  # the time in the header of gzip
    (again / "machine.json").write_text("another")
    pack.main(again, tmp_path / "two.tar.gz")
    assert (tmp_path / "two.tar.gz").read_bytes() != first


def test_main_does_not_follow_links(laptop, tmp_path):
    secret = write_files(tmp_path / "secret")
    (laptop / "runs/link.json").symlink_to(secret / "machine.json")
    (laptop / "linked").symlink_to(secret / "mine")
    shutil.rmtree(laptop / "mine/tables")
    (laptop / "mine/tables").symlink_to(secret / "mine/tables")
    pack.main(laptop, tmp_path / "out.tar.gz")
    assert {member.name.removeprefix("laptop/") for member in members(tmp_path / "out.tar.gz")} == {
        name for name in PACKED if name != "mine/tables/runs.csv"
    }


def test_main_names_the_top_folder_after_the_machine(laptop, tmp_path, monkeypatch):
    monkeypatch.chdir(laptop)
    pack.main(".", tmp_path / "out.tar.gz")
    assert {member.name.partition("/")[0] for member in members(tmp_path / "out.tar.gz")} == {"laptop"}


def test_main_skips_an_earlier_archive(laptop):
    archive = laptop / "laptop.tar.gz"
    pack.main(laptop, archive)
    first = archive.read_bytes()
    pack.main(laptop, archive)
    assert archive.read_bytes() == first


def test_main_keeps_the_earlier_archive_on_failure(laptop, tmp_path, monkeypatch):
    out = tmp_path / "out" / "laptop.tar.gz"
    out.parent.mkdir()
    out.write_text("the earlier one")
    files = pack.find_files(laptop)
    monkeypatch.setattr(pack, "find_files", lambda root: [*files, root / "vanished.json"])
    with pytest.raises(FileNotFoundError, match=r"vanished\.json"):
        pack.main(laptop, out)
    assert [(path.name, path.read_text()) for path in out.parent.iterdir()] == [("laptop.tar.gz", "the earlier one")]


def test_main_refuses_a_folder_without_machine_json(tmp_path):
    with pytest.raises(SystemExit) as refused:
        pack.main(tmp_path, tmp_path / "out.tar.gz")
    assert str(refused.value) == (
        f"{tmp_path}: is not a result set: it has no machine.json. Measure first: snakemake --cores all"
    )
    assert not (tmp_path / "out.tar.gz").exists()


@pytest.fixture
def packed(clone):
    """Runs the target on a tiny sweep of these workloads; returns stderr and the names in the archive."""

    def call(*workloads):
        experiment = {"name": "tiny", "workloads": workloads, "backends": ["sequential"], "workers": [2]}
        sweep = {"machine": "test-machine", "pythons": ["current"], "rounds": 1, "repeats": 1, "warmups": 0}
        (clone / "tiny.yaml").write_text(json.dumps({**sweep, "experiments": [{**experiment, "ceiling": False}]}))
        done = run_snakemake("--cores", "2", "bundle", "--configfile", "tiny.yaml", cwd=clone)
        assert done.returncode == 0, done.stderr
        return done.stderr, {info.name for info in members(clone / "results/test-machine/test-machine.tar.gz")}

    return call


def test_target_bundle_packs_a_sweep_with_a_failed_run(packed, clone):
    (clone / "bad.py").write_text("def tasks(): return [1]\ndef task(a): raise ValueError(a)\n")
    _, names = packed("noop", "./bad.py")
    for name in ("machine.json", "tiny/tables/failures.csv", "tiny/report.html", "tiny/figures/index.json"):
        assert f"test-machine/{name}" in names
    assert len([name for name in names if name.startswith("test-machine/runs/")]) == 2
    assert len([name for name in names if name.startswith("test-machine/tiny/pyperf/")]) == 1


def test_target_bundle_packs_other_sweeps_without_measuring(packed, clone):
    packed("noop")
    (clone / "results/test-machine/other/tables").mkdir(parents=True)
    (clone / "results/test-machine/other/tables/runs.csv").touch()
    stderr, names = packed("noop")
    assert "0 of 1 runs to measure" in stderr
    assert "test-machine/other/tables/runs.csv" in names
