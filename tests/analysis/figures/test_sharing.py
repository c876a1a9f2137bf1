from collections import ChainMap

import pytest
from gil_scaling.analysis.figures import sharing
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import lines
from tests.support import make_tables, sweep_records

SHARING = {"own_append": "own", "shared_read": "read", "shared_append": "written", "lock_counter": "locked"}
BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}


def tables_of(folder, records):
    """The tables of these records, with what the workers of each workload share."""
    used = {record["spec"]["python"] for record in records}
    tables = make_tables(folder, records, builds={name: facts for name, facts in BUILDS.items() if name in used})
    summary = tables["summary"]
    return ChainMap({"summary": summary.assign(sharing=summary["workload"].map(SHARING))}, tables)


def draw(*arguments):
    return sharing.draw(tables_of(*arguments))


def runs(speedups, rounds=6, backend="thread"):
    """Records of threads that are so much faster than 4 s of sequential; speedups: {(build, workload): speedup}."""
    records = []
    for (build, workload), speedup in speedups.items():
        times = {"sequential": [4.0] * rounds, backend: [4.0 / speedup] * rounds}
        own = sweep_records(times, python=build, workload=workload)
        records += [{**record, "run": f"{workload}-{record['run']}"} for record in own]
    return records


@pytest.fixture
def two_builds(tmp_path):
    without = {"shared_append": 0.5, "lock_counter": 1.0, "own_append": 2.0, "shared_read": 1.5}
    speedups = {("3.14t", workload): speedup for workload, speedup in without.items()}
    return draw(tmp_path, runs(speedups | {("3.14", workload): 1.0 for workload in without}))


def test_workloads_are_ordered_from_separate_to_locked_objects(two_builds):
    (axes,) = two_builds.figure.axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["own_append", "shared_read", "shared_append", "lock_counter"]
    levels = [text.get_text() for text in axes.texts]
    assert levels == ["each its own object", "one object, read", "one object, written", "one object behind a lock"]


def test_each_build_has_its_speedups(two_builds):
    (axes,) = two_builds.figure.axes
    assert {label: list(line.get_xdata()) for label, line in lines(axes).items()} == {
        "3.14": pytest.approx([1, 1, 1, 1]),
        "3.14t": pytest.approx([2, 1.5, 0.5, 1]),
    }
    assert axes.get_xlim()[0] == 0


def test_answers_group_workloads_by_claim_for_each_build(two_builds):
    assert two_builds.answers == [
        "thread × 2 on 3.14t, without the GIL, compared with sequential: slower: shared_append 0.50 [0.50, 0.50]; faster: "
        "own_append 2.00 [2.00, 2.00] and shared_read 1.50 [1.50, 1.50]; the same within 5 %: lock_counter 1.00 [1.00, 1.00].",
        "thread × 2 on 3.14, with the GIL, compared with sequential: the same within 5 %: own_append 1.00 [1.00, 1.00], "
        "shared_read 1.00 [1.00, 1.00], shared_append 1.00 [1.00, 1.00] and lock_counter 1.00 [1.00, 1.00].",
    ]


@pytest.mark.parametrize(
    ("times", "text"),
    [
        ([2.0] * 5, "too few rounds for a claim: own_append 2.00 [2.00, 2.00]"),
        ([2.0, 8.0] * 3, "no difference shown: own_append 1.00 [0.50, 2.00]"),
    ],
    ids=["few rounds", "wide interval"],
)
def test_answers_claim_no_more_than_shown(tmp_path, times, text):
    records = sweep_records({"sequential": [4.0] * len(times), "thread": times}, workload="own_append")
    expected = [f"thread × 2 on 3.14, with the GIL, compared with sequential: {text}."]
    assert draw(tmp_path, records).answers == expected


def test_the_most_workers_up_to_the_cpus_are_drawn(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6}, workload="own_append")
    for workers, total_s in ((1, 4.0), (2, 2.0), (4, 1.0)):
        own = sweep_records({"thread": [total_s] * 6}, workload="own_append", workers=workers)
        records += [{**record, "run": f"{record['run']}-w{workers}"} for record in own]
    data = draw(tmp_path, records).data  # of a machine with two usable CPUs
    assert data[["workers", "speedup"]].to_numpy().tolist() == [[2, pytest.approx(2)]]


def test_the_default_switch_interval_is_drawn(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6}, workload="own_append")
    for record in sweep_records({"thread": [8.0] * 6}, workload="own_append"):
        record["spec"]["switch_interval_s"] = 1e-5
        records.append({**record, "run": f"{record['run']}-short"})
    assert list(draw(tmp_path, records).data["speedup"]) == pytest.approx([2])


def test_a_workload_that_a_build_lacks_leaves_a_gap(tmp_path):
    speedups = {("3.14", "own_append"): 1.0, ("3.14t", "own_append"): 2.0, ("3.14t", "shared_append"): 0.5}
    (axes,) = draw(tmp_path, runs(speedups)).figure.axes
    assert [len(line.get_xdata()) for line in lines(axes).values()] == [1, 2]


def test_processes_alone_are_missing(tmp_path):
    with pytest.raises(Missing, match=r"^threads have no speedup on a workload that shares an object$"):
        draw(tmp_path, runs({("3.14t", "own_append"): 2.0}, backend="process"))


def test_workloads_that_share_nothing_are_missing(tmp_path):
    with pytest.raises(Missing, match=r"^no workload shares an object, or is the counterpart of one that does$"):
        draw(tmp_path, runs({("3.14", "py_loop"): 1.0}))
