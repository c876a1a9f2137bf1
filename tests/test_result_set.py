import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gil_scaling import result_set
from gil_scaling.result_set import read_bytes, write_text


def test_paths_are_in_the_folders_of_the_contract():
    assert result_set.record_path(Path("results/m"), "a-r1") == "results/m/runs/a-r1.json"
    assert result_set.expected_path("results/m", "1f") == "results/m/expected/1f.json"
    assert result_set.table_path("results/m/default", "runs") == "results/m/default/tables/runs.csv"


def test_sweeps_cannot_take_the_names_of_a_result_set():
    names = {name.partition("/")[0] for name in result_set.BUNDLED} | {result_set.LOGS}
    assert names <= set(result_set.RESERVED_SWEEPS)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_read_bytes_refuses_what_has_no_end(make, tmp_path):
    make(tmp_path / "a")
    with pytest.raises(ValueError, match=r"^is not a regular file$"):
        read_bytes(tmp_path / "a")


def test_read_bytes_refuses_a_large_file(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * (2**20 + 1))
    assert len(read_bytes(tmp_path / "a")) == 2**20 + 1
    with pytest.raises(ValueError, match=r"^is larger than 1 MiB$"):
        read_bytes(tmp_path / "a", 2**20)


def test_write_text_keeps_the_old_file_when_it_fails(monkeypatch, tmp_path):
    path = tmp_path / "a"
    write_text(path, "old")
    monkeypatch.setattr(os, "fsync", lambda _: exec("raise OSError"))
    with pytest.raises(OSError, match=r"^$"):
        write_text(path, "new")
    assert (path.read_text(), os.listdir(tmp_path)) == ("old", ["a"])
    assert stat.S_ISREG(path.stat().st_mode)


def test_write_text_makes_the_folder_of_the_file(tmp_path):
    write_text(tmp_path / "a" / "b" / "c.txt", "text")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "text"


def test_threads_that_write_one_file_leave_one_of_their_texts(tmp_path):
    texts = [str(number) for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_text, [tmp_path / "a"] * len(texts), texts))
    assert (os.listdir(tmp_path), (tmp_path / "a").read_text() in texts) == (["a"], True)
