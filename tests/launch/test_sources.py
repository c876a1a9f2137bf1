import hashlib
import os

from gil_scaling.launch import sources


def described(tmp_path, text="a"):
    path = tmp_path / "mine.py"
    path.write_text(text)
    digests = {str(path): hashlib.sha256(text.encode()).hexdigest()}
    return path, digests, sources.stamps(digests)


def test_a_file_is_changed_when_its_content_is(tmp_path):
    path, digests, stamps = described(tmp_path)
    assert sources.changed(digests, stamps) == []
    path.write_text("b")
    assert sources.changed(digests, stamps) == ["mine.py"]
    path.write_text("a")
    assert sources.changed(digests, stamps) == []
    path.unlink()
    assert sources.changed(digests, stamps) == ["mine.py"]


def test_an_edit_that_keeps_size_and_time_is_seen(tmp_path):
    path, digests, stamps = described(tmp_path)
    before = path.stat()
    path.write_text("b")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert sources.changed(digests, stamps) == ["mine.py"]


def test_an_edit_before_the_stamps_were_made_is_seen(tmp_path):
    path, digests, _ = described(tmp_path)
    path.write_text("b")
    stamps = sources.stamps(digests)
    assert stamps == {str(path): None}
    assert sources.changed(digests, stamps) == ["mine.py"]


def test_an_unchanged_file_is_not_read_again(tmp_path, monkeypatch):
    _, digests, stamps = described(tmp_path)
    monkeypatch.setattr(sources, "digest", lambda path: 1 / 0)
    assert sources.changed(digests, stamps) == []


def test_stamps_that_cannot_be_read_are_none(tmp_path):
    assert sources.read_stamps(str(tmp_path / "none")) == {}
    (tmp_path / "half").write_text('{"a": ')
    assert sources.read_stamps(str(tmp_path / "half")) == {}


def test_a_folder_changes_with_its_packages_alone(tmp_path):
    folder = tmp_path / "site-packages"
    record = folder / "numpy-2.4.1.dist-info/RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("numpy/__init__.py,sha256=a,1")
    digests = {str(folder): sources.digest(str(folder))}
    stamps = sources.stamps(digests)
    (folder / "__pycache__").mkdir()
    assert sources.changed(digests, stamps) == []
    record.parent.rename(folder / "numpy-2.4.2.dist-info")
    assert sources.changed(digests, stamps) == ["site-packages"]


def test_a_folder_changes_with_the_files_of_a_package(tmp_path):
    record = tmp_path / "numpy-2.4.1.dist-info/RECORD"
    record.parent.mkdir()
    record.write_text("numpy/__init__.py,sha256=a,1")
    before = sources.digest(str(tmp_path))
    record.write_text("numpy/__init__.py,sha256=b,1")
    assert sources.digest(str(tmp_path)) != before
