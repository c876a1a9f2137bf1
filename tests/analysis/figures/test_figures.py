import json
from functools import cache
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from docutils.core import publish_parts
from gil_scaling.analysis import figures
from gil_scaling.analysis.figures.__main__ import draw_all
from gil_scaling.analysis.figures.drawing import Drawn, Missing
from gil_scaling.result_set import INDEX

from tests.analysis.figures.support import assert_no_text_is_cut
from tests.support import make_record, make_tables, sweep_records


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6, "process": [1.0] * 6}, python="3.14")
    records += sweep_records({"sequential": [5.0] * 6, "thread": [1.0] * 6}, python="3.14t")
    return make_tables(tmp_path_factory.mktemp("full"), records)


@pytest.fixture(scope="module")
def draw(full):
    """Draws the figure of a name from the full tables, once."""
    return cache(lambda name: figures.load(name).draw(full).figure)


@pytest.fixture(scope="module")
def everything(full, tmp_path_factory):
    """The folder of all figures of the full tables, and {name: entry} of its index."""
    folder = tmp_path_factory.mktemp("everything") / "figures"
    return SimpleNamespace(folder=folder, entries={one["name"]: one for one in draw_all(full, ["e"], folder)})


OFTEN = ("speedup", "time", "budget", "fastest")  # those that any sweep has


@pytest.mark.parametrize("name", OFTEN[:3])
def test_there_is_a_panel_for_each_workload_and_build(name, draw):
    assert [axes.get_title("left") or axes.get_title() for axes in draw(name).axes] == [
        "py_loop · 3.14",
        "py_loop · 3.14t",
    ]


@pytest.mark.parametrize("name", figures.NAMES)
def test_a_figure_is_a_question_a_place_and_what_it_shows(name, everything):
    (entry,) = [one for one in everything.entries.values() if one["figure"] == name]
    assert entry["title"].endswith("?") and figures.load(name).PLACE > 0
    if entry["missing"]:
        assert name not in OFTEN
        return
    assert entry["caption"].endswith(".") and all(sentence.endswith(".") for sentence in entry["answers"])
    assert len(pd.read_csv(everything.folder / f"{entry['name']}.csv"))


def test_figures_drawn_at_once_are_the_same(full, everything, tmp_path):
    entries = draw_all(full, ["e"], tmp_path, OFTEN, cores=2)
    assert [entry["figure"] for entry in entries] == list(OFTEN)
    assert entries == [everything.entries[entry["name"]] for entry in entries]
    files = [path for path in tmp_path.iterdir() if path.name != INDEX]
    assert len(files) == 2 * len(OFTEN)
    assert [path for path in files if path.read_bytes() != (everything.folder / path.name).read_bytes()] == []


