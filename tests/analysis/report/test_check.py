import json

import pytest
import yaml
from gil_scaling.analysis.report import check

from tests.support import make_record, make_sample, make_spec

KINDS = {"sequential": "sequential", "thread": "threads", "process": "processes"}


def make_try(backend="thread", work_s=(0.1, 0.1), start_s=0.01, build="3.14", changes=None, sending=None, **others):
    """A try whose samples take these times, with a start-up of start_s each; changes: of its record."""
    samples = [
        make_sample(
            time + start_s, durations=(time / 2,) * 2, startup_s=start_s, work_s=time, teardown_s=0.0, workers=2
        )
        for time in work_s
    ]
    spec = make_spec(backend=backend, python=build, params={"n": 1})
    record = {**make_record("r", samples=samples, spec={"backend": backend}), **(changes or {})}
    settled = {
        "waits": False,
        "sizes": ["n"],
        "better": [],
        "counterpart": None,
        "experiments": ["e"],
        **others,
    }
    return check.Try(spec=spec, backend_kind=KINDS[backend], record=record, sending=sending, **settled)


def found(*tries):
    """The kinds and details of the findings of each try."""
    return [[(one.kind, one.detail) for one in each] for each in check.find_all(tries)]


SEQUENTIAL = make_try("sequential", start_s=0.0)


def test_what_works_has_no_findings():
    assert found(SEQUENTIAL, make_try(), make_try("process", sending={"bytes": 5, "seconds": 0.001})) == [[], [], []]


def test_declared_names_that_nothing_has_are_found():
    declared = {"better": ["p99"], "counterpart": "shared"}
    one = make_try("sequential", start_s=0.0, **declared)
    for sample in one.samples:
        sample["metrics"] = {"p99_ms": 1.0, "p50_ms": 2.0}
    first, second = check.find_all([one, make_try(**declared)])
    assert [(finding.kind, finding.text) for finding in first] == [
        ("unknown metric", "`better` names 'p99', which metrics() does not return. Returned: p50_ms and p99_ms"),
        ("no counterpart", "the counterpart 'shared' is not among the workloads: add it to the config"),
    ]
    assert second == []


def test_declared_names_that_exist_are_not():
    one = make_try("sequential", start_s=0.0, better=["p99"], counterpart="py_loop")
    one.samples[0]["metrics"] = {"p99": 1.0}
    assert found(one) == [[]]


def test_a_cache_makes_later_samples_warm():
    warm = make_try("sequential", work_s=(0.1, 0.001), start_s=0.0)
    threads = make_try(work_s=(0.1, 0.002))
    assert found(warm, threads) == [[("warm", "100 ms, then 1.00 ms")], [("warm", "100 ms, then 2.00 ms")]]
    assert found(SEQUENTIAL, threads) == [[], []]  # disturbed


def test_tasks_are_too_short_where_workers_start_as_long():
    # Two workers save 50 ms of 100 ms.
    assert found(SEQUENTIAL, make_try(start_s=0.049), make_try(start_s=0.051)) == [[], [], [("too short", "51.0 ms")]]
    assert found(SEQUENTIAL, make_try(start_s=0.051, waits=True)) == [[], []]


def test_tasks_as_short_as_the_clocks_are_said_once():
    short = make_try("sequential", work_s=(1e-6, 1e-6), start_s=0.0)
    assert found(short, make_try(work_s=(1e-6, 1e-6))) == [[("too short", "500 ns")], []]


def test_pickling_is_compared_with_the_tasks():
    (_, (finding,)) = check.find_all([SEQUENTIAL, make_try("process", sending={"bytes": 3 * 2**20, "seconds": 0.02})])
    text = "pickling all arguments and results (3.00 MiB) takes 20.0 ms, more than 10 % of the time of the tasks"
    assert (finding.kind, finding.text) == ("too large to send", text)


def failing(status, reason="why", wall_s=1.0, **others):
    return make_try(changes={"status": status, "reason": reason, "wall_s": wall_s, "measured": None}, **others)


@pytest.mark.parametrize(
    ("status", "kind"),
    [("wrong_result", "wrong"), ("failed", "failed"), ("crashed", "crashed"), ("unsupported", "unsupported")],
)
def test_a_failure_has_its_reason(status, kind):
    assert check.find_all([failing(status, "why\nnot")]) == [[check.Finding(kind, "why not")]]


