import pytest
from gil_scaling.analysis.figures import counterparts
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import assert_no_text_is_cut, lines
from tests.support import make_tables, sweep_records

BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}
DECLARED = {"own_append": {"counterpart": "shared_append"}, "own_read": {"counterpart": "shared_read"}}


def runs(times, backend="thread", rounds=6, workers=2):
    """Records of 4 s of sequential and of these times; times: {(build, workload): total_s}."""
    records = []
    for (build, workload), total_s in times.items():
        both = {"sequential": [4.0] * rounds, backend: [total_s] * rounds}
        own = sweep_records(both, python=build, workload=workload, workers=workers)
        records += [{**record, "run": f"{workload}-{workers}-{record['run']}"} for record in own]
    return records


def draw(folder, records):
    used = {record["spec"]["python"] for record in records}
    builds = {name: facts for name, facts in BUILDS.items() if name in used}
    return counterparts.draw(make_tables(folder, records, builds=builds, declared=DECLARED))


@pytest.fixture
def two_builds(tmp_path):
    times = {("3.14", name): 4.0 for name in ("own_append", "shared_append", "own_read", "shared_read")}
    free = {"own_append": 2.0, "shared_append": 8.0, "own_read": 2.0, "shared_read": 2.0}
    return draw(tmp_path, runs({**times, **{("3.14t", name): total_s for name, total_s in free.items()}}))


def test_each_pair_has_a_line_and_each_build_a_mark(two_builds):
    (axes,) = two_builds.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "own_append vs shared_append",
        "own_read vs shared_read",
    ]
    assert {label: list(line.get_xdata()) for label, line in lines(axes).items()} == {
        "3.14": pytest.approx([1, 1]),
        "3.14t": pytest.approx([4, 1]),
    }
    assert_no_text_is_cut(two_builds.figure)


def test_faster_workloads_have_a_sentence_others_share_one(two_builds):
    assert two_builds.answers == [
        "own_append, thread × 2 on 3.14t, is faster: 4.00× the speed of shared_append [4.00, 4.00] (sequential: 1.00× its "
        "speed [1.00, 1.00]).",
        "Threads on 3.14, own_append vs shared_append and own_read vs shared_read: the same within 5 % on 2 of 2 workloads.",
        "Threads on 3.14t, own_read vs shared_read: the same within 5 %.",
    ]


def test_few_rounds_of_counterparts_make_no_claim(tmp_path):
    drawn = draw(tmp_path, runs({("3.14", "own_append"): 1.0, ("3.14", "shared_append"): 4.0}, rounds=5))
    assert drawn.answers == ["Threads on 3.14, own_append vs shared_append: too few rounds for a claim."]


def test_the_most_workers_up_to_the_cpus_are_drawn(tmp_path):
    records = [
        record
        for workers, total_s in ((1, 4.0), (2, 2.0), (4, 1.0))
        for record in runs({("3.14", "own_append"): total_s, ("3.14", "shared_append"): 4.0}, workers=workers)
        if workers == 2 or record["spec"]["backend"] == "thread"
    ]
    data = draw(tmp_path, records).data  # of a machine with two usable CPUs
    assert data[["label", "gain"]].to_numpy().tolist() == [["thread × 2", pytest.approx(2)]]


def test_processes_alone_are_missing(tmp_path):
    times = {("3.14", "own_append"): 1.0, ("3.14", "shared_append"): 4.0}
    with pytest.raises(Missing, match=r"^no threads ran a workload and its counterpart$"):
        draw(tmp_path, runs(times, backend="process"))


def test_without_counterparts_the_figure_is_missing(tmp_path):
    with pytest.raises(Missing, match=r"^no workload was run in the same way as its counterpart$"):
        draw(tmp_path, runs({("3.14", "own_append"): 1.0}))
