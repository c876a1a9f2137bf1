import json
import os
import shutil
import tarfile

import pytest
from gil_scaling.analysis.exchange import bundle

from tests.support import run_python

PACKED = [
    "expected/0.json",
    "machine.json",
    "mine/config.yaml",
    "mine/figures/index.json",
    "mine/figures/time-cpu.csv",
    "mine/figures/time-cpu.svg",
    "mine/plan.json",
    "mine/pyperf/3.14.json",
    "mine/report.html",
    "mine/report.md",
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
    "rounds/1",
    "runs/.r3.json",
    "runs/r3.json.17.partial",
]


@pytest.fixture
def laptop(tmp_path):
    """A result set with a file of each kind, which holds its own name."""
    return filled(tmp_path / "results" / "laptop")


def filled(folder):
    for name in [*PACKED, *LEFT_OUT]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def members(path):
    with tarfile.open(path) as archive:
        return archive.getmembers()


def test_it_packs_what_was_measured_and_made_of_it_and_nothing_else(laptop, tmp_path):
    bundle.main(laptop, tmp_path / "out.tar.gz")
    assert [member.name for member in members(tmp_path / "out.tar.gz")] == [f"laptop/{name}" for name in PACKED]


def test_what_is_unpacked_is_what_was_packed(laptop, tmp_path):
    bundle.main(laptop, tmp_path / "out.tar.gz")
    with tarfile.open(tmp_path / "out.tar.gz") as archive:
        archive.extractall(tmp_path / "there", filter="data")
    assert {name: (tmp_path / "there/laptop" / name).read_text() for name in PACKED} == {name: name for name in PACKED}


def test_no_member_tells_of_who_packed_it(laptop, tmp_path):
    (laptop / "machine.json").chmod(0o700)
    bundle.main(laptop, tmp_path / "out.tar.gz")
    told = {(one.uid, one.gid, one.uname, one.gname, one.mode, one.mtime) for one in members(tmp_path / "out.tar.gz")}
    assert told == {(0, 0, "", "", 0o644, 0)}


def test_equal_contents_give_equal_bytes_wherever_and_whenever_they_are_packed(laptop, tmp_path):
    again = filled(tmp_path / "elsewhere" / "laptop")
    os.utime(again / "machine.json", (1, 1))
    for folder, name in ((laptop, "one.tar.gz"), (again, "two.tar.gz")):
        bundle.main(folder, tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.tar.gz", "two.tar.gz"))
    assert one == two
    assert one[4:8] == bytes(4)  # the time in the header of gzip
    (again / "machine.json").write_text("another")
    bundle.main(again, tmp_path / "two.tar.gz")
    assert (tmp_path / "two.tar.gz").read_bytes() != one


def test_links_are_not_followed(laptop, tmp_path):
    secret = filled(tmp_path / "secret")
    (laptop / "runs/link.json").symlink_to(secret / "machine.json")
    (laptop / "linked").symlink_to(secret / "mine")
    shutil.rmtree(laptop / "mine/tables")
    (laptop / "mine/tables").symlink_to(secret / "mine/tables")
    bundle.main(laptop, tmp_path / "out.tar.gz")
    assert {member.name.removeprefix("laptop/") for member in members(tmp_path / "out.tar.gz")} == {
        name for name in PACKED if name != "mine/tables/runs.csv"
    }


def test_the_top_folder_is_the_machine_s_also_from_within_it(laptop, tmp_path, monkeypatch):
    monkeypatch.chdir(laptop)
    bundle.main(".", tmp_path / "out.tar.gz")
    assert {member.name.partition("/")[0] for member in members(tmp_path / "out.tar.gz")} == {"laptop"}


def test_an_archive_beside_the_files_is_not_part_of_the_next_one(laptop):
    archive = laptop / "laptop.tar.gz"
    bundle.main(laptop, archive)
    first = archive.read_bytes()
    bundle.main(laptop, archive)
    assert archive.read_bytes() == first


def test_a_failure_leaves_the_earlier_archive_and_no_part_of_another(laptop, tmp_path, monkeypatch):
    out = tmp_path / "out" / "laptop.tar.gz"
    out.parent.mkdir()
    out.write_text("the earlier one")
    found = bundle.members(laptop)
    monkeypatch.setattr(bundle, "members", lambda root: [*found, root / "vanished.json"])
    with pytest.raises(FileNotFoundError, match=r"vanished\.json"):
        bundle.main(laptop, out)
    assert [(path.name, path.read_text()) for path in out.parent.iterdir()] == [("laptop.tar.gz", "the earlier one")]


def test_a_folder_that_is_no_result_set_is_refused(tmp_path):
    with pytest.raises(SystemExit) as refused:
        bundle.main(tmp_path, tmp_path / "out.tar.gz")
    assert (
        str(refused.value)
        == f"{tmp_path}: is not a result set: it has no machine.json. Measure first: snakemake --cores all"
    )
    assert not (tmp_path / "out.tar.gz").exists()


@pytest.fixture
def packed(clone):
    """Runs the target on a tiny sweep of these workloads; returns what was said and the names in the archive."""

    def call(*workloads):
        experiment = {"name": "tiny", "workloads": workloads, "backends": ["sequential"], "workers": [2]}
        sweep = {"machine": "test-machine", "pythons": ["current"], "rounds": 1, "repeats": 1, "warmups": 0}
        (clone / "tiny.yaml").write_text(json.dumps({**sweep, "experiments": [{**experiment, "ceiling": False}]}))
        command = ["-m", "snakemake", "--cores", "2", "bundle", "--configfile", "tiny.yaml"]
        done = run_python(*command, cwd=clone)
        assert done.returncode == 0, done.stderr
        return done.stderr, {one.name for one in members(clone / "results/test-machine/test-machine.tar.gz")}

    return call


def test_the_target_packs_the_sweep_also_where_a_run_failed(packed, clone):
    (clone / "bad.py").write_text("def tasks(): return [1]\ndef task(a): raise ValueError(a)\n")
    _, names = packed("noop", "./bad.py")
    for name in ("machine.json", "tiny/tables/failures.csv", "tiny/report.html", "tiny/figures/index.json"):
        assert f"test-machine/{name}" in names
    assert len([name for name in names if name.startswith("test-machine/runs/")]) == 2
    assert len([name for name in names if name.startswith("test-machine/tiny/pyperf/")]) == 1


def test_the_target_packs_another_sweep_s_new_files_where_nothing_is_measured(packed, clone):
    packed("noop")
    (clone / "results/test-machine/other/tables").mkdir(parents=True)
    (clone / "results/test-machine/other/tables/runs.csv").touch()
    said, names = packed("noop")
    assert "0 of 1 runs to measure" in said
    assert "test-machine/other/tables/runs.csv" in names
