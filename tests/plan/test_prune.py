import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from gil_scaling.plan import prune


@pytest.fixture
def plan(tmp_path):
    """The plan of a sweep `s` with the run kept-r1, in a result set with a record of it, of another sweep, and of none."""
    for name in ("kept-r1-0123456789", "other-r1-0123456789", "old-r1-0123456789", "old-r2-9876543210"):
        (tmp_path / "runs").mkdir(exist_ok=True)
        (tmp_path / "runs" / f"{name}.json").write_text("{}")
    write_plan(tmp_path / "s", "old-r1-0123456789")  # what it was before
    write_plan(tmp_path / "t", "other-r1-0123456789")
    runs = [SimpleNamespace(name="kept-r1-0123456789")]
    request = SimpleNamespace(sweep="s", folder=tmp_path, state=tmp_path / "state")
    builds = {"3.14": SimpleNamespace(environment="kept"), "3.13": SimpleNamespace(environment=None)}
    return SimpleNamespace(request=request, runs=runs, sizes_are_known=True, builds=builds)


def write_plan(folder, *runs, **further):
    folder.mkdir(exist_ok=True)
    (folder / "plan.json").write_text(json.dumps({"runs": [{"run": run} for run in runs], **further}))


def test_find_names_the_records_of_no_sweep(plan):
    assert prune.find(plan) == (["old-r1-0123456789", "old-r2-9876543210"], [])


def test_find_refuses_where_another_plan_cannot_be_read(plan):
    (plan.request.folder / "t/plan.json").write_text('{"runs": [')
    with pytest.raises(prune.PruneError) as error:
        prune.find(plan)
    assert (
        str(error.value)
        == f"{plan.request.folder}/t/plan.json: cannot be read, so the runs of that sweep are not known. Run that sweep again, or remove its folder."
    )


def test_find_refuses_where_a_size_is_not_known(plan):
    plan.sizes_are_known = False
    with pytest.raises(prune.PruneError, match="a size that is auto is not known yet"):
        prune.find(plan)


def test_environments_of_no_sweep_are_removed(plan, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("kept", "other", "old"):
        (tmp_path / "environments" / name / "bin").mkdir(parents=True)
        (tmp_path / "environments" / name / "bin/python").symlink_to("/bin/sh")
    (tmp_path / "environments/.lock").touch()
    write_plan(tmp_path / "t", "other-r1-0123456789", environments=["other"])
    assert prune.find(plan)[1] == ["old"]
    prune.main(prune.write(plan), "true")
    assert sorted(path.name for path in Path("environments").iterdir()) == [".lock", "kept", "other"]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"Removed 2 records (0.0 MiB) and 1 environment (0.0 MiB) in {tmp_path} that no sweep names."


@pytest.mark.parametrize(
    ("remove", "left", "last"),
    [("false", 4, "2 records (0.0 MiB) in {}"), ("True", 2, "Removed 2 records"), ("true", 2, "Removed 2 records")],
)
def test_main_removes_only_if_told(remove, left, last, plan, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    prune.main(prune.write(plan), remove)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "old: 2 records"
    assert lines[1].startswith(last.format(tmp_path))
    assert len(list(Path("runs").iterdir())) == left
