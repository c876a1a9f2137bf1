from xml.etree import ElementTree

import pandas as pd
from gil_scaling.analysis.report.gate import Case, Check
from gil_scaling.analysis.report.junit import render

from tests.support import make_record, make_tables, sweep_records


def parsed(records, checks=(), folder=None, **options):
    return ElementTree.fromstring(render("s on m", make_tables(folder, records, **options)["summary"], checks).encode())


def outcomes(suite):
    """[(name, tag of the outcome or None, its message)] of a suite."""
    parts = [(case.get("name"), next(iter(case), None)) for case in suite.iter("testcase")]
    return [(name, *((None, None) if part is None else (part.tag, part.get("message")))) for name, part in parts]


def test_junit_has_a_test_case_per_combination(tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})
    for name, status, reason in (("u", "unsupported", "too old"), ("f", "crashed", "ended by SIGSEGV")):
        backend = {"u": "interpreter_pool", "f": "process"}[name]
        records.append(make_record(name, spec={"backend": backend}, status=status, reason=reason, measured=None))
    root = parsed(records, folder=tmp_path)
    (suite,) = root
    assert (root.get("name"), suite.get("name")) == ("s on m", "e")
    assert sorted(outcomes(suite), key=str) == [
        ("py_loop, interpreter_pool × 2 on 3.14", "skipped", "unsupported: too old"),
        ("py_loop, process × 2 on 3.14", "error", "crashed: ended by SIGSEGV"),
        ("py_loop, sequential on 3.14", None, None),
        ("py_loop, thread × 2 on 3.14", None, None),
    ]
    times = {case.get("name").split(",")[1].split()[0]: case.get("time") for case in suite.iter("testcase")}
    assert times == {"sequential": "4.000000", "thread": "2.000000", "process": None, "interpreter_pool": None}
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "0",
        "errors": "1",
        "skipped": "1",
    }


def test_junit_has_a_suite_per_limit(tmp_path):
    failing = Check("fail_if_below", [Case("e", "a", "e: a: too low"), Case("e", "b", None)], "1 of 2", "1 below")
    nothing = Check("fail_if_slower", [], "", "nothing could be checked: none")
    root = parsed(sweep_records({"thread": [1.0]}), [failing, nothing], tmp_path)
    below, slower, _ = root
    assert outcomes(below) == [("a", "failure", "e: a: too low"), ("b", None, None)]
    assert (below.findtext("system-out"), below.findtext("system-err")) == ("1 of 2", "1 below")
    assert outcomes(slower) == [("fail_if_slower", "error", "nothing could be checked: none")]
    assert [suite.get("failures") for suite in root] == ["1", "0", "0"]


def test_junit_holds_any_text(tmp_path):
    evil = "</testcase><script>&\"'\x00\x1b\ufffe]]>\n"  # no table holds a lone surrogate
    row = make_tables(tmp_path, sweep_records({"thread": [1.0]}))["summary"].iloc[0]
    frame = pd.DataFrame(
        [{**row, "panel": evil, "label": evil, "experiment": evil, "status": "failed", "reason": evil}]
    )
    root = ElementTree.fromstring(
        render(evil, frame, [Check("fail_if_below", [Case(evil, evil, evil)], evil, evil)]).encode()
    )
    shown = "</testcase><script>&\"'\ufffd\ufffd\ufffd]]>\n"
    assert root.get("name") == root[0].findtext("system-out") == root[1].get("name") == shown
    assert outcomes(root[0]) == [(shown, "failure", shown)]
    assert outcomes(root[1]) == [(f"{shown}, {shown} on 3.14", "error", f"failed: {shown}")]
