import matplotlib.pyplot as plt
import numpy as np
import pytest

from scripts.analysis import figures, tables
from scripts.analysis.figures import _style
from scripts.analysis.load import load
from tests.conftest import make_record, make_sample, sweep_records, write_result_set


@pytest.fixture(autouse=True)
def closed_figures():
    _style.theme()
    yield
    plt.close("all")


def made(tmp_path, records, **options):
    return tables.tables(load(write_result_set(tmp_path, records, **options)))


@pytest.fixture
def full(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6, "process": [1.0] * 6}, python="3.14")
    records += sweep_records({"sequential": [5.0] * 6, "thread": [1.0] * 6}, python="3.14t")
    return made(tmp_path, records)


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_figure_draws_all_that_there_is(name, full, tmp_path):
    module = figures.load(name)
    drawn, caption = module.draw(full, "e")
    assert [axes.get_title() for axes in drawn.axes] == ["py_loop · 3.14", "py_loop · 3.14t"]
    assert module.TITLE.endswith("?")
    assert ("Medians over 6 rounds; the bars are 95 % intervals." in caption) == (name != "budget")
    drawn.savefig(tmp_path / "figure.svg")


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_figure_says_so_where_nothing_is_ok(name, tmp_path):
    records = sweep_records({"sequential": [1.0], "thread": [1.0]})
    for one in records:
        one.update(status="crashed", reason="killed", measured=None)
    drawn, caption = figures.load(name).draw(made(tmp_path, records), "e")
    assert drawn.texts[0].get_text().startswith("No ")
    assert caption == "Nothing to show."


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_figure_draws_what_is_left_of_a_sweep(name, tmp_path):
    records = sweep_records({"sequential": [1.0, 1.0], "thread": [1.0, 1.0], "process": [1.0, 1.0]})
    records[2].update(status="timeout", reason="slow", measured=None)
    records = [one for one in records if one["spec"]["backend"] != "process"]
    drawn, _ = figures.load(name).draw(made(tmp_path, records), "e")
    assert len(drawn.axes) == 1


@pytest.mark.parametrize("name", figures.NAMES)
def test_equal_tables_give_equal_files(name, full, tmp_path):
    for path in (tmp_path / "a.svg", tmp_path / "b.svg"):
        figures.load(name).draw(full, "e")[0].savefig(path, metadata={"Date": None, "Creator": None})
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_the_speedup_is_drawn_with_its_interval_in_the_backend_s_colour(tmp_path):
    records = sweep_records({"sequential": [4.0, 4.0], "thread": [2.0, 1.0]})
    records += [
        one for one in sweep_records({"thread": [1.0, 1.0]}, workers=4) if not one.update(run=one["run"] + "w4")
    ]
    drawn, _ = figures.load("speedup").draw(made(tmp_path, records), "e")
    (axes,) = drawn.axes
    (thread,) = [one for one in axes.containers if one.get_label() == "thread"]
    line, _, (bars,) = thread
    assert list(line.get_xdata()) == [2, 4]
    assert list(line.get_ydata()) == pytest.approx([np.sqrt(8), 4])
    assert bars.get_segments()[0][:, 1] == pytest.approx([2, 4])
    assert line.get_color() == _style.look("thread")[0]


def test_the_bound_and_the_ideal_are_drawn(full):
    drawn, _ = figures.load("speedup").draw(full, "e")
    lines = {line.get_label(): line for line in drawn.axes[0].lines}
    assert list(lines["ideal"].get_ydata()) == [1, 2]
    assert list(lines["bound"].get_ydata()) == [10.0]  # 4 s in sequence, of which the two tasks of 0.4 s are the tasks
    assert "sequential" in lines


def test_times_are_drawn_a_row_a_backend_from_the_top(full):
    drawn, _ = figures.load("time").draw(full, "e")
    axes = drawn.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sequential", "thread × 2", "process × 2"]
    assert [one[0].get_xdata()[0] for one in axes.containers] == [4, 2, 1]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_parts_of_the_workers_time_are_stacked_up_to_the_whole(tmp_path):
    alone = make_record("s", 1.0, spec={"backend": "sequential", "workers": 1})
    drawn, _ = figures.load("budget").draw(made(tmp_path, [alone, make_record("t", samples=[make_sample(1.5)])]), "e")
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
    drawn, _ = figures.load("time").draw(made(tmp_path, records), "e")
    assert [axes.get_title() for axes in drawn.axes] == ["py_loop, n=10 · 3.14", "py_loop, n=2,000 · 3.14"]


def test_a_backend_has_a_look_of_its_own():
    looks = list(_style.BACKENDS.values())
    assert len(set(looks)) == len(looks)
    assert _style.look("someone's own") not in looks


def test_no_text_reaches_out_of_the_figure(full):
    for name in figures.NAMES:
        drawn, _ = figures.load(name).draw(full, "e")
        drawn.canvas.draw()
        width, height = drawn.canvas.get_width_height()
        for axes in drawn.axes:
            box = axes.get_tightbbox()
            assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
