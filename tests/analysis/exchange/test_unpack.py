import gzip
import io
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from gil_scaling.analysis.exchange import unpack

FILES = {"machine.json": "{}", "s/plan.json": "{}", "s/tables/runs.csv": "machine\n" + "m\n" * 200}


@pytest.fixture
def result_set(tmp_path):
    """A folder with the machine m and its sweep s."""
    for name, text in FILES.items():
        path = tmp_path / "sets/m" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "sets/m"


def read_files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def opened(path):
    """The folder name and the files of a result set."""
    with unpack.open_result_set(Path(path)) as folder:
        return folder.name, read_files(folder)


def refused(path):
    """The message of the error."""
    with pytest.raises(unpack.ResultSetError) as error:
        opened(path)
    return str(error.value)


def write_tar(path, *members):
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


# ---- which folder


def test_open_result_set_resolves_a_folder(result_set, tmp_path):
    (tmp_path / "link").symlink_to(result_set)
    for path in (result_set, tmp_path / "link", result_set / "s/.."):
        with unpack.open_result_set(path) as folder:
            assert folder == result_set.resolve()


@pytest.mark.parametrize("kind", ["zip", "gztar", "bztar", "xztar", "tar"])
@pytest.mark.parametrize("top", ["m", "."])
def test_open_result_set_unpacks_with_and_without_top_folder(kind, top, result_set, tmp_path):
    root = result_set.parent if top == "m" else result_set
    path = shutil.make_archive(tmp_path / "sent.by.m", kind, root, top)
    assert opened(path) == ("m" if top == "m" else "sent", FILES)


def test_open_result_set_finds_the_folder_of_a_sweep(result_set, tmp_path):
    path = shutil.make_archive(tmp_path / "sent", "zip", result_set, "s")
    assert opened(path) == ("s", {"plan.json": FILES["s/plan.json"], "tables/runs.csv": FILES["s/tables/runs.csv"]})


def test_open_result_set_sees_nothing_beside_the_archive(result_set, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "machine.json").write_text("of somebody else")
    with unpack.open_result_set(Path(shutil.make_archive(tmp_path / "sent", "zip", result_set / "s"))) as folder:
        assert folder.name == "sent"
        assert not (folder.parent / "machine.json").exists()


def test_open_result_set_ignores_the_folder_of_macos(result_set, tmp_path):
    path = shutil.make_archive(tmp_path / "sent", "zip", result_set.parent, "m")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/m/._machine.json", "x")
    assert opened(path) == ("m", FILES)


def test_open_result_set_removes_what_it_unpacked(result_set, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    opened(shutil.make_archive(tmp_path / "sent", "gztar", result_set))
    assert list((tmp_path / "temporary").iterdir()) == []


# ---- paths


@pytest.fixture
def unpack_safely(tmp_path, monkeypatch):
    """Unpacks an archive and returns its files; fails if any other file appears below tmp_path."""
    inner = tmp_path / "deep/temporary"
    inner.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(inner))

    def call(path):
        before = set(tmp_path.rglob("*"))
        with unpack.open_result_set(path) as folder:
            below = next(parent for parent in folder.parents if parent.parent == inner)
            assert set(tmp_path.rglob("*")) - before - set(below.rglob("*")) - {below} == set()
            files = [entry for entry in below.rglob("*") if not entry.is_dir()]
            assert not any(entry.is_symlink() or entry.stat().st_nlink > 1 for entry in files)
            return read_files(below)

    return call


def test_a_tar_member_outside_the_folder_is_refused(tmp_path):
    path = write_tar(tmp_path / "set.tar.gz", ("s/ok", "1"), ("../../outside", "2"))
    assert refused(path) == "cannot be unpacked: '../../outside' leads out of the folder"
    assert not list(tmp_path.rglob("outside"))


def test_an_absolute_tar_member_is_unpacked_below_the_folder(unpack_safely, tmp_path):
    path = write_tar(tmp_path / "set.tar.gz", (str(tmp_path / "outside"), "1"))
    assert list(unpack_safely(path)) == [f"set{tmp_path}/outside"]


def test_a_zip_writes_nothing_outside_the_folder(unpack_safely, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        linked = zipfile.ZipInfo("link")
        linked.external_attr = 0o120777 << 16
        archive.writestr(linked, "/etc/passwd")
        for name in ("../../outside", str(tmp_path / "outside"), "a/../../../outside"):
            archive.writestr(name, name)
    assert unpack_safely(tmp_path / "set.zip")["set/link"] == "/etc/passwd"  # the text, not the link


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_not_unpacked(kind, unpack_safely, tmp_path):
    (tmp_path / "secret").write_text("of somebody else")
    members = link("tables/a", str(tmp_path / "secret"), kind), link("tables/b", "../../../secret", kind)
    path = write_tar(tmp_path / "set.tar.gz", *members, ("tables/c", "1"))
    assert unpack_safely(path) == {"set/tables/c": "1"}


def test_nothing_is_written_through_a_link(unpack_safely, tmp_path):
    (tmp_path / "target").mkdir()
    path = write_tar(tmp_path / "set.tar.gz", link("l", str(tmp_path / "target")), ("l/x", "1"))
    assert unpack_safely(path) == {"set/l/x": "1"}


# ---- limits


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_an_archive_beyond_a_limit_is_not_unpacked(kind, result_set, tmp_path, monkeypatch):
    path = shutil.make_archive(tmp_path / "sent", kind, result_set)
    monkeypatch.setattr(unpack, "MAX_FILES", 2)
    assert refused(path) == "cannot be unpacked: contains more than 2 files or 2 GiB"
    monkeypatch.setattr(unpack, "MAX_FILES", 1000)
    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 2**8)
    assert refused(path) == "cannot be unpacked: contains more than 1,000 files or 2.38419e-07 GiB"


