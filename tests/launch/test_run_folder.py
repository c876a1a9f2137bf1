import os
from pathlib import Path

import pytest
from gil_scaling.launch import run_folder


@pytest.fixture(autouse=True)
def parent(monkeypatch, tmp_path):
    monkeypatch.setattr(run_folder, "PARENT", str(tmp_path))
    return tmp_path


def test_folder_is_removed_however_deep(parent):
    with run_folder.RunFolder({"n": 1}) as folder:
        assert Path(folder, "spec.json").read_text() == '{"n": 1}'
        before = os.getcwd()
        os.chdir(folder)
        for _ in range(700):
            os.mkdir("deeper")
            os.chdir("deeper")
        os.chdir(before)
    assert not list(parent.iterdir())


def test_folder_that_cannot_be_made_is_reported(parent, monkeypatch):
    monkeypatch.setattr(run_folder, "PARENT", f"{parent}/none")
    problem = "cannot create the folder of a run: No such file or directory. It must be writable and have free space."
    with pytest.raises(SystemExit) as raised, run_folder.RunFolder({}):
        pass
    assert str(raised.value) == f"{parent}/none: {problem}"


@pytest.mark.parametrize(
    "content",
    ["[[", "[]", '{"status": "odd", "reason": ""}', "[" * 10**6, '{"status": "failed", "reason": [1]}', "\0"],
)
def test_read_result_ignores_damaged_ones(content, tmp_path):
    (tmp_path / "result.json").write_text(content)
    assert run_folder.read_result(str(tmp_path)) is None


def test_read_result_ignores_missing_ones_and_pipes(tmp_path):
    assert run_folder.read_result(str(tmp_path)) is None
    os.mkfifo(tmp_path / "result.json")
    assert run_folder.read_result(str(tmp_path)) is None


def test_clean_up_removes_folders_of_runs_alone(parent):
    names = ["gil-scaling-run-12-34", "gil-scaling-run-x", "gil-scaling-12", "another"]
    for name in names:
        (parent / name).mkdir()
    (parent / "gil-scaling-run-5").symlink_to(parent / "another")
    run_folder.clean_up()
    assert sorted(path.name for path in parent.iterdir()) == sorted(["gil-scaling-run-5", *names[1:]])
