import json

from gil_scaling.plan import recovery
from gil_scaling.result_set import INDEX


def test_a_folder_that_lacks_a_figure_is_noticed(tmp_path):
    entries = [{"name": "one", "missing": None}, {"name": "two", "missing": "no data"}]
    assert recovery.lacks_figures(tmp_path)
    (tmp_path / INDEX).write_text(json.dumps(entries))
    assert recovery.lacks_figures(tmp_path)
    for end in ("svg", "csv"):
        (tmp_path / f"one.{end}").touch()
    assert not recovery.lacks_figures(tmp_path)
    for text in ("[", "3", '[{"name": 1}]'):
        (tmp_path / INDEX).write_text(text)
        assert recovery.lacks_figures(tmp_path)


def test_the_last_call_of_each_sweep_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recovery.FOLDER.mkdir(parents=True)
    recovery.note_last_call("m/a", "1", ["x", "y"])
    recovery.note_last_call("m/b", "2", [])
    assert recovery.read_last_call("m/a") == recovery.LastCall("1", frozenset({"x", "y"}))
    assert recovery.read_last_call("m/b") == recovery.LastCall("2")
    assert recovery.read_last_call("m/c") == recovery.LastCall()