def test_figures_are_drawn_without_semaphores_too(full, everything, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("no /dev/shm")

    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", refuse)
    entries = draw_all(full, ["e"], tmp_path, ["fastest"], cores=2)
    assert entries == [everything.entries["fastest"]]


def test_no_two_figures_have_the_same_place():
    places = [figures.load(name).PLACE for name in figures.NAMES]
    assert len(set(places)) == len(places)


@pytest.fixture(scope="module")
def nothing_ok(tmp_path_factory):
    """The tables of a sweep of failures."""
    records = sweep_records({"sequential": [1.0], "thread": [1.0]})
    for one in records:
        one.update(status="crashed", reason="killed", measured=None)
    return make_tables(tmp_path_factory.mktemp("nothing_ok"), records)


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_figure_says_what_is_missing_where_nothing_is_ok(name, nothing_ok):
    with pytest.raises(Missing, match=r"[^.?!]$"):
        figures.load(name).draw(nothing_ok)


def test_what_is_left_of_a_sweep_is_drawn(tmp_path):
    records = sweep_records({"sequential": [1.0, 1.0], "thread": [1.0, 1.0]})
    records[2].update(status="timeout", reason="slow", measured=None)
    tables = make_tables(tmp_path, records)
    assert [len(figures.load(name).draw(tables).figure.axes) for name in OFTEN] == [1] * 4


def test_what_was_drawn_and_what_was_not_stands_in_the_index(everything):
    folder, entries = everything.folder, everything.entries
    assert {"fastest", "speedup-e", "time-e", "budget-e", "timeline-e"} <= {
        name for name, one in entries.items() if one["missing"] is None
    }
    drawn = [name for name, one in entries.items() if one["missing"] is None]
    files = [*(f"{name}.{kind}" for name in drawn for kind in ("csv", "svg")), "index.json"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)
    assert figures.read_index(folder) == list(entries.values())
    assert entries["sharing"]["missing"] and entries["sharing"]["caption"] is None
    assert list(pd.read_csv(folder / "speedup-e.csv")["workers"]) == [1, 2, 2, 1, 2]


def test_caption_has_the_first_answers_and_the_reading(monkeypatch, full, everything, tmp_path):
    answers, caption = (everything.entries["speedup-e"][part] for part in ("answers", "caption"))
    assert caption.startswith(
        f"{answers[0]} Speedup over sequential on the same build. Hodges–Lehmann estimates of the ratios over 6 rounds;"
    )
    many = Drawn(plt.figure(), [f"Answer {n}." for n in range(6)], "Read it so.", pd.DataFrame())
    monkeypatch.setattr(figures.load("speedup"), "draw", lambda tables: many)
    (other,) = draw_all(full, ["e"], tmp_path, ["speedup"])
    assert other["caption"] == (
        "Answer 0. Answer 1. Answer 2. Answer 3. The top of the report has 2 more of these sentences. Read it so."
    )


def test_captions_escape_restructured_text(tmp_path):
    (tmp_path / INDEX).write_text(
        json.dumps([{"name": "a", "caption": "*x* |y| `z`_ 1."}, {"name": "b", "caption": None}])
    )
    captions = figures.captions(tmp_path)
    assert list(captions) == ["a"]
    body = publish_parts(captions["a"], writer_name="html")["body"]
    assert body.strip() == "<p>*x* |y| `z`_ 1.</p>"


@pytest.mark.slow
def test_equal_tables_give_equal_files(full, everything, tmp_path):
    draw_all(full, ["e"], tmp_path)
    files = {path.name: path.read_bytes() for path in everything.folder.iterdir()}
    assert len(files) >= 10
    assert [name for name, content in files.items() if (tmp_path / name).read_bytes() != content] == []


def test_panels_name_the_parameters_that_differ(tmp_path):
    records = [
        make_record(f"n{n}", spec={"params": {"n": n, "count": 2}, "backend": "sequential", "workers": 1})
        for n in (10, 2000)
    ]
    drawn = figures.load("time").draw(make_tables(tmp_path, records)).figure
    assert [axes.get_title("left") or axes.get_title() for axes in drawn.axes] == [
        "py_loop, n=10 · 3.14",
        "py_loop, n=2,000 · 3.14",
    ]


@pytest.mark.parametrize("name", OFTEN)
def test_no_text_reaches_out_of_the_figure(name, draw):
    assert_no_text_is_cut(draw(name))


def test_an_experiment_is_named_in_answers_and_not_in_its_panels(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    read = make_tables(tmp_path / "m", records, experiments=("x", "y"))
    entries = draw_all(read, ["x", "y"], tmp_path / "figures", ["speedup", "fastest"])
    whole, *own = sorted(entries, key=lambda entry: entry["figure"])
    assert [answer.split(",")[0] for entry in own for answer in entry["answers"]] == [
        "x: py_loop: thread × 2 on 3.14",
        "y: py_loop: thread × 2 on 3.14",
    ]
    assert own[0]["caption"].startswith("py_loop: thread × 2")
    assert "py_loop (x) on 3.14: " in whole["answers"][0]
    assert set(pd.read_csv(tmp_path / "figures/speedup-x.csv")["panel"]) == {"py_loop"}
