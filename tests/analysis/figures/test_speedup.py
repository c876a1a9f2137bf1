import pytest
from gil_scaling.analysis.figures import speedup
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import sweep_records, write_result_set


def drawn(tmp_path, records, **options):
    return speedup.draw(tables.tables(load(write_result_set(tmp_path, records, **options))))


def at(workers, records):
    return [{**one, "run": f"{one['run']}-w{workers}"} for one in records]


def test_what_threads_give_is_told_for_each_build_with_its_gil(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [4.0] * 6}, python="3.14")
    records += sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6}, python="3.14t")
    found = drawn(tmp_path, records, builds={"3.14": {}, "3.14t": {"gil": False}})
    assert found.answers == [
        "py_loop: thread × 2 on 3.14, with the GIL, is the same within 5 %: 1.00× sequential [1.00, 1.00]; thread × 2 on "
        "3.14t, without the GIL, is faster: 2.00× sequential [2.00, 2.00]."
    ]


def test_a_thread_pool_is_told_of_where_there_are_no_plain_threads(tmp_path):
    found = drawn(tmp_path, sweep_records({"sequential": [4.0] * 6, "thread_pool": [5.0] * 6, "process": [1.0] * 6}))
    assert found.answers == [
        "py_loop: thread_pool × 2 on 3.14, with the GIL, is slower: 0.80× sequential [0.80, 0.80]."
    ]


def test_the_sentence_is_of_as_many_workers_as_cpus_and_not_of_the_best(tmp_path):
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


def test_without_more_workers_than_cpus_nothing_is_shaded(tmp_path):
    (axes,) = drawn(tmp_path, sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})).figure.axes
    assert not axes.patches


def test_the_reading_explains_the_limits_that_are_drawn_and_no_other(tmp_path):
    reading = drawn(tmp_path, sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})).reading
    assert "bound: what the tasks and the CPUs allow" in reading and "ceiling" not in reading


def test_bars_of_several_backends_stand_beside_each_other(tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2, "process": [2.0] * 2})
    (axes,) = drawn(tmp_path, records).figure.axes
    places = {one.get_label(): one[0].get_xdata()[0] for one in axes.containers}
    assert len(set(places.values())) == 2
    assert all(value == pytest.approx(2, rel=0.05) for value in places.values())
