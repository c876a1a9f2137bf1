"""An interrupted sweep loses no finished run and repeats those of the round that it split alone; `python -m tests.interruptions 50` interrupts at more times."""

import random

import pytest
from gil_scaling.plan import recovery

from tests import interruptions
from tests.support import run_python
from tests.tiny_sweep import run_sweep


@pytest.mark.slow
@pytest.mark.parametrize(("way", "moment_s"), [("SIGKILL", 1.5), ("power failure", 1.0), ("power failure", 3.0)])
def test_a_killed_sweep_continues_and_repeats_no_round(way, moment_s, tmp_path):
    found = interruptions.trial(tmp_path / "sweep", way, moment_s, random.Random(1))
    finished, again = found.pop("finished before"), found.pop("of a split round")
    assert again < interruptions.SWEEP_RUNS / interruptions.SWEEP["rounds"]
    assert found == {"lost": 0, "repeated": 0, "missing": 0, "status": 0, "pages": 1}
    assert 0 <= finished <= interruptions.SWEEP_RUNS


@pytest.mark.slow
def test_a_sweep_that_is_interrupted_twice_loses_nothing(tmp_path):
    found = interruptions.repeated_trial(tmp_path / "sweep", 40, 2, random.Random(1))
    again = found.pop("of a split round")
    assert again < 2 * 4  # of each interruption, less than a round
    assert 0 < found.pop("finished before") <= 40
    assert found == {"lost": 0, "repeated": 0, "missing": 0, "status": 0, "pages": 1}


def test_only_whole_rounds_are_to_stay():
    texts = {name: f'{{"spec": {{"round": {number}}}}}' for name, number in (("a", 1), ("b", 1), ("c", 2))}
    assert interruptions._in_whole_rounds(texts, 2) == {"a", "b"}


def test_unfinished_outputs_are_made_again(finished):
    summary = finished / "results/test-machine/tiny/tables/summary.csv"
    whole = summary.read_text()
    summary.write_text(whole[:100])
    path = str(summary.relative_to(finished))
    program = PROGRAM.format("test-machine", f"recovery.note_unfinished(state, [{path!r}])\nimport os\nos._exit(1)")
    assert run_python("-c", program, cwd=finished).returncode == 1
    assert run_sweep(finished, "tables").returncode == 0
    assert summary.read_text() == whole


PROGRAM = "from gil_scaling.plan import recovery\nstate = recovery.STATE / {!r}\nrecovery.lock(state)\n{}"


def test_outputs_stay_unfinished_until_a_call_makes_them(tmp_path):
    note = "recovery.note_unfinished(state, {!r})\nprint(sorted(recovery.read_unfinished(state)))"
    program = PROGRAM.format("m", note)
    killed = run_python(
        "-c", program.format(["a", "b"]) + "\nimport os, sys\nsys.stdout.flush()\nos._exit(1)", cwd=tmp_path
    )
    assert killed.stdout == "['a', 'b']\n"
    assert run_python("-c", program.format(["b", "c"]), cwd=tmp_path).stdout == "['a', 'b', 'c']\n"
    assert run_python("-c", program.format([]), cwd=tmp_path).stdout == "['a']\n"
    assert run_python("-c", program.format(["a"]), cwd=tmp_path).stdout == "['a']\n"
    assert run_python("-c", program.format([]), cwd=tmp_path).stdout == "[]\n"


def test_what_is_unfinished_is_on_the_disk_before_the_first_job(tmp_path):
    fsync = "import os, stat\nnamed = lambda: (state / recovery.UNFINISHED).exists()\n"
    fsync += "os.fsync = lambda file: print(stat.S_ISDIR(os.fstat(file).st_mode), named())\n"
    done = run_python("-c", PROGRAM.format("m", f"{fsync}recovery.note_unfinished(state, ['a'])"), cwd=tmp_path)
    assert done.stdout == "False False\nTrue True\n"  # the file, then its name in the folder


def test_outputs_are_on_the_disk_before_they_count_as_finished(tmp_path):
    sync = "import os\nos.sync = lambda: print('synced', (state / recovery.UNFINISHED).exists())\n"
    done = run_python("-c", PROGRAM.format("m", f"{sync}recovery.note_unfinished(state, ['a'])"), cwd=tmp_path)
    assert done.stdout == "synced True\n"
    assert not (tmp_path / recovery.STATE / "m" / recovery.UNFINISHED).exists()
