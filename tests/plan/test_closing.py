import json

from gil_scaling.plan import closing

from tests.support import make_record

TRACEBACK = 'Traceback (most recent call last):\n  File "run.py", line 1, in run\n  File "mine.py", line 12, in task\n'


def record_paths(folder, *endings):
    """The paths of records that ended with (status, reason, stderr); None for a record that is not there."""
    paths = [folder / f"{place}.json" for place in range(len(endings))]
    for path, ending in zip(paths, endings, strict=True):
        if ending:
            changes = dict(zip(("status", "reason", "stderr_tail"), ending, strict=True))
            measured = {} if ending[0] == "ok" else {"measured": None}
            path.write_text(json.dumps(make_record(**changes, **measured)))
    return paths


OK = ("ok", None, "")


def describe(records, failed_jobs, pages, call="call-1"):
    return closing.describe(records, closing.read_endings(records, call), failed_jobs, pages)


def test_failures_are_grouped_by_cause_and_place(tmp_path):
    failed = [("failed", f"TypeError: odd {number}", f"{TRACEBACK}TypeError: odd {number}\n") for number in range(3)]
    late = ("timeout", "exceeded the time limit of 3 s", "")
    paths = record_paths(tmp_path, OK, late, *failed, ("unsupported", "too old", ""))
    assert describe(paths, [], []) == [
        "3 runs failed: TypeError: odd 0 (mine.py:12)",
        "1 run timed out: exceeded the time limit of 3 s",
        "The same command repeats only these.",
    ]


def test_what_a_process_raised_is_grouped_with_the_rest(tmp_path):
    told = "TypeError: odd (in worker 1) (mine.py:12)"
    reasons = ("TypeError: odd (mine.py:12)", told, f"not measured again: failed in round 1: {told}")
    paths = record_paths(tmp_path, *(("failed", reason, "") for reason in reasons))
    assert describe(paths, [], [])[0] == "3 runs failed: TypeError: odd (mine.py:12)"


def test_a_call_that_was_stopped_says_how_far_it_came(tmp_path):
    (tmp_path / "report.html").touch()
    page = str(tmp_path / "report.html")
    paths = record_paths(tmp_path, OK, None, None)
    assert describe(paths, [], [page]) == ["Stopped at 1 of 3 runs; the same command goes on."]
    assert describe(paths[:1], [], [page, "none"]) == [f"The report: {page}"]


def test_a_forced_call_that_was_stopped_names_the_older_records(tmp_path):
    paths = record_paths(tmp_path, OK, OK)
    paths[0].write_text(
        json.dumps(make_record(call={"id": "call-2", "time": "2026-01-02T00:00:00Z", "host": "node-1"}))
    )
    assert describe(paths, [], [], "call-2") == ["Stopped at 1 of 2 runs; the older records of the others stand."]


def test_a_step_that_failed_is_described_by_its_log(tmp_path):
    (tmp_path / "draw.log").write_text("Traceback\nOSError: No space left\n")
    log = str(tmp_path / "draw.log")
    assert describe([], [("draw", ["none", log]), ("page", [])], []) == [
        f"The step draw failed: OSError: No space left (see {log})",
        "The step page failed.",
    ]


def test_only_the_most_frequent_causes_are_shown(tmp_path):
    causes = [("failed", f"Error{number}: x", "") for number in range(12)]
    *_, before, last = describe(record_paths(tmp_path, *causes, causes[11]), [], [])[:-1]
    assert last == "… and 2 more causes: see tables/failures.csv."
    assert before.startswith("1 run failed")


def test_the_log_of_a_check_counts_if_it_is_new(tmp_path):
    log = tmp_path / "check.log"
    assert closing.read_check(log, 0) == []
    log.write_text("first\nlast\n")
    written = log.stat().st_mtime
    assert closing.read_check(log, written) == ["first", "last"]
    assert closing.read_check(log, written + 1) == []
