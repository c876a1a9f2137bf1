import pytest
from gil_scaling.analysis.tables import locks


def make_site(line=2, **changes):
    counts = {"tries": 100, "contended": 50, "failed": 0, "waited_s": 2.0, "held_s": 1.0, "slept_s": 0.0, "holders": []}
    place = {"file": "work.py", "line": line, "function": "shared", "source": "lock = Lock()"}
    return {**place, "kind": "Lock", **counts, **changes}


def make_holder(line, waited_s):
    return {"file": "work.py", "line": line, "function": "task", "source": f"line {line}", "waited_s": waited_s}


def measured(*sites, work_s=2.0):
    """What a run with two tasks of 4 s each measured; plain runs have no sites."""
    samples = [
        {"tasks": 2, "span_s": 8.0, "work_s": work_s, "is_sampled": is_sampled} for is_sampled in (False, True, False)
    ]
    return {"samples": samples, "sites": list(sites)}


def test_a_row_has_shares_and_times_per_task():
    rows = list(locks.lock_rows([measured(make_site())] * 3, [measured()] * 3))
    assert len(rows) == 1
    assert (rows[0]["file"], rows[0]["line"], rows[0]["kind"]) == ("work.py", 2, "Lock")
    names = ("acquisitions", "contended_share", "waited_share", "waited_s", "held_s", "notified_share")
    assert [rows[0][name] for name in names] == pytest.approx([50.0, 0.5, 0.25, 1.0, 0.5, 0.0])
    assert (rows[0]["rounds"], rows[0]["interval"]) == (3, "range")


def test_the_lock_that_is_waited_for_most_comes_first():
    sites = make_site(2, waited_s=1.0), make_site(7, waited_s=3.0)
    assert [row["line"] for row in locks.lock_rows([measured(*sites)], [measured()])] == [7, 2]


def test_the_holder_is_the_line_of_the_longest_waits():
    rounds = [
        measured(make_site(holders=[make_holder(5, 1.0), make_holder(4, 0.9)])),
        measured(make_site(holders=[make_holder(4, 1.1)])),
    ]
    (row,) = locks.lock_rows(rounds, [measured()] * 2)
    assert (row["holder_file"], row["holder_line"], row["holder_source"]) == ("work.py", 4, "line 4")
    assert row["holder_share"] == pytest.approx(2 / 3)


def test_a_lock_without_contention_has_no_holder():
    (row,) = locks.lock_rows([measured(make_site(contended=0, waited_s=0.0))], [measured()])
    assert "holder_line" not in row


def test_a_round_that_did_not_use_a_lock_counts_as_0():
    (row,) = locks.lock_rows([measured(make_site()), measured()], [measured()] * 2)
    assert (row["waited_share"], row["waited_share_low"], row["waited_share_high"]) == (0.125, 0.0, 0.25)


def test_the_slowdown_compares_with_plain_locks_of_the_round():
    metered = [measured(make_site(), work_s=3.0), measured(make_site(), work_s=6.0)]
    (row,) = locks.lock_rows(metered, [measured(work_s=2.0), measured(work_s=4.0)])
    assert row["metered_slowdown"] == 1.5
