import pandas as pd
import pytest
from gil_scaling.analysis.columns import WHY_TABLES
from gil_scaling.analysis.tables import with_types
from gil_scaling.plan import catalog

from tests import culprits
from tests.culprits import CPU_LINE, CULPRITS, LOCK, OBJECT, WAITING_LINE
from tests.support import ROOT

NONE = {CPU_LINE: [], WAITING_LINE: [], LOCK: [], OBJECT: []}
RIGHT = {**NONE, LOCK: ["Lock created in a.py:3, `threading.Lock()`"]}
EXPECTED = {LOCK: ("threading.Lock()",)}


def test_each_round_that_names_the_culprit_first_is_counted():
    second = {**NONE, LOCK: ["Lock created in b.py:9, `Lock()`", *RIGHT[LOCK]]}
    other_kind = {**NONE, OBJECT: RIGHT[LOCK]}
    ((expected, count, _),) = culprits.judge(EXPECTED, [RIGHT, second, other_kind, NONE, RIGHT])
    assert (expected, count) == ("lock threading.Lock()", 2)


def test_what_else_is_named_is_counted_by_name():
    rounds = [{**RIGHT, CPU_LINE: ["a.py:7, `x += 1`"]}, {**NONE, CPU_LINE: ["a.py:7, `x += 1`", "a.py:8"]}]
    ((_, _, others),) = culprits.judge(EXPECTED, rounds)
    assert others == {"CPU time in a.py:7, `x += 1`": 2, "CPU time in a.py:8": 1}


def test_without_a_culprit_each_round_that_names_anything_counts():
    ((expected, count, others),) = culprits.judge({}, [NONE, RIGHT, NONE])
    assert (expected, count, list(others)) == ("nothing", 1, [f"lock {RIGHT[LOCK][0]}"])


def test_each_kind_of_culprit_is_judged_for_itself():
    found = culprits.judge({CPU_LINE: ("x += 1",), **EXPECTED}, [RIGHT])
    assert [(expected, count) for expected, count, _ in found] == [
        ("CPU time in x += 1", 0),
        ("lock threading.Lock()", 1),
    ]


def make_why(**rows):
    return {name: with_types(pd.DataFrame(rows.get(name, [])), columns) for name, columns in WHY_TABLES.items()}


def test_named_is_what_the_page_names():
    line = {"file": "a.py", "line": 2, "source": "x", "cpu_share": 0.6, "cpu_share_low": 0.5, "waiting_share": 0.2}
    not_shown = {**line, "line": 4, "cpu_share_low": -0.1}
    lock = {"kind": "Lock", "file": "a.py", "line": 5, "source": "y", "waited_share": 0.5, "waited_share_low": 0.4}
    gains = [
        {"expression": name, "how": "immortal", "step": 1, "gain": gain, "claim": claim}
        for name, gain, claim in (("d", 1.3, "faster"), ("e", 1.8, "faster"), ("f", 1.0, "same"))
    ]
    assert culprits.named(make_why(lines=[not_shown, line], locks=[lock], objects=gains)) == {
        CPU_LINE: ["a.py:2, `x`"],
        WAITING_LINE: [],
        LOCK: ["Lock created in a.py:5, `y`"],
        OBJECT: ["`e`, immortal", "`d`, immortal"],
    }


@pytest.mark.parametrize("name", CULPRITS)
def test_lines_and_locks_expected_are_in_the_workload(name):
    own = ROOT / f"tests/workloads/{name}.py"
    source = (own if own.exists() else ROOT / f"scripts/gil_scaling/measure/workloads/{name}.py").read_text()
    expected = CULPRITS[name].expected
    assert own.exists() or name in catalog.names(catalog.WORKLOADS)
    assert [
        text for kind in (CPU_LINE, WAITING_LINE, LOCK) for text in expected.get(kind, ()) if text not in source
    ] == []


def test_culprits_prints_a_row_per_expectation(capsys, monkeypatch):
    monkeypatch.setattr(culprits.tiny_sweep, "copy_workflow", lambda folder: None)
    monkeypatch.setattr(culprits, "look", lambda *_: {**NONE, LOCK: ["Lock, `self.lock = threading.Lock()`"]})
    culprits.main(["--rounds", "3", "--only", "lock_counter", "py_loop", "--builds", "3.14t"])
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[:4] for row in rows] == [
        ["lock_counter", "3.14t", "waiting in with shared.lock", "right in 0 of 3"],
        ["lock_counter", "3.14t", "lock self.lock = threading.Lock()", "right in 3 of 3"],
        ["py_loop", "3.14t", "nothing", "blamed in 3 of 3"],
    ]
