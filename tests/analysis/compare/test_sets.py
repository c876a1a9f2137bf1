import gzip
import io
import json
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from gil_scaling.analysis import columns
from gil_scaling.analysis.compare import __main__, sets
from gil_scaling.analysis.exchange import archives

from tests.analysis.compare import put, result_set, rewrite, with_a_failure, without
from tests.support import run_python


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A good result set of the machine m with the sweep s, not to be changed."""
    return result_set(tmp_path_factory.mktemp("made") / "m", change=with_a_failure)


@pytest.fixture
def copy(made_once, tmp_path):
    """Gives a copy of it under a name, by which its runs began at a moment, on another machine where one is named."""

    def make(name="m", moment=None, machine=None):
        folder = shutil.copytree(made_once, tmp_path / "sets" / name)
        if moment:
            put(folder / "s/tables/runs.csv", "started", moment)
        for path in (folder / "s/tables").glob("*.csv") if machine else ():
            path.write_text(path.read_text().replace("\nm,", f"\n{machine},"))
        return folder

    return make


def read(*paths, by_date=False):
    """The sets of paths, or of (label, path), and what is wrong with those that cannot be read."""
    named = [path if isinstance(path, tuple) else (None, path) for path in paths]
    return sets.read_all([(label, str(path)) for label, path in named], "noise", by_date)


def read_one(path):
    (one,), unread = read(path)
    assert unread == []
    return one


def refused(path):
    found, ((name, text),) = read(path)
    assert (found, name) == ([], Path(path).name)
    return text


# ---- what is read


def test_a_folder_of_a_machine_has_all_its_sweeps_but_the_a_a_test(copy):
    folder = copy()
    for name in ("t", "noise"):
        shutil.copytree(folder / "s", folder / name)
    one = read_one(folder)
    assert (one.label, one.machine, one.sweeps, list(one.builds), list(one.configs)) == (
        "m",
        "m",
        ["s", "t"],
        ["3.14", "3.14t"],
        ["s", "t"],
    )
    assert one.facts == {"usable_cpus": 2, "cpu_model": "A CPU"}
    assert {name: len(table) for name, table in one.tables.items()} == {
        "summary": 8,
        "runs": 48,
        "fastest": 4,
        "budget": 8,
        "metrics": 8,
        "builds": 2,
        "quality": 8,
        "failures": 2,
    }
    assert (one.problems, len(one.noise), "sweep" in one.tables["runs"]) == ([], 0, False)


def test_the_folder_of_a_sweep_has_it_alone_with_the_facts_of_its_machine(copy):
    folder = copy()
    shutil.copytree(folder / "s", folder / "t")
    one = read_one(folder / "t")
    assert (one.label, one.sweeps, len(one.tables["runs"])) == ("m", ["t"], 24)
    assert (one.facts["cpu_model"], list(one.builds), one.problems) == ("A CPU", ["3.14", "3.14t"], [])


def test_a_folder_is_read_through_a_link_to_it_and_by_a_path_that_goes_up(copy, tmp_path):
    folder = copy()
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "sweep").symlink_to(folder / "s")
    found, unread = read(tmp_path / "link", tmp_path / "sweep", folder / "s/..", folder / "s/tables/..")
    assert ([(one.sweeps, one.problems) for one in found], unread) == ([(["s"], [])] * 4, [])


@pytest.mark.parametrize("kind", ["zip", "gztar", "xztar", "tar"])
@pytest.mark.parametrize("top", ["m", "."])
def test_an_archive_of_a_machine_is_read_with_and_without_a_folder_on_top(kind, top, copy, tmp_path):
    folder = copy()
    path = shutil.make_archive(tmp_path / "sent.by.m", kind, folder.parent if top == "m" else folder, top)
    one = read_one(path)
    assert (one.label, one.sweeps, len(one.tables["runs"]), one.problems) == ("m", ["s"], 24, [])


def test_an_archive_of_a_sweep_has_the_name_of_its_folder(copy, tmp_path):
    path = shutil.make_archive(tmp_path / "sent", "zip", copy(), "s")
    one = read_one(path)
    assert (one.sweeps, one.facts, one.builds) == (["s"], {}, {})
    missing = "cannot be read: No such file or directory"
    assert one.problems == [(file, missing) for file in ("pythons/3.14.json", "pythons/3.14t.json", "machine.json")]


def test_an_archive_of_the_files_of_a_sweep_has_its_own_name_and_nothing_from_beside_it(copy, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "machine.json").write_text('{"cpu_model": "of somebody else"}')
    one = read_one(shutil.make_archive(tmp_path / "sent", "zip", copy() / "s"))
    assert (one.sweeps, one.facts) == (["sent"], {})


def test_what_macos_adds_to_an_archive_does_not_hide_the_set(copy, tmp_path):
    path = shutil.make_archive(tmp_path / "sent", "zip", copy().parent, "m")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/m/._machine.json", "x")
    one = read_one(path)
    assert (one.label, one.problems) == ("m", [])


def test_a_set_that_is_unpacked_leaves_nothing_behind(copy, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    read_one(shutil.make_archive(tmp_path / "sent", "gztar", copy()))
    assert list((tmp_path / "temporary").iterdir()) == []


# ---- labels and order


def labels(*paths, by_date=False):
    found, _ = read(*paths, by_date=by_date)
    for one in found:
        assert all(set(table["machine"]) <= {one.label} for table in one.tables.values())
    return [one.label for one in found]


def test_a_label_of_the_config_takes_the_place_of_the_machine_s(copy):
    one, other = copy("one"), copy("other", machine="n")
    assert labels(("before", one), other, ("after", one)) == ["before", "n", "after"]


def test_two_sets_of_one_machine_are_told_apart_by_their_dates(copy):
    paths = copy("one", "2026-02-01T12:00:00Z"), copy("two", "2026-01-31T12:00:00.123456Z"), copy("n", machine="n")
    assert labels(*paths) == ["m 2026-02-01", "m 2026-01-31", "n"]


def test_two_sets_of_one_day_are_told_apart_by_their_minutes(copy):
    paths = copy("one", "2026-02-01T12:00:59Z"), copy("two", "2026-02-01T12:01:00Z")
    assert labels(*paths) == ["m 2026-02-01 12:00", "m 2026-02-01 12:01"]


def test_two_sets_of_one_minute_are_numbered(copy):
    one = copy("one", "2026-02-01T12:00:00Z")
    assert labels(one, one) == ["m 2026-02-01 (1)", "m 2026-02-01 (2)"]


def test_sets_that_do_not_tell_when_they_were_measured_are_numbered(copy):
    one, other = copy("one"), copy("other")
    put(one / "s/tables/runs.csv", "started", "")
    assert labels(one, other) == ["m (1)", "m 2026-01-01 (2)"]


def test_two_sets_that_the_config_gives_the_label_of_a_machine_are_told_apart_too(copy):
    assert labels(("m", copy("n", machine="n")), copy("m", "2026-03-01T12:00:00Z")) == ["m 2026-01-01", "m 2026-03-01"]


def test_sets_stand_as_they_are_named_or_by_date(copy):
    paths = [copy(name, f"2026-0{month}-01T00:00:00Z", name) for name, month in (("a", 3), ("b", 1), ("c", 2))]
    assert labels(*paths) == ["a", "b", "c"]
    assert labels(*paths, by_date=True) == ["b", "c", "a"]


def test_experiments_have_the_name_of_their_sweep_where_a_set_has_several(copy):
    one, other = copy("one"), copy("other", machine="n")
    found, _ = read(one, other)
    assert {name for each in found for name in each.tables["summary"]["experiment"]} == {"e"}
    shutil.copytree(one / "s", one / "t")
    (one / "t/tables/metrics.csv").unlink()
    found, _ = read(one, other)
    assert [set(each.tables["summary"]["experiment"]) for each in found] == [{"s.e", "t.e"}, {"s.e"}]
    assert [set(each.tables["metrics"]["experiment"]) for each in found] == [{"s.e"}, {"s.e"}]


# ---- what is damaged


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("machine.json", "is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("pythons/3.14t.json", "is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("s/config.yaml", "is no mapping"),
        ("s/tables/metrics.csv", "is no table: No columns to parse from file"),
        ("s/tables/budget.csv", "is no table: No columns to parse from file"),
        ("s/tables/fastest.csv", "is no table: No columns to parse from file"),
        ("s/tables/quality.csv", "is no table: No columns to parse from file"),
        ("s/tables/failures.csv", "is no table: No columns to parse from file"),
    ],
)
def test_a_damaged_file_is_named_and_the_rest_is_used(file, said, copy):
    good, bad = copy("good", machine="n"), copy("bad")
    (bad / file).write_text("")
    found, unread = read(good, bad)
    assert ([one.problems for one in found], unread) == ([[], [(file, said)]], [])
    together, _ = sets.together(found)
    assert len(together["runs"]) == 48
    for name in sets.USED:
        assert together[name].dtypes.tolist() == found[0].tables[name].dtypes.tolist()


@pytest.mark.parametrize("name", ["summary", "runs", "builds"])
def test_a_sweep_without_a_table_that_is_needed_is_left_out(name, copy):
    folder = copy()
    shutil.copytree(folder / "s", folder / "t")
    (folder / f"s/tables/{name}.csv").write_bytes(b"\xff")
    one = read_one(folder)
    said = "cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
    assert (one.sweeps, one.problems) == (["t"], [(f"s/tables/{name}.csv", said)])


def test_a_set_without_a_sweep_that_can_be_used_is_left_out(copy, tmp_path):
    folder = copy()
    without(folder / "s/tables/runs.csv", "status")
    said = "no sweep with tables in it that can be used"
    assert refused(folder) == f"{said}; s/tables/runs.csv the column 'status' is missing"
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == said
    assert refused(tmp_path / "none") == "cannot be unpacked: it is not there"
    assert refused(folder / "machine.json") == "cannot be unpacked: neither a folder nor an archive (.tar.gz or .zip)"


def test_a_problem_of_a_set_that_is_left_out_has_its_label(tmp_path):
    assert read(("mine", tmp_path))[1] == [("mine", "no sweep with tables in it that can be used")]


def test_tables_of_two_machines_are_no_set(copy):
    folder = copy()
    put(folder / "s/tables/summary.csv", "machine", "other", 0)
    assert refused(folder) == "its tables are of 2 machines"
    put(folder / "s/tables/summary.csv", "machine", "other")
    assert refused(folder) == "its tables are of 2 machines"


@pytest.mark.parametrize("header", [{"comment": "x" * 2**20}, {"path": "x" * 2**21}], ids=["comment", "name"])
@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", ""])
def test_a_header_that_would_fill_the_memory_is_not_read(header, compression, tmp_path):
    with tarfile.open(tmp_path / "set.tar", f"w:{compression}", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("s/tables/runs.csv")
        info.pax_headers = header
        archive.addfile(info)
    assert refused(tmp_path / "set.tar") == "cannot be unpacked: a header in it has more than 1 MiB"


def test_a_set_that_cannot_be_reached_is_named(copy, tmp_path):
    sets_, problems = read((None, tmp_path / ("x" * 300)), (None, copy()))
    assert [problem for _, problem in problems] == ["cannot be read: File name too long"]
    assert len(sets_) == 1


def test_a_label_that_is_no_name_is_no_set_s(copy):
    folder = copy()
    for name in sets.USED:
        if "machine" in columns.names(name):
            put(folder / f"s/tables/{name}.csv", "machine", "a b")
    assert refused(folder) == "its machine's label is not a name"


def test_a_set_without_runs_is_left_out(copy):
    folder = copy()
    path = folder / "s/tables/runs.csv"
    path.write_text(path.read_text().partition("\n")[0] + "\n")
    assert refused(folder) == "there is no run in it"


def test_what_the_summary_has_no_row_of_is_left_out_of_the_other_tables(copy):
    folder = copy()
    put(folder / "s/tables/summary.csv", "total_s", "x", 3)
    one = read_one(folder)
    assert one.problems == [
        ("s/tables/summary.csv", "row 5: total_s: is no number"),
        ("s/tables/runs.csv", "6 rows left out, missing in summary.csv"),
        ("s/tables/fastest.csv", "1 row left out, missing in summary.csv"),
        ("s/tables/budget.csv", "1 row left out, missing in summary.csv"),
        ("s/tables/metrics.csv", "1 row left out, missing in summary.csv"),
    ]
    assert [len(one.tables[name]) for name in ("summary", "runs", "fastest", "budget", "metrics")] == [3, 18, 1, 3, 3]


def test_combinations_of_builds_that_are_not_known_are_left_out(copy):
    folder = copy()
    rewrite(folder / "s/tables/builds.csv", lambda rows: rows[:1])
    one = read_one(folder)
    assert set(one.tables["runs"]["python"]) == set(one.tables["summary"]["python"]) == {"3.14"}
    assert one.problems[0] == ("s/tables/summary.csv", "2 rows left out, missing in builds.csv")


def test_that_the_table_of_the_fastest_has_one_word_for_the_time_of_a_workload_is_no_mistake(copy):
    folder = copy()
    put(folder / "s/tables/fastest.csv", "timed", "work")
    assert read_one(folder).problems == []


def test_rows_that_stand_there_twice_count_once(copy):
    folder = copy()
    for name in ("runs", "summary", "builds"):
        rewrite(folder / f"s/tables/{name}.csv", lambda rows: [*rows, rows[0]])
    one = read_one(folder)
    again = "1 row left out, standing there already"
    assert one.problems == [(f"s/tables/{name}.csv", again) for name in ("builds", "summary", "runs")]
    assert [len(one.tables[name]) for name in ("runs", "summary", "builds")] == [24, 4, 2]


def test_runs_whose_records_are_damaged_are_no_mistake(copy):
    folder = copy()
    for column in ("python", "workload", "backend", "scaling", "round"):
        put(folder / "s/tables/runs.csv", column, "", 0)
        put(folder / "s/tables/failures.csv", column, "", 0)
    for name in ("runs", "failures"):
        put(folder / f"s/tables/{name}.csv", "status", "damaged", 0)
    one = read_one(folder)
    assert (one.problems, len(one.tables["runs"]), len(one.tables["failures"])) == ([], 23, 1)


def test_the_a_a_test_is_read_for_its_noise_floor_and_named_where_it_cannot_be(copy):
    folder = copy()
    shutil.copytree(folder / "s", folder / "noise")
    (folder / "noise/tables/noise.csv").write_text("x\n")
    one = read_one(folder)
    assert (one.noise, one.problems) == (None, [("noise/tables/noise.csv", "the column 'python' is missing")])


# ---- earlier versions


def test_a_set_of_an_earlier_version_is_compared(copy):
    earlier, later = copy("earlier"), copy("later", "2026-06-01T12:00:00Z")
    shutil.copytree(earlier / "s", earlier / "t")
    without(earlier / "s/tables/builds.csv", "machine")
    without(earlier / "s/tables/runs.csv", "source", "protocol")
    for name in ("changes", "means", "shapes", "one_sided"):
        (earlier / f"s/tables/{name}.csv").unlink()
    found, unread = read(earlier, later)
    assert ([one.problems for one in found], unread) == ([[], []], [])
    assert found[0].tables["builds"]["machine"].tolist() == ["m 2026-01-01"] * 2
    together, machines = sets.together(found)
    assert machines == {"m 2026-01-01": "m", "m 2026-06-01": "m"}
    assert set(together["changes"]["kind"]) == {"again", "build"}


# ---- what is hostile


OUTSIDE = "runs.csv of somebody else"


def packed(path, *members):
    """Writes a tar archive of members (name, text) or TarInfos."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            name, text = member if isinstance(member, tuple) else (None, "")
            info = member if name is None else tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.fixture
