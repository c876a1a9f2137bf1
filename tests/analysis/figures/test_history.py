import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import history
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import titles
from tests.support import make_tables, sweep_records

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
FREE_THREADED = ("3.14t", "3.15t")


def draw(folder, times):
    """The figure of a workload on builds; times: {build: {backend: total_s in each of 6 rounds}}; 3.10 is the reference."""
    records, builds = [], {}
    for name, totals in times.items():
        records += sweep_records({backend: [value] * 6 for backend, value in totals.items()}, python=name)
        is_free = name.endswith("t")
        builds[name] = {"version": f"{name.rstrip('t')}.1", "free_threaded": is_free, "gil": not is_free}
    return history.draw(make_tables(folder, records, builds=builds))


@pytest.fixture
def nine(tmp_path):
    times = {name: {"sequential": 8.0 - place, "thread": 8.0 - place} for place, name in enumerate(VERSIONS)}
    return draw(tmp_path, times | {name: {"sequential": 7.0, "thread": 3.5} for name in FREE_THREADED})


def marks(axes, axis="y"):
    """The coordinates of the marks of the builds."""
    return [getattr(one[0], f"get_{axis}data")()[0] for one in axes.containers]


def test_builds_are_ordered_by_age(nine):
    for axes in nine.figure.axes:
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t", "3.15", "3.15t"]


def test_times_are_relative_to_reference_speedups_to_sequential(nine):
    time, speedup = nine.figure.axes
    assert titles(nine.figure) == ["py_loop · sequential time / reference", "py_loop · speedup of threads"]
    assert marks(time) == pytest.approx([8 / 7, 1, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 1, 2 / 7, 1])
    assert marks(speedup) == pytest.approx([1] * 6 + [2, 1, 2])


def test_a_line_joins_the_builds_of_a_kind(nine):
    lines = [list(line.get_xdata()) for line in nine.figure.axes[0].lines]
    assert [0, 1, 2, 3, 4, 5, 7] in lines
    assert [6, 8] in lines


def test_answers_compare_the_oldest_and_newest_of_each_kind(nine):
    same = "the same within 5 %: 1.00×"
    assert nine.answers == [
        "py_loop at one worker: 3.9 is slower: 0.88× the speed of 3.10 [0.88, 0.88]; 3.15 is faster: 3.50× the speed of 3.10 "
        f"[3.50, 3.50]; 3.14t is {same} the speed of 3.10 [1.00, 1.00]; 3.15t is {same} the speed of 3.10 [1.00, 1.00].",
        f"py_loop: on 3.9, thread × 2 is {same} sequential [1.00, 1.00]; on 3.15, thread × 2 is {same} sequential "
        "[1.00, 1.00]; on 3.14t, thread × 2 is faster: 2.00× sequential [2.00, 2.00]; on 3.15t, thread × 2 is faster: "
        "2.00× sequential [2.00, 2.00].",
    ]


def test_builds_without_threads_have_sequential_times(tmp_path):
    drawn = draw(tmp_path, {name: {"sequential": 1.0} for name in VERSIONS[:3]})
    assert titles(drawn.figure) == ["py_loop · sequential time / reference"]


def test_a_failed_build_leaves_a_gap(tmp_path):
    times = {name: {"sequential": 1.0, "thread": 1.0} for name in VERSIONS[:4]}
    del times["3.11"]["thread"]
    time, speedup = draw(tmp_path, times).figure.axes
    assert (marks(time, "x"), marks(speedup, "x")) == ([0, 1, 2, 3], [0, 1, 3])


def test_two_versions_are_missing(tmp_path):
    times = {name: {"sequential": 1.0, "thread": 1.0} for name in ("3.14", "3.14t", "3.15")}
    with pytest.raises(Missing, match=r"^fewer than three versions$"):
        draw(tmp_path, times)


def test_empty_tables_are_missing():
    columns = ["build", "panel", "label", "backend_kind"]
    with pytest.raises(Missing, match=r"^no workload has a time relative to the reference build$"):
        history.draw({name: pd.DataFrame(columns=[*names(name), *columns]) for name in ("summary", "builds")})
