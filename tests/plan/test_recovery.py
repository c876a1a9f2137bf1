import json
import os
import time

import pytest
from gil_scaling.launch.lock import CALL_LOCK, check_call, holder, read_holder
from gil_scaling.plan import recovery
from gil_scaling.result_set import INDEX

from tests.support import run_python


def test_a_folder_that_lacks_a_figure_is_noticed(tmp_path):
    entries = [{"name": "one", "missing": None}, {"name": "two", "missing": "no data"}]
    assert recovery.lacks_figures(tmp_path)
    (tmp_path / INDEX).write_text(json.dumps(entries))
    assert recovery.lacks_figures(tmp_path)
    for end in ("svg", "csv"):
        (tmp_path / f"one.{end}").touch()
    assert not recovery.lacks_figures(tmp_path)
    for text in ("[", "3", '[{"name": 1}]'):
        (tmp_path / INDEX).write_text(text)
        assert recovery.lacks_figures(tmp_path)


def test_the_last_call_of_each_sweep_is_kept(tmp_path):
    recovery.note_last_call(tmp_path, "a", "1", ["x", "y"])
    recovery.note_last_call(tmp_path, "b", "2", [])
    assert recovery.read_last_call(tmp_path, "a") == recovery.LastCall("1", frozenset({"x", "y"}))
    assert recovery.read_last_call(tmp_path, "b") == recovery.LastCall("2")
    assert recovery.read_last_call(tmp_path, "c") == recovery.LastCall()


@pytest.mark.parametrize(
    ("call", "later"),
    [
        (None, "1970-01-01T00:16:40Z"),
        ("19700101T001500-7", "1970-01-01T00:16:40Z"),
        ("19700101T002000-7", "1970-01-01T00:20:01Z"),
    ],
)
def test_a_call_is_later_than_the_one_before_whatever_the_clock(call, later):
    found_s = recovery.later_than(call, clock=lambda: 1000.0)
    assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found_s)) == later


# ---- the lock of a machine's calls


HOLD = (
    "import sys\nfrom pathlib import Path\nfrom gil_scaling.plan import recovery\nrecovery.lock(Path(sys.argv[1])){}\n"
)


def test_machines_have_locks_of_their_own(tmp_path):
    recovery.lock(tmp_path / "a")
    recovery.lock(tmp_path / "a")  # this call has it
    assert run_python("-c", HOLD.format(""), str(tmp_path / "b"), cwd=tmp_path).returncode == 0
    refused = run_python("-c", HOLD.format(""), str(tmp_path / "a"), cwd=tmp_path)
    *_, sentence = refused.stderr.splitlines()
    host, number = os.uname().nodename, os.getpid()
    assert f"LockedError: another call of Snakemake ({host} {number}" in sentence
    assert sentence.endswith(f") is at work in {tmp_path / 'a'}; wait for its end")


def test_a_call_that_was_killed_on_this_host_leaves_no_lock(tmp_path):
    killed = run_python("-c", HOLD.format("; import os; os._exit(9)"), str(tmp_path), cwd=tmp_path)
    assert killed.returncode == 9
    assert read_holder(tmp_path).startswith(f"{os.uname().nodename} ")
    recovery.lock(tmp_path)
    assert read_holder(tmp_path) == holder(os.uname().nodename, os.getpid())


def test_a_call_that_ended_leaves_no_lock(tmp_path):
    assert run_python("-c", HOLD.format(""), str(tmp_path), cwd=tmp_path).returncode == 0
    assert read_holder(tmp_path) == ""


def test_a_call_on_another_host_keeps_others_out(tmp_path):
    (tmp_path / CALL_LOCK).write_text("elsewhere 12\n")
    with pytest.raises(recovery.LockedError, match="a call on the host elsewhere is at work here, or was killed there"):
        recovery.lock(tmp_path)
    assert read_holder(tmp_path) == "elsewhere 12\n"


@pytest.mark.parametrize("kept", ["elsew", "elsewhere", "elsewhere 1"])
def test_a_name_that_a_power_failure_cut_off_keeps_nobody_out(kept, tmp_path):
    (tmp_path / CALL_LOCK).write_text(kept)
    recovery.lock(tmp_path)
    assert read_holder(tmp_path) == holder(os.uname().nodename, os.getpid())


def test_the_job_of_a_machine_takes_over_from_a_lost_node(tmp_path):
    (tmp_path / CALL_LOCK).write_text("elsewhere 12\n")
    recovery.lock(tmp_path, take_over=True)
    check_call({"plan": str(tmp_path / "plan"), "host": os.uname().nodename, "pid": os.getpid()})
    with pytest.raises(SystemExit, match=f"another call, on {os.uname().nodename}, has taken over this sweep"):
        check_call({"plan": str(tmp_path / "plan"), "host": "elsewhere", "pid": 12})


def test_a_call_that_lost_its_lock_leaves_the_notes_of_the_other(tmp_path):
    program = HOLD.format("; state = Path(sys.argv[1]); recovery.note_unfinished(state, ['a'])")
    program += "(state / 'call.lock').write_text('elsewhere 12\\n')\n"
    assert run_python("-c", program, str(tmp_path), cwd=tmp_path).returncode == 0
    assert recovery.read_unfinished(tmp_path) == {"a"}
    assert read_holder(tmp_path) == "elsewhere 12\n"


INTERRUPTED = """
import os, signal
from gil_scaling.plan import recovery
recovery.at_exit(print, "all is done")
recovery.at_exit(os.kill, os.getpid(), signal.SIGINT)
"""


def test_the_end_of_a_call_is_not_interrupted():
    done = run_python("-c", INTERRUPTED)
    assert (done.returncode, done.stdout, done.stderr) == (0, "all is done\n", "")