def unpacks(tmp_path, monkeypatch):
    """Unpacks an archive; gives the files that were found in it, and fails where there are others anywhere below tmp_path."""
    inner = tmp_path / "deep/temporary"
    inner.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(inner))

    def call(path):
        before = set(tmp_path.rglob("*"))
        with archives.opened(path) as folder:
            below = next(each for each in folder.parents if each.parent == inner)
            made = set(tmp_path.rglob("*")) - before - set(below.rglob("*")) - {below}
            files = {str(each.relative_to(below)): each for each in below.rglob("*") if not each.is_dir()}
            assert made == set()
            assert not any(each.is_symlink() or each.stat().st_nlink > 1 for each in files.values())
            return {name: each.read_text() for name, each in files.items()}

    return call


def test_members_of_an_archive_that_would_lie_outside_are_refused(unpacks, tmp_path):
    path = packed(tmp_path / "set.tar.gz", ("s/ok", "1"), ("../../outside", "2"))
    with pytest.raises(archives.NoSet) as refused:
        unpacks(path)
    assert str(refused.value) == (
        "cannot be unpacked: '../../outside' would be extracted to 'outside', which is outside the destination"
    )
    assert not list(tmp_path.rglob("outside"))


def test_absolute_names_of_an_archive_are_taken_below_the_folder(unpacks, tmp_path):
    path = packed(tmp_path / "set.tar.gz", (str(tmp_path / "outside"), "1"))
    assert list(unpacks(path)) == [f"set{tmp_path}/outside"]