def test_a_run_hangs_if_the_sequential_one_was_much_shorter():
    wall_s = SEQUENTIAL.record["wall_s"]
    slow, hanging = (failing("timeout", wall_s=wall_s * times) for times in (4, 6))
    assert [[kind for kind, _ in each] for each in found(SEQUENTIAL, slow, hanging)] == [[], ["not checked"], ["hangs"]]
    assert [[kind for kind, _ in each] for each in found(hanging)] == [["not checked"]]


def test_backends_of_builds_are_said_together():
    tries = [make_try(backend, build=build) for build in ("3.14", "3.13") for backend in ("thread", "process")]
    tries += [failing("unsupported", f"of 0x{number}", build=f"3.1{number}") for number in (5, 6)]
    lines = list(check.describe(tries, check.find_all(tries)))
    assert lines[2:] == [
        'py_loop {"n": 1}',
        "  works: process, thread on 3.13 and 3.14",
        "  unsupported: thread on 3.15 and 3.16: of 0x5",
        "",
    ]


def test_what_was_left_out_is_said():
    tries = [SEQUENTIAL, check.Try(**{**vars(make_try()), "record": None})]
    assert list(check.describe(tries, check.find_all(tries)))[3:] == [
        "  works: sequential on 3.14",
        "  sequential: 100 ms on 3.14",
        "  left out, because the time was up: thread on 3.14",
        "",
    ]


ORDER = {
    "config": {"sweep": "s", "rounds": 6},
    "experiments": [
        {
            "config": {"name": "e"},
            "workloads": [{"name": "py_loop", "item": {"py_loop": {"n": 1}}}],
            "backends": [{"name": name, "item": name} for name in KINDS],
        }
    ],
}


def test_the_proposal_lacks_what_works_nowhere():
    tries = [SEQUENTIAL, make_try(), failing("failed", build="3.15"), make_try("process", changes={"status": "failed"})]
    text = check.propose(ORDER, tries, check.find_all(tries))
    assert yaml.safe_load(text) == {
        **ORDER["config"],
        "experiments": [{"name": "e", "workloads": [{"py_loop": {"n": 1}}], "backends": ["sequential", "thread"]}],
    }
    assert "#   failed: thread on 3.15: why" in text.splitlines()


def test_there_is_no_proposal_if_nothing_works():
    tries = [failing("failed")]
    assert check.propose(ORDER, tries, check.find_all(tries)) == ""


@pytest.mark.parametrize(("status", "is_proposed"), [("wrong_result", False), ("failed", False), ("timeout", True)])
def test_a_workload_that_fails_in_sequence_is_not_proposed(status, is_proposed):
    tries = [failing(status, backend="sequential"), make_try("process")]
    assert bool(check.propose(ORDER, tries, check.find_all(tries))) == is_proposed


@pytest.mark.parametrize(
    ("status", "ending"), [("unsupported", None), ("failed", "1 of 2 runs failed or gave a wrong")]
)
def test_main_fails_where_a_run_does(status, ending, tmp_path, capsys):
    records = [SEQUENTIAL.record, {**SEQUENTIAL.record, "status": status, "reason": "why", "measured": None}]
    tries = [
        {
            "entry": {"spec": one.spec},
            **{name: vars(one)[name] for name in vars(one).keys() - _NOT_IN_ORDER},
        }
        for one in (SEQUENTIAL, make_try())
    ]
    paths = [tmp_path / name for name in ("order", "results", "check.yaml")]
    paths[0].write_text(json.dumps({**ORDER, "tries": tries}))
    paths[1].write_text(json.dumps([{"record": record, "sending": None} for record in records]))
    if ending:
        with pytest.raises(SystemExit, match=ending):
            check.main(*map(str, paths))
    else:
        check.main(*map(str, paths))
        assert capsys.readouterr().out.endswith(
            "\nNo run failed, and no result is wrong. 1 of 2 runs showed nothing.\n"
        )
    assert yaml.safe_load(paths[2].read_text())["experiments"][0]["backends"] == ["sequential"]


_NOT_IN_ORDER = {"spec", "record", "sending"}