def test_check_sizes_accepts_the_limits(monkeypatch):
    monkeypatch.setattr(unpack, "MAX_FILES", 3)
    unpack._check_sizes([2**31 - 2, 1, 1])
    for sizes in ([2**31 - 2, 1, 2], [0, 0, 0, 0]):
        with pytest.raises(ValueError, match=r"^contains more than 3 files or 2 GiB$"):
            unpack._check_sizes(sizes)


def test_check_sizes_stops_at_the_limit():
    sizes = iter([2**30, 2**30, 1, 7])
    with pytest.raises(ValueError, match=r"^contains more than 100,000 files or 2 GiB$"):
        unpack._check_sizes(sizes)
    assert list(sizes) == [7]


def test_data_behind_the_last_file_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 10**6)
    monkeypatch.setattr(unpack, "MAX_FILES", 10)
    path = write_tar(tmp_path / "set.tar.gz", ("s/tables/runs.csv", "1"))
    path.write_bytes(path.read_bytes() + gzip.compress(bytes(10**7)))
    assert refused(path) == "cannot be unpacked: contains more than 10 files or 0.000931323 GiB"


@pytest.mark.parametrize("header", [{"comment": "x" * 2**20}, {"path": "x" * 2**21}], ids=["comment", "name"])
@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", ""])
def test_a_header_that_would_fill_the_memory_is_refused(header, compression, tmp_path):
    with tarfile.open(tmp_path / "set.tar", f"w:{compression}", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("s/tables/runs.csv")
        info.pax_headers = header
        archive.addfile(info)
    assert refused(tmp_path / "set.tar") == "cannot be unpacked: contains a header of more than 1 MiB"


# ---- what is no archive, or a damaged one


def test_a_path_that_is_no_archive_is_refused(result_set, tmp_path):
    os.mkfifo(tmp_path / "set.zip")
    assert refused(tmp_path / "set.zip") == "cannot be unpacked: is not a regular file"
    assert refused(tmp_path / "none") == "cannot be unpacked: no such file or folder"
    assert (
        refused(result_set / "machine.json") == "cannot be unpacked: neither a folder nor an archive (.tar.gz or .zip)"
    )


def encrypt(content):
    for head in (b"PK\3\4", b"PK\1\2"):
        content[content.index(head) + (6 if head == b"PK\3\4" else 8)] |= 1


def use_unknown_method(content):
    for head in (b"PK\3\4", b"PK\1\2"):
        content[content.index(head) + (8 if head == b"PK\3\4" else 10)] = 98


def break_checksum(content):
    for head in (b"PK\3\4", b"PK\1\2"):
        content[content.index(head) + (14 if head == b"PK\3\4" else 16)] ^= 1


def break_data(content):
    content[31:35] = b"\xff" * 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (encrypt, "is encrypted, password required for extraction"),
        (use_unknown_method, "That compression method is not supported"),
        (break_checksum, "Bad CRC-32 for file 'a'"),
        (break_data, "Error -3 while decompressing data: invalid block type"),
    ],
)
def test_a_damaged_zip_is_refused(change, message, tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", "text" * 100)
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)
    text = refused(path)
    assert text.startswith("cannot be unpacked: ") and message in text


@pytest.mark.parametrize("kind", ["gztar", "xztar", "bztar"])
def test_a_truncated_or_damaged_tar_is_refused(kind, result_set, tmp_path):
    path = Path(shutil.make_archive(tmp_path / "sent", kind, result_set))
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2):
        path.write_bytes(whole[:length])
        assert refused(path).startswith("cannot be unpacked: ")
    path.write_bytes(whole[: len(whole) // 2] + bytes(1000) + whole[len(whole) // 2 :])
    assert refused(path).startswith("cannot be unpacked: ")


def test_an_archive_without_files_is_an_empty_folder(tmp_path):
    zipfile.ZipFile(tmp_path / "set.zip", "w").close()
    for path in (tmp_path / "set.zip", write_tar(tmp_path / "set.tar.gz")):
        assert opened(path) == ("set", {})


def test_names_that_no_file_can_have_are_refused(tmp_path):
    path = write_tar(tmp_path / "set.tar.gz", ("a", "1"), ("a/b", "2"))
    assert refused(path).startswith("cannot be unpacked: [Errno 17] File exists: ")
    assert refused(write_tar(path, ("a" * 300, "1"))).startswith("cannot be unpacked: [Errno 36] File name too long: ")
    assert refused(write_tar(path, ("a/" * 3000 + "b", "1"))).startswith("cannot be unpacked: ")
