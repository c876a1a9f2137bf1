import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import _style, history
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import sweep_records, write_result_set

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
FREE_THREADED = ("3.14t", "3.15t")


def made(folder, times):
    """The tables of a workload on builds; times: {build: {backend: total_s in each of 6 rounds}}; 3.10 is the reference."""
    records, builds = [], {}
    for name, totals in times.items():
        records += sweep_records({backend: [value] * 6 for backend, value in totals.items()}, python=name)
        is_free = name.endswith("t")
        builds[name] = {"version": f"{name.rstrip('t')}.1", "free_threaded": is_free, "gil": not is_free}
    return tables.tables(load(write_result_set(folder, records, builds=builds)))


@pytest.fixture
def nine(tmp_path):
    times = {name: {"sequential": 8.0 - place, "thread": 8.0 - place} for place, name in enumerate(VERSIONS)}
    times |= {name: {"sequential": 7.0, "thread": 3.5} for name in FREE_THREADED}
    return made(tmp_path, times)


def test_builds_stand_from_the_oldest_to_the_newest(nine):
    for axes in history.draw(nine).figure.axes:
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t", "3.15", "3.15t"]


def test_the_time_is_over_that_of_the_reference_and_the_speedup_over_the_own_sequence(nine):
    time, speedup = history.draw(nine).figure.axes
    assert [axes.get_title() for axes in (time, speedup)] == [
        "py_loop · sequential time",
        "py_loop · speedup of threads",
    ]
    expected = [8 / 7, 1, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 1, 2 / 7, 1]
    assert [one[0].get_ydata()[0] for one in time.containers] == pytest.approx(expected)
    assert [one[0].get_ydata()[0] for one in speedup.containers] == pytest.approx([1] * 6 + [2, 1, 2])


def test_builds_of_one_kind_are_joined(nine):
    time = history.draw(nine).figure.axes[0]
    joined = [
        list(line.get_xdata()) for line in time.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1
    ]
    assert [0, 1, 2, 3, 4, 5, 7] in joined
    assert [6, 8] in joined


def test_sentences_tell_of_the_oldest_and_the_newest_of_each_kind(nine):
    assert history.draw(nine).answers == [
        "py_loop at one worker: 3.9 is slower: 0.88× the speed of 3.10 [0.88, 0.88]; 3.15 is faster: 3.50× the speed of 3.10 "
        "[3.50, 3.50]; 3.14t is the same within 5 %: 1.00× the speed of 3.10 [1.00, 1.00]; 3.15t is the same within 5 %: "
        "1.00× the speed of 3.10 [1.00, 1.00].",
        "py_loop: on 3.9, thread × 2 is the same within 5 %: 1.00× sequential [1.00, 1.00]; on 3.15, thread × 2 is the same "
        "within 5 %: 1.00× sequential [1.00, 1.00]; on 3.14t, thread × 2 is faster: 2.00× sequential [2.00, 2.00]; on 3.15t, "
        "thread × 2 is faster: 2.00× sequential [2.00, 2.00].",
    ]


def test_builds_without_threads_still_have_their_times(tmp_path):
    drawn = history.draw(made(tmp_path, {name: {"sequential": 1.0} for name in VERSIONS[:3]}))
    assert set(drawn.data["measure"]) == {"sequential time"}
    assert [len(axes.containers) for axes in drawn.figure.axes] == [3, 0]


def test_a_build_that_failed_leaves_a_gap(tmp_path):
    times = {name: {"sequential": 1.0, "thread": 1.0} for name in VERSIONS[:4]}
    del times["3.11"]["thread"]
    time, speedup = history.draw(made(tmp_path, times)).figure.axes
    assert [one[0].get_xdata()[0] for one in time.containers] == [0, 1, 2, 3]
    assert [one[0].get_xdata()[0] for one in speedup.containers] == [0, 1, 3]


def test_two_versions_are_no_history(tmp_path):
    times = {name: {"sequential": 1.0, "thread": 1.0} for name in ("3.14", "3.14t", "3.15")}
    with pytest.raises(_style.Missing, match=r"^fewer than three versions$"):
        history.draw(made(tmp_path, times))


def test_empty_tables_are_missing():
    with pytest.raises(_style.Missing, match=r"^no workload has a time beside the reference build's$"):
        history.draw({name: pd.DataFrame(columns=names(name)) for name in ("summary", "builds")})
