import numpy as np
import pytest
from gil_scaling.analysis.figures import looks, speedup
from gil_scaling.analysis.figures.drawing import Missing

from tests.support import make_tables, sweep_records


def drawn(tmp_path, records, **options):
    return speedup.draw(make_tables(tmp_path, records, **options))


def at(workers, records):
    return [{**one, "run": f"{one['run']}-w{workers}"} for one in records]


def test_a_sentence_gives_the_threads_of_each_build(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [4.0] * 6}, python="3.14")
    records += sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6}, python="3.14t")
    found = drawn(tmp_path, records, builds={"3.14": {}, "3.14t": {"gil": False}})
    assert found.answers == [
        "py_loop: thread × 2 on 3.14, with the GIL, is the same within 5 %: 1.00× sequential [1.00, 1.00]; thread × 2 on "
        "3.14t, without the GIL, is faster: 2.00× sequential [2.00, 2.00]."
    ]


def test_a_thread_pool_stands_in_for_plain_threads(tmp_path):
    found = drawn(tmp_path, sweep_records({"sequential": [4.0] * 6, "thread_pool": [5.0] * 6, "process": [1.0] * 6}))
    assert found.answers == [
        "py_loop: thread_pool × 2 on 3.14, with the GIL, is slower: 0.80× sequential [0.80, 0.80]."
    ]


def test_the_sentence_is_about_as_many_workers_as_cpus(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [3.0] * 6})
    records += at(4, sweep_records({"thread": [1.0] * 6}, workers=4))
    assert "thread × 2 on 3.14, with the GIL, is faster: 1.33×" in drawn(tmp_path, records).answers[0]


def test_worker_counts_beyond_the_cpus_are_shaded(tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})
    records += at(8, sweep_records({"thread": [1.0] * 2}, workers=8))
    (axes,) = drawn(tmp_path, records).figure.axes
    (shade,) = axes.patches
    left, right = shade.get_x(), shade.get_x() + shade.get_width()
    assert 2 < left < 4 and right == pytest.approx(axes.get_xlim()[1])


def test_the_reading_explains_only_limits_that_are_drawn(tmp_path):
    reading = drawn(tmp_path, sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})).reading
    assert "bound: what the tasks and the CPUs allow" in reading and "ceiling" not in reading


def test_bars_of_several_backends_do_not_overlap(tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2, "process": [2.0] * 2})
    (axes,) = drawn(tmp_path, records).figure.axes
    places = {one.get_label(): one[0].get_xdata()[0] for one in axes.containers}
    assert len(set(places.values())) == 2
    assert all(value == pytest.approx(2, rel=0.05) for value in places.values())


def test_speedup_is_a_line_with_intervals_in_the_backend_colour(tmp_path):
    records = sweep_records({"sequential": [4.0, 4.0], "thread": [2.0, 1.0]})
    records += at(4, sweep_records({"thread": [1.0, 1.0]}, workers=4))
    found = make_tables(tmp_path, records)
    (axes,) = speedup.draw(found).figure.axes
    (thread,) = axes.containers
    line, _, (bars,) = thread
    assert list(line.get_xdata()) == pytest.approx([2, 4], rel=0.02)
    assert list(line.get_ydata()) == pytest.approx([np.sqrt(8), 4])
    assert bars.get_segments()[0][:, 1] == pytest.approx([2, 4])
    assert line.get_color() == looks.backends(found)["thread"].colour


def test_sequential_alone_has_no_speedup(tmp_path):
    with pytest.raises(Missing, match=r"^no speedup: only sequential is ok, or the workloads do not measure a time$"):
        drawn(tmp_path, sweep_records({"sequential": [4.0] * 6}))


@pytest.mark.parametrize(
    ("one_worker_s", "note"),
    [
        (3.5, " (one worker alone is 1.14× sequential [1.14, 1.14], which is no gain of concurrency)"),
        (5.0, " (one worker alone is 0.80× sequential [0.80, 0.80])"),
        (4.0, ""),
    ],
)
def test_what_one_worker_gains_is_named(one_worker_s, note, tmp_path):
    records = at(2, sweep_records({"sequential": [4.0] * 6, "thread": [3.6] * 6}))
    records += at(1, sweep_records({"thread": [one_worker_s] * 6}, workers=1))
    assert drawn(tmp_path, records).answers == [
        f"py_loop: thread × 2 on 3.14, with the GIL, is faster: 1.11× sequential [1.11, 1.11]{note}."
    ]


def test_what_the_control_gains_is_named_and_not_drawn(tmp_path):
    records = at(2, sweep_records({"sequential": [4.0] * 6, "thread_pool": [3.6] * 6}))
    control = at(1, sweep_records({"thread": [3.5] * 6}, workers=1))
    found = drawn(tmp_path, records + control, roles={one["run"]: "control" for one in control})
    assert found.answers[0].endswith(
        "is faster: 1.11× sequential [1.11, 1.11] (one worker alone is 1.14× sequential [1.14, 1.14], which is no gain of "
        "concurrency)."
    )
    assert set(found.data["series"]) == {"sequential", "thread_pool"}


def scaling_records(speedup):
    times = {workers: [8.0 / speedup(workers)] * 6 for workers in (1, 2, 4, 8, 16, 32)}
    records = sweep_records({"sequential": [8.0] * 6})
    return records + [one for n, s in times.items() for one in at(n, sweep_records({"thread": s}, workers=n))]


def test_a_prediction_is_drawn_dashed_and_is_a_sentence(tmp_path):
    found = drawn(tmp_path, scaling_records(lambda p: 4 * p / (p + 3)), cpus=64)
    predicted = found.data[found.data["is_predicted"]]
    assert predicted["workers"].tolist() == [64]
    assert predicted["speedup"].tolist() == pytest.approx([256 / 67])
    (axes,) = found.figure.axes
    assert any(line.get_xdata()[-1] == 64 and line.get_ydata()[-1] == pytest.approx(256 / 67) for line in axes.lines)
    assert found.answers[1] == (
        "py_loop, predicted with more workers than measured: thread × 64 on 3.14 (measured up to 32): 3.82× sequential "
        "[3.82, 3.82]."
    )
    assert "Dashed: predicted from the fitted scaling laws" in found.reading


def test_the_reading_says_why_there_is_no_prediction(tmp_path):
    reading = drawn(tmp_path, scaling_records(lambda p: 4 * p / (p + 3)), cpus=32).reading
    assert reading.endswith(
        "No prediction where all usable CPUs were measured (1 line); only lines that are faster with the most workers count."
    )


@pytest.mark.parametrize("cpus", [32, 64])
def test_lines_that_do_not_scale_have_no_words_on_predictions(cpus, tmp_path):
    found = drawn(tmp_path, scaling_records(lambda p: 1), cpus=cpus)
    assert len(found.answers) == 1 and "No prediction" not in found.reading
