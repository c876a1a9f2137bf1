from gil_scaling.analysis.tables.explain import explain

from tests.analysis.tables.why_records import make_measured


def make_run(status="ok", reason=None):
    return {"status": status, "reason": reason, "measured": make_measured({4: (1.0, 0.5, 0.0)})}


def waiting_of(**runs_with_two_workers):
    """The row of `waiting` with two workers, of runs by round."""
    results = {("lines", 1, number): make_run() for number in (1, 2)}
    results |= {("lines", 2, int(name[1:])): run for name, run in runs_with_two_workers.items()}
    return [row for table, row in explain(results, 2, 2) if table == "waiting"][1]


def test_a_row_of_some_failed_runs_keeps_their_reason():
    row = waiting_of(r1=make_run(), r2=make_run("crashed", "killed by SIGSEGV"))
    assert (row["status"], row["reason"], row["rounds"]) == ("crashed", "killed by SIGSEGV", 1)


def test_a_row_says_why_threads_were_not_sampled_from_outside():
    inside = make_run()
    inside["measured"]["seen"] |= {"method": "inside", "unreadable": "ptrace is not permitted"}
    row = waiting_of(r1=inside, r2=make_run())
    assert (row["status"], row["reason"], row["rounds"]) == ("ok", "ptrace is not permitted", 2)