def test_a_zip_writes_nothing_outside(unpacks, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        linked = zipfile.ZipInfo("link")
        linked.external_attr = 0o120777 << 16
        archive.writestr(linked, "/etc/passwd")
        for name in ("../../outside", str(tmp_path / "outside"), "a/../../../outside"):
            archive.writestr(name, name)
    assert unpacks(tmp_path / "set.zip")["set/link"] == "/etc/passwd"  # the text, not the link


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_of_an_archive_are_not_made(kind, unpacks, tmp_path):
    (tmp_path / "secret").write_text(OUTSIDE)
    members = link("tables/a", str(tmp_path / "secret"), kind), link("tables/b", "../../../secret", kind)
    path = packed(tmp_path / "set.tar.gz", *members, ("tables/c", "1"))
    assert unpacks(path) == {"set/tables/c": "1"}


def test_nothing_is_written_through_a_link_of_an_archive(unpacks, tmp_path):
    (tmp_path / "target").mkdir()
    path = packed(tmp_path / "set.tar.gz", link("l", str(tmp_path / "target")), ("l/x", "1"))
    assert unpacks(path) == {"set/l/x": "1"}


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_an_archive_of_too_many_files_or_bytes_is_not_unpacked(kind, copy, tmp_path, monkeypatch):
    path = shutil.make_archive(tmp_path / "sent", kind, copy())
    monkeypatch.setattr(archives, "_MOST_FILES", 5)
    assert refused(path) == "cannot be unpacked: more than 5 files or 2 GiB in it"
    monkeypatch.setattr(archives, "_MOST_FILES", 1000)
    monkeypatch.setattr(archives, "_MOST_UNPACKED", 2**10)
    assert refused(path) == "cannot be unpacked: more than 1,000 files or 9.53674e-07 GiB in it"


def test_an_archive_may_have_as_many_files_and_bytes_as_it_says(monkeypatch):
    monkeypatch.setattr(archives, "_MOST_FILES", 3)
    archives._refuse_large([2**31 - 2, 1, 1])
    for sizes in ([2**31 - 2, 1, 2], [0, 0, 0, 0]):
        with pytest.raises(ValueError, match=r"^more than 3 files or 2 GiB in it$"):
            archives._refuse_large(sizes)


def test_of_an_archive_that_is_too_large_no_more_is_read():
    sizes = iter([2**30, 2**30, 1, 7])
    with pytest.raises(ValueError, match=r"^more than 100,000 files or 2 GiB in it$"):
        archives._refuse_large(sizes)
    assert list(sizes) == [7]


def test_what_stands_behind_the_last_file_is_not_read_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_MOST_UNPACKED", 10**6)
    monkeypatch.setattr(archives, "_MOST_FILES", 10)
    path = packed(tmp_path / "set.tar.gz", ("s/tables/runs.csv", "1"))
    path.write_bytes(path.read_bytes() + gzip.compress(bytes(10**7)))
    assert refused(path) == "cannot be unpacked: more than 10 files or 0.000931323 GiB in it"


def test_a_pipe_is_no_set(tmp_path):
    os.mkfifo(tmp_path / "set.zip")
    assert refused(tmp_path / "set.zip") == "cannot be unpacked: is no file"


def spoiled(path, change):
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)
    return path


