import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from docutils.core import publish_parts
from gil_scaling.analysis import figures
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures.__main__ import draw_all
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, sweep_records, write_result_set


def made(tmp_path, records, **options):
    return tables.tables(load(write_result_set(tmp_path, records, **options)))


@pytest.fixture
def full(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6, "process": [1.0] * 6}, python="3.14")
    records += sweep_records({"sequential": [5.0] * 6, "thread": [1.0] * 6}, python="3.14t")
    return made(tmp_path, records)


OFTEN = ("speedup", "time", "budget", "fastest")  # those that any sweep has


@pytest.mark.parametrize("name", OFTEN[:3])
def test_there_is_a_panel_for_each_workload_and_build(name, full):
    drawn = figures.load(name).draw(full)
    assert [axes.get_title() for axes in drawn.figure.axes] == ["py_loop · 3.14", "py_loop · 3.14t"]


@pytest.mark.parametrize("name", figures.NAMES)
def test_a_figure_is_a_question_a_place_and_what_it_shows(name, full):
    module = figures.load(name)
    assert module.TITLE.endswith("?") and module.PLACE > 0
    try:
        drawn = module.draw(full)
    except _style.Missing:
        assert name not in OFTEN
        return
    assert len(drawn.data) and drawn.reading.endswith(".")
    assert all(sentence.endswith(".") for sentence in drawn.answers)


def test_no_two_figures_have_the_same_place():
    places = [figures.load(name).PLACE for name in figures.NAMES]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_figure_says_what_is_missing_where_nothing_is_ok(name, tmp_path):
    records = sweep_records({"sequential": [1.0], "thread": [1.0]})
    for one in records:
        one.update(status="crashed", reason="killed", measured=None)
    with pytest.raises(_style.Missing, match=r"[^.?!]$"):
        figures.load(name).draw(made(tmp_path, records))


@pytest.mark.parametrize("name", OFTEN)
def test_what_is_left_of_a_sweep_is_drawn(name, tmp_path):
    records = sweep_records({"sequential": [1.0, 1.0], "thread": [1.0, 1.0], "process": [1.0, 1.0]})
    records[2].update(status="timeout", reason="slow", measured=None)
    records = [one for one in records if one["spec"]["backend"] != "process"]
    assert len(figures.load(name).draw(made(tmp_path, records)).figure.axes) == 1


