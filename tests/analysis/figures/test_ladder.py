import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import _style, ladder
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import sweep_records, write_result_set

SHARING = {"own_append": "own", "shared_read": "read", "shared_append": "written", "lock_counter": "locked"}
BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}


def made(folder, speedups, rounds=6, backend="thread"):
    """The tables of threads that are so much faster than a sequence of 4 s; speedups: {(build, workload): speedup}."""
    records = []
    for (build, workload), speedup in speedups.items():
        times = {"sequential": [4.0] * rounds, backend: [4.0 / speedup] * rounds}
        own = sweep_records(times, python=build, workload=workload)
        records += [{**one, "run": f"{workload}-{one['run']}"} for one in own]
    builds = {name: facts for name, facts in BUILDS.items() if any(name == build for build, _ in speedups)}
    found = tables.tables(load(write_result_set(folder, records, builds=builds)))
    summary = found["summary"]
    return {**found, "summary": summary.assign(sharing=summary["workload"].map(SHARING))}


@pytest.fixture
def two_builds(tmp_path):
    without = {"shared_append": 0.5, "lock_counter": 1.0, "own_append": 2.0, "shared_read": 1.5}
    speedups = {("3.14t", workload): speedup for workload, speedup in without.items()}
    return made(tmp_path, speedups | {("3.14", workload): 1.0 for workload in without})


def test_rungs_go_from_own_objects_to_locked_ones(two_builds):
    (axes,) = ladder.draw(two_builds).figure.axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["own_append", "shared_read", "shared_append", "lock_counter"]
    rungs = [text.get_text() for text in axes.texts]
    assert rungs == ["each its own object", "one object, read", "one object, written", "one object behind a lock"]


def test_each_build_has_its_speedup_on_each_rung(two_builds):
    (axes,) = ladder.draw(two_builds).figure.axes
    assert {one.get_label(): list(one[0].get_xdata()) for one in axes.containers} == {
        "3.14": pytest.approx([1, 1, 1, 1]),
        "3.14t": pytest.approx([2, 1.5, 0.5, 1]),
    }
    assert axes.get_xlim()[0] == 0


def test_a_sentence_a_build_says_what_the_intervals_allow_the_builds_without_the_gil_first(two_builds):
    assert ladder.draw(two_builds).answers == [
        "thread × 2 on 3.14t, without the GIL, against the sequence: faster: own_append 2.00 [2.00, 2.00] and shared_read "
        "1.50 [1.50, 1.50]; slower: shared_append 0.50 [0.50, 0.50]; as fast within 5 %: lock_counter 1.00 [1.00, 1.00].",
        "thread × 2 on 3.14, with the GIL, against the sequence: as fast within 5 %: own_append 1.00 [1.00, 1.00], "
        "shared_read 1.00 [1.00, 1.00], shared_append 1.00 [1.00, 1.00] and lock_counter 1.00 [1.00, 1.00].",
    ]


def test_too_few_rounds_make_no_claim(tmp_path):
    drawn = ladder.draw(made(tmp_path, {("3.14t", "own_append"): 2.0}, rounds=5))
    assert drawn.answers == [
        "thread × 2 on 3.14t, without the GIL, against the sequence: "
        "too few rounds for a claim (the brackets are ranges): own_append 2.00 [2.00, 2.00]."
    ]


def test_a_difference_that_is_not_shown_is_not_told_as_one(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0, 8.0] * 3}, workload="own_append")
    found = tables.tables(load(write_result_set(tmp_path, records)))
    found["summary"] = found["summary"].assign(sharing="own")
    assert ladder.draw(found).answers == [
        "thread × 2 on 3.14, with the GIL, against the sequence: not shown to differ: own_append 1.00 [0.50, 2.00]."
    ]


def test_the_most_workers_up_to_the_usable_cpus_stand_for_the_threads(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6}, workload="own_append")
    for workers, total_s in ((1, 4.0), (2, 2.0), (4, 1.0)):
        own = sweep_records({"thread": [total_s] * 6}, workload="own_append", workers=workers)
        records += [{**one, "run": f"{one['run']}-w{workers}"} for one in own]
    found = tables.tables(load(write_result_set(tmp_path, records)))  # of a machine with two usable CPUs
    found["summary"] = found["summary"].assign(sharing="own")
    assert ladder.draw(found).data[["workers", "speedup"]].to_numpy().tolist() == [[2, pytest.approx(2)]]


def test_the_rows_are_those_at_the_default_switch_interval(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6}, workload="own_append")
    for one in sweep_records({"thread": [8.0] * 6}, workload="own_append"):
        one["spec"]["switch_interval_s"] = 1e-5
        records.append({**one, "run": f"{one['run']}-short"})
    found = tables.tables(load(write_result_set(tmp_path, records)))
    found["summary"] = found["summary"].assign(sharing="own")
    drawn = ladder.draw(found)
    assert list(drawn.data["speedup"]) == pytest.approx([2])
    assert list(drawn.data["series"]) == ["thread"]


def test_a_workload_that_one_build_lacks_leaves_a_gap(tmp_path):
    speedups = {("3.14", "own_append"): 1.0, ("3.14t", "own_append"): 2.0, ("3.14t", "shared_append"): 0.5}
    (axes,) = ladder.draw(made(tmp_path, speedups)).figure.axes
    assert [len(one[0].get_xdata()) for one in axes.containers] == [1, 2]


def test_processes_alone_tell_nothing_of_threads(tmp_path):
    found = made(tmp_path, {("3.14t", "own_append"): 2.0}, backend="process")
    with pytest.raises(_style.Missing, match=r"^no thread has a speedup on a workload that shares an object$"):
        ladder.draw(found)


def test_workloads_that_share_nothing_are_missing():
    with pytest.raises(_style.Missing, match=r"^no workload shares an object, or has a twin that does not$"):
        ladder.draw({name: pd.DataFrame(columns=names(name)) for name in ("summary", "builds")})