@pytest.fixture
def zipped(tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", "text" * 100)
    return tmp_path / "set.zip"


def encrypt(content):
    for head in (b"PK\3\4", b"PK\1\2"):
        content[content.index(head) + (6 if head == b"PK\3\4" else 8)] |= 1


def to_unknown_method(content):
    for head in (b"PK\3\4", b"PK\1\2"):
        content[content.index(head) + (8 if head == b"PK\3\4" else 10)] = 98


def miscount(content):
    for head in (b"PK\3\4", b"PK\1\2"):
        content[content.index(head) + (14 if head == b"PK\3\4" else 16)] ^= 1


def garble(content):
    content[31:35] = b"\xff" * 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (encrypt, "is encrypted, password required for extraction"),
        (to_unknown_method, "That compression method is not supported"),
        (miscount, "Bad CRC-32 for file 'a'"),
        (garble, "Error -3 while decompressing data: invalid block type"),
    ],
)
def test_a_zip_that_cannot_be_read_is_named(change, said, zipped):
    text = refused(spoiled(zipped, change))
    assert text.startswith("cannot be unpacked: ") and said in text


@pytest.mark.parametrize("kind", ["gztar", "xztar", "bztar"])
def test_a_tar_that_was_cut_off_or_garbled_is_named(kind, copy, tmp_path):
    path = Path(shutil.make_archive(tmp_path / "sent", kind, copy()))
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2):
        path.write_bytes(whole[:length])
        assert refused(path).startswith("cannot be unpacked: ")
    path.write_bytes(whole[: len(whole) // 2] + bytes(1000) + whole[len(whole) // 2 :])
    assert refused(path).startswith("cannot be unpacked: ")


def test_an_archive_without_files_is_no_set(tmp_path):
    zipfile.ZipFile(tmp_path / "set.zip", "w").close()
    for path in (tmp_path / "set.zip", packed(tmp_path / "set.tar.gz")):
        assert refused(path) == "no sweep with tables in it that can be used"


def test_names_in_an_archive_that_are_none_are_named(tmp_path):
    path = packed(tmp_path / "set.tar.gz", ("a", "1"), ("a/b", "2"))
    assert refused(path).startswith("cannot be unpacked: [Errno 20] Not a directory: ")
    assert refused(packed(path, ("a" * 300, "1"))).startswith("cannot be unpacked: [Errno 36] File name too long: ")
    assert refused(packed(path, ("a/" * 3000 + "b", "1"))).startswith("cannot be unpacked: ")


@pytest.mark.parametrize("file", ["s/tables/runs.csv", "s/tables/budget.csv", "s/config.yaml", "pythons/3.14.json"])
def test_a_link_that_leads_out_of_the_set_is_not_read(file, copy, tmp_path):
    folder = copy()
    shutil.move(folder / file, tmp_path / "outside")
    (folder / file).symlink_to(tmp_path / "outside")
    found, unread = read(folder)
    said = "is a link that leads out of the result set"
    if file.endswith("runs.csv"):
        assert unread == [("m", f"no sweep with tables in it that can be used; {file} {said}")]
    else:
        assert found[0].problems == [(file, said)]


def test_links_within_a_set_are_read_and_those_that_lead_nowhere_are_named(copy):
    folder = copy()
    tables = folder / "s/tables"
    shutil.move(tables / "runs.csv", folder / "kept.csv")
    (tables / "runs.csv").symlink_to("../../kept.csv")
    (tables / "budget.csv").unlink()
    (tables / "budget.csv").symlink_to("budget.csv")
    one = read_one(folder)
    assert len(one.tables["runs"]) == 24
    assert [file for file, _ in one.problems] == ["s/tables/budget.csv"]


def test_a_folder_of_a_sweep_that_is_a_link_out_of_the_set_is_not_read(copy):
    folder, other = copy(), copy("other")
    (folder / "linked").symlink_to(other / "s")
    one = read_one(folder)
    said = "is a link that leads out of the result set"
    assert (one.sweeps, one.problems) == (["s"], [("linked/tables/summary.csv", said)])


@pytest.mark.parametrize("name", ["<b>", "a b", "\x1b[31m", os.fsdecode(b"\xff"), "x" * 61])
def test_a_folder_whose_name_is_none_of_a_sweep_is_named(name, copy):
    folder = copy()
    shutil.copytree(folder / "s", folder / name)
    one = read_one(folder)
    assert (one.sweeps, one.problems) == (["s"], [(repr(name), "is no name of a sweep")])


# ---- all together


def test_a_comparison_of_good_damaged_and_hostile_sets_names_what_is_wrong(copy, tmp_path):
    good, damaged, hostile = copy("good"), copy("damaged", machine="n"), copy("hostile", "2026-05-01T12:00:00Z")
    put(damaged / "s/tables/runs.csv", "total_s", "-1", 2)
    (damaged / "s/tables/budget.csv").unlink()
    (hostile / "machine.json").unlink()
    (hostile / "machine.json").symlink_to("/etc/passwd")
    (hostile / "s/config.yaml").write_text("a: !!python/object/apply:os.mkdir [made]\n")
    put(hostile / "s/tables/failures.csv", "reason", "<script>alert(1)</script>")
    bad = packed(tmp_path / "bad.tar.gz", ("../../outside", "1"))
    plan = tmp_path / "plan.json"
    named = [{"label": None, "path": str(path)} for path in (good, damaged, hostile, bad, tmp_path / "none")]
    plan.write_text(json.dumps({"sets": named, "by_date": False, "noise_sweep": "noise"}))
    done = run_python("-m", "gil_scaling.analysis.compare", str(plan), str(tmp_path / "out"))
    said = [
        "bad.tar.gz: cannot be unpacked: '../../outside' would be extracted to 'outside', which is outside the destination",
        "none: cannot be unpacked: it is not there",
        "n: s/tables/runs.csv: row 4: total_s: is negative",
        "n: s/tables/budget.csv: cannot be read: No such file or directory",
        "m 2026-05-01: s/config.yaml: is no YAML",
        "m 2026-05-01: machine.json: is a link that leads out of the result set",
    ]
    assert (done.returncode, done.stderr.splitlines()[: len(said)]) == (0, said)
    page = (tmp_path / "out/report.html").read_text()
    for line in said:
        assert all(part.replace("'", "&#39;") in page for part in line.split(": ", 2))
    assert "<script>alert" not in page
    made = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [path for path in made if str(tmp_path).encode() in path.read_bytes()]
    assert {"report.html", "report.md", "changes.csv", "shapes.csv", "index.json"} <= {path.name for path in made}


def test_a_comparison_of_nothing_ends_with_what_was_missing(tmp_path, capsys):
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"sets": [], "by_date": True, "noise_sweep": "noise"}))
    with pytest.raises(SystemExit) as ended:
        __main__.main(plan, tmp_path / "out")
    assert str(ended.value) == (
        "nothing to compare: no result set with the tables of a sweep under results/, nor under compare: of the config"
    )
    assert not (tmp_path / "out").exists()
