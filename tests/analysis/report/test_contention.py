import math

import pandas as pd
import pytest
from gil_scaling.analysis.report.contention import lock_notes, lock_sentences, object_sentences

LOCK = {
    "status": "ok",
    "reason": None,
    "file": "shop/work.py",
    "line": 2,
    "kind": "Lock",
    "source": "lock = Lock()",
    "contended_share": 0.5,
    "contended_share_low": 0.4,
    "contended_share_high": 0.6,
    "waited_share": 0.25,
    "waited_share_low": 0.2,
    "waited_share_high": 0.3,
    "notified_share": 0.0,
    "holder_file": "shop/work.py",
    "holder_line": 9,
    "holder_source": "with lock:",
    "holder_share": 0.75,
    "metered_slowdown": 1.1,
    "interval": "ci95",
}


def sentences(*rows):
    return list(lock_sentences(pd.DataFrame([{**LOCK, **row} for row in rows], columns=list(LOCK))))


def test_a_lock_that_is_waited_for_is_named_with_its_holder():
    assert sentences({}) == [
        "For 25 % [20 %, 30 %] of their time the threads wait for the Lock created in work.py:2, `lock = Lock()`; "
        "50 % [40 %, 60 %] of its acquisitions find it taken. It is held meanwhile in work.py:9, `with lock:` (75 % of that time)."
    ]


def test_a_lock_that_takes_little_time_is_not_named():
    none = ["The threads are not shown to wait 5 % of their time or more for any one lock that Python code creates."]
    assert sentences({"waited_share": 0.04}) == none
    assert sentences({"waited_share_low": 0.0}) == none


def test_without_any_lock_it_is_said():
    unused = dict.fromkeys(("waited_share", "notified_share", "metered_slowdown"), math.nan)
    assert sentences(unused) == [
        "The threads are not shown to wait 5 % of their time or more for any one lock that Python code creates."
    ]


def test_waiting_for_an_item_is_told_apart():
    found = sentences({"waited_share": 0.0, "notified_share": 0.3, "kind": "Queue", "source": "items = Queue()"})
    assert found[1:] == [
        "For 30 % of their time the threads wait to be notified by the Queue created in work.py:2, `items = Queue()`, as for an "
        "item of a queue."
    ]


def test_runs_that_failed_have_a_reason_and_no_claim():
    failed = {"status": "failed", "reason": "broke", "waited_share": math.nan, "notified_share": math.nan}
    assert sentences(failed) == ["Failed with metered locks: broke."]


def test_few_rounds_make_no_claim():
    assert sentences({"interval": "range"})[0].endswith(" The brackets are ranges of too few rounds for a claim.")


def test_the_cost_of_metering_is_said():
    assert next(lock_notes(pd.DataFrame([LOCK]))).startswith(
        "Locks were metered in extra runs, whose tasks took 1.10 times as long as with plain ones; "
    )


def test_nothing_is_said_where_no_lock_was_metered():
    assert sentences() == []
    assert list(lock_notes(pd.DataFrame(columns=list(LOCK)))) == []


OBJECT = {
    "status": "ok",
    "reason": None,
    "step": 1,
    "given": None,
    "file": "shop/work.py",
    "line": 4,
    "expression": 'd["k"]',
    "type": "tuple",
    "how": "immortal",
    "speedup_before": 0.7,
    "speedup_after": 1.9,
    "speedup_after_low": 1.8,
    "speedup_after_high": 2.0,
    "gain": 2.7,
    "claim": "faster",
}


def of_objects(*rows):
    return list(object_sentences(pd.DataFrame([{**OBJECT, **row} for row in rows], columns=list(OBJECT))))


def test_an_object_that_is_the_limit_is_named():
    same = {"expression": "d", "type": "dict", "claim": "same", "speedup_after": 0.71, "gain": 1.01}
    same |= {"speedup_after_low": 0.69, "speedup_after_high": 0.73}
    assert of_objects(same, {}) == [
        'With `d["k"]` (tuple, work.py:4) immortal, the speedup over one thread goes from 0.70 to 1.90 [1.80, 2.00].',
        "With `d` (dict, work.py:4) immortal, the speedup over one thread stays the same within 5 %: 0.71 [0.69, 0.73].",
    ]


def test_few_rounds_of_an_object_make_no_claim():
    assert of_objects({"claim": "no claim"}) == [
        'With `d["k"]` (tuple, work.py:4) immortal, the speedup over one thread is 1.90 [1.80, 2.00], 0.70 before: too few '
        "rounds for a claim."
    ]


def test_a_step_names_what_it_is_on_top_of():
    row = {
        "step": 2,
        "given": '`d["k"]` immortal',
        "how": "copies",
        "expression": "d",
        "type": None,
        "claim": "not shown",
    }
    assert of_objects(row) == [
        'With a copy of `d` (work.py:4) per thread, on top of `d["k"]` immortal, no change of the speedup over one thread is shown: 1.90 [1.80, 2.00].'
    ]


def test_what_was_not_tried_has_a_reason():
    untried = {"gain": math.nan, "status": "unsupported", "reason": "this build does not export it"}
    assert of_objects(untried) == ['`d["k"]` (tuple, work.py:4) immortal was not tried: this build does not export it.']


def test_lines_without_shared_objects_are_told():
    none = {"expression": None, "gain": math.nan}
    assert of_objects(none) == [
        "At the lines that take more CPU time, threads were not seen to load an object together whose reference count they contend for."
    ]
    assert of_objects({**none, "status": "failed", "reason": "broke"}) == [
        "Which objects threads contend for is not known (failed): broke."
    ]


@pytest.mark.parametrize(
    ("status", "reason", "text"),
    [
        ("crashed", "killed by SIGSEGV", "failed (crashed): killed by SIGSEGV."),
        ("ok", None, "shows nothing: the runs to compare with failed."),
    ],
)
def test_a_change_without_a_gain_says_why(status, reason, text):
    row = {"gain": math.nan, "status": status, "reason": reason}
    assert of_objects(row) == [f'`d["k"]` (tuple, work.py:4) immortal {text}']