def test_what_was_drawn_and_what_was_not_stands_in_the_index(full, tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    entries = {one["name"]: one for one in draw_all(full, ["e"], folder)}
    assert {"fastest", "speedup-e", "time-e", "budget-e", "timeline-e"} <= {
        name for name, one in entries.items() if one["missing"] is None
    }
    drawn = [name for name, one in entries.items() if one["missing"] is None]
    files = [*(f"{name}.{kind}" for name in drawn for kind in ("csv", "svg")), "index.json"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)
    assert figures.read_index(folder) == list(entries.values())
    assert entries["ladder"]["missing"] and entries["ladder"]["caption"] is None
    assert list(pd.read_csv(folder / "speedup-e.csv")["workers"]) == [2, 1, 2, 1, 2]


def test_a_caption_holds_the_first_answers_and_how_to_read_the_figure(monkeypatch, full, tmp_path):
    entries = {one["name"]: one for one in draw_all(full, ["e"], tmp_path)}
    answers, caption = entries["speedup-e"]["answers"], entries["speedup-e"]["caption"]
    assert caption.startswith(f"{answers[0]} Speedup over sequential on the same build. Medians over 6 rounds;")
    many = _style.Drawn(plt.figure(), [f"Answer {n}." for n in range(6)], "Read it so.", pd.DataFrame())
    monkeypatch.setattr(figures.load("speedup"), "draw", lambda tables: many)
    (other,) = [one for one in draw_all(full, ["e"], tmp_path) if one["name"] == "speedup-e"]
    assert other["caption"] == (
        "Answer 0. Answer 1. Answer 2. Answer 3. 2 more of these sentences stand at the top of the report. Read it so."
    )


def test_captions_of_snakemake_s_report_stay_the_text_that_they_are(tmp_path):
    (tmp_path / figures.INDEX).write_text(
        json.dumps([{"name": "a", "caption": "*x* |y| `z`_ 1."}, {"name": "b", "caption": None}])
    )
    captions = figures.captions(tmp_path)
    assert list(captions) == ["a"]
    body = publish_parts(captions["a"], writer_name="html")["body"]
    assert body.strip() == "<p>*x* |y| `z`_ 1.</p>"


def test_equal_tables_give_equal_files(full, tmp_path):
    for part in ("a", "b"):
        (tmp_path / part).mkdir()
        draw_all(full, ["e"], tmp_path / part)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(files) >= 10
    assert [
        name for name in files if (tmp_path / "a" / name).read_bytes() != (tmp_path / "b" / name).read_bytes()
    ] == []


def test_the_speedup_is_drawn_with_its_interval_in_the_backend_s_colour(tmp_path):
    records = sweep_records({"sequential": [4.0, 4.0], "thread": [2.0, 1.0]})
    records += [
        one for one in sweep_records({"thread": [1.0, 1.0]}, workers=4) if not one.update(run=one["run"] + "w4")
    ]
    drawn = figures.load("speedup").draw(made(tmp_path, records))
    (axes,) = drawn.figure.axes
    (thread,) = [one for one in axes.containers if one.get_label() == "thread"]
    line, _, (bars,) = thread
    assert list(line.get_xdata()) == pytest.approx([2, 4], rel=0.02)
    assert list(line.get_ydata()) == pytest.approx([np.sqrt(8), 4])
    assert bars.get_segments()[0][:, 1] == pytest.approx([2, 4])
    assert line.get_color() == _style.look("thread")[0]


def test_the_bound_and_the_ideal_are_drawn(full):
    drawn = figures.load("speedup").draw(full).figure
    lines = {line.get_label(): line for line in drawn.axes[0].lines}
    assert list(lines["ideal"].get_ydata()) == [1, 2]
    assert list(lines["bound"].get_ydata()) == [10.0]  # 4 s in sequence, of which the two tasks of 0.4 s are the tasks
    assert "sequential" in lines


def test_times_are_drawn_a_row_a_backend_from_the_top(full):
    drawn = figures.load("time").draw(full).figure
    axes = drawn.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sequential", "thread × 2", "process × 2"]
    assert [one[0].get_xdata()[0] for one in axes.containers] == [4, 2, 1]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_parts_of_the_workers_time_are_stacked_up_to_the_whole(tmp_path):
    alone = make_record("s", 1.0, spec={"backend": "sequential", "workers": 1})
    drawn = figures.load("budget").draw(made(tmp_path, [alone, make_record("t", samples=[make_sample(1.5)])])).figure
    bars = {one.get_label(): one.patches[1] for one in drawn.axes[0].containers}
    widths = {label: bar.get_width() for label, bar in bars.items()}
    expected = {"useful": 0.8, "extra CPU": 0, "waiting": 0, "start-up": 0.1 + 0.5, "imbalance": 0.4, "teardown": 1.2}
    assert widths == pytest.approx({label: part / 3 for label, part in expected.items()})
    assert bars["teardown"].get_x() + bars["teardown"].get_width() == pytest.approx(1)


def test_panels_name_the_parameters_that_differ(tmp_path):
    records = [
        make_record(f"n{n}", spec={"params": {"n": n, "count": 2}, "backend": "sequential", "workers": 1})
        for n in (10, 2000)
    ]
    drawn = figures.load("time").draw(made(tmp_path, records)).figure
    assert [axes.get_title() for axes in drawn.axes] == ["py_loop, n=10 · 3.14", "py_loop, n=2,000 · 3.14"]


def test_a_backend_has_a_look_of_its_own():
    looks = list(_style.BACKENDS.values())
    assert len(set(looks)) == len(looks)
    assert _style.look("someone's own") not in looks


def test_no_text_reaches_out_of_the_figure(full):
    for name in OFTEN:
        drawn = figures.load(name).draw(full).figure
        drawn.draw_without_rendering()
        width, height = drawn.canvas.get_width_height()
        for axes in drawn.axes:
            box = axes.get_tightbbox()
            assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
