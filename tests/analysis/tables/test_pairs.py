import pandas as pd
import pytest
from gil_scaling.analysis.tables.pairs import Pair, Side, find_pairs

from tests.support import compare_sources, make_record, sweep_records, write_source

NO_BUILDS = pd.DataFrame(
    columns=["machine", "python", "free_threaded", "gil", "version", "compiler", "pgo", "lto", "jit"]
)


def summary_of(*rows):
    """Rows of (machine, build, reference build)."""
    return pd.DataFrame(rows, columns=["machine", "python", "reference"])


def builds_of(*rows, **columns):
    """Rows of (machine, build, free-threaded, with the GIL), else alike."""
    builds = pd.DataFrame(rows, columns=["machine", "python", "free_threaded", "gil"])
    return builds.assign(**{"version": "3.14", "compiler": "GCC", "pgo": False, "lto": False, "jit": False, **columns})


def described(summary, builds=NO_BUILDS, machines=None):
    """The pairs as texts: side, other side, kind."""
    machines = machines or {label: label for label in dict.fromkeys(summary["machine"])}
    return [
        f"{' '.join(pair.side)} with {' '.join(pair.against)}: {pair.kind}"
        for pair in find_pairs(summary, builds, machines)
    ]


def test_each_build_is_paired_with_its_reference():
    summary = summary_of(("m", "3.14", "3.14"), ("m", "3.14t", "3.14"), ("m", "3.9", "3.14"))
    assert described(summary) == ["m 3.14t with m 3.14: build", "m 3.9 with m 3.14: build"]


def test_a_reference_per_experiment_makes_a_pair_each():
    summary = summary_of(("m", "a", "a"), ("m", "b", "a"), ("m", "c", "b"), ("m", "b", "b"))
    assert described(summary) == ["m b with m a: build", "m c with m b: build"]


def test_find_pairs_pairs_a_free_threaded_build_with_its_gil():
    summary = summary_of(("m", "3.14", "3.14"), ("m", "3.14t", "3.14"), ("m", "3.14t-gil", "3.14"))
    builds = builds_of(("m", "3.14", False, True), ("m", "3.14t", True, False), ("m", "3.14t-gil", True, True))
    assert described(summary, builds) == [
        "m 3.14t with m 3.14: build",
        "m 3.14t-gil with m 3.14: build",
        "m 3.14t with m 3.14t-gil: build",
    ]


@pytest.mark.parametrize(
    "column",
    [{"version": ["1", "2"]}, {"compiler": ["a", "b"]}, *({name: [True, False]} for name in ("pgo", "lto", "jit"))],
    ids=lambda column: next(iter(column)),
)
def test_free_threaded_builds_that_differ_are_no_pair(column):
    rows = ("m", "3.14t", True, False), ("m", "3.14t-gil", True, True)
    summary = summary_of(("m", "3.14t", "3.14t"), ("m", "3.14t-gil", "3.14t-gil"))
    assert described(summary, builds_of(*rows)) == ["m 3.14t with m 3.14t-gil: build"]
    assert described(summary, builds_of(*rows, **column)) == []


def test_builds_of_two_machines_are_no_pair_of_gil_states():
    builds = builds_of(("m", "3.14t", True, False), ("n", "3.14t-gil", True, True))
    assert described(summary_of(("m", "3.14t", "3.14t"), ("n", "3.14t-gil", "3.14t-gil")), builds) == []


@pytest.mark.parametrize(
    ("references", "pair"),
    [
        (["3.14t", "3.14t", "3.14t"], "m 3.14t-gil with m 3.14t: build"),
        (["3.14t", "3.14t", "3.14t-gil"], "m 3.14t-gil with m 3.14t: build"),
        (["3.14t-gil", "3.14t-gil", "3.14t-gil"], "m 3.14t with m 3.14t-gil: build"),
    ],
)
def test_no_pair_occurs_twice_nor_reversed(references, pair):
    pythons = ["3.14t", "3.14t-gil", "3.14t"]
    summary = summary_of(*(("m", *own) for own in zip(pythons, references, strict=True)))
    assert described(summary, builds_of(("m", "3.14t", True, False), ("m", "3.14t-gil", True, True))) == [pair]


def test_labels_of_one_machine_are_two_times_of_it():
    summary = summary_of(*((label, "3.14", "3.14") for label in ("may", "june", "july")))
    machines = dict.fromkeys(("may", "june", "july"), "laptop")
    assert described(summary, machines=machines) == [
        "june 3.14 with may 3.14: again",
        "july 3.14 with may 3.14: again",
    ]


def test_machines_are_paired_with_the_first_by_shared_builds():
    builds = {"laptop": ["3.14", "3.12", "3.9"], "server": ["3.12", "3.14"], "pi": ["3.9"]}
    summary = summary_of(*((machine, python, python) for machine, pythons in builds.items() for python in pythons))
    assert described(summary) == [
        "server 3.12 with laptop 3.12: machine",
        "server 3.14 with laptop 3.14: machine",
        "pi 3.9 with laptop 3.9: machine",
    ]


def test_a_machine_measured_again_is_paired_with_itself_only():
    labels = {"laptop may": "laptop", "server may": "server", "laptop june": "laptop", "server june": "server"}
    summary = summary_of(*((label, "3.14", "3.14") for label in labels))
    assert described(summary, machines=labels) == [
        "server may 3.14 with laptop may 3.14: machine",
        "laptop june 3.14 with laptop may 3.14: again",
        "server june 3.14 with server may 3.14: again",
    ]


def test_pairs_of_builds_come_first():
    summary = summary_of(*((machine, python, "3.14") for machine in "ab" for python in ("3.14", "3.15")))
    assert described(summary) == [
        "a 3.15 with a 3.14: build",
        "b 3.15 with b 3.14: build",
        "b 3.14 with a 3.14: machine",
        "b 3.15 with a 3.15: machine",
    ]


def test_a_reversed_pair_has_its_sides_exchanged():
    pair = Pair(Side("june", "3.14"), Side("may", "3.12"), "again")
    assert pair.reversed() == Pair(Side("may", "3.12"), Side("june", "3.14"), "again")


def test_against_build_has_the_machine_where_there_are_several(tmp_path):
    times = {"sequential": [4.0], "thread": [2.0]}
    sweeps = sweep_records(times, python="a"), sweep_records(times, python="b")
    alone = compare_sources(write_source(tmp_path / "m", *sweeps))["changes"]
    assert set(alone["against_build"]) == {"a"}
    labels = ("may", "june")
    found = compare_sources(
        *(write_source(tmp_path / label, *sweeps, machine="laptop", label=label) for label in labels)
    )["changes"]
    assert set(found["against_build"]) == {"may · a", "june · a", "may · b"}


def test_runs_whose_times_mean_nothing_are_not_compared(tmp_path):
    records = [
        record for python in "ab" for record in sweep_records({"sequential": [4.0], "thread": [2.0]}, python=python)
    ]
    records += [make_record(spec={"python": python, "workload": "latency"}) for python in "ab"]
    records[1].update(status="timeout", reason="slow", measured=None)
    found = compare_sources(write_source(tmp_path, records))["changes"]
    assert found[["workload", "backend"]].values.tolist() == [["py_loop", "sequential"]]
