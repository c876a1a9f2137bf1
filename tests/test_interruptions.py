"""What is lost when a sweep is ended; `python -m tests.interruptions 50` tries more moments."""

import random
import subprocess
import sys

import pytest
from gil_scaling.plan import recovery

from tests import interruptions
from tests.support import run_python


@pytest.mark.parametrize(("way", "moment_s"), [("SIGKILL", 2.5), ("power failure", 2.2), ("power failure", 5.0)])
def test_a_killed_sweep_goes_on_without_a_flag_and_loses_and_repeats_nothing(way, moment_s, tmp_path):
    found = interruptions.trial(tmp_path / "sweep", way, moment_s, random.Random(1))
    finished = found.pop("finished before")
    assert found == {"lost": 0, "repeated": 0, "missing": 0, "status": 0, "pages": 1}
    assert 0 <= finished <= interruptions.SWEEP_RUNS


def test_files_that_were_being_made_when_a_call_was_killed_are_made_again(tmp_path):
    interruptions.copy_workflow(tmp_path)
    assert interruptions.start(tmp_path).wait(300) == 0
    summary = tmp_path / "results/test-machine/tiny/tables/summary.csv"
    whole = summary.read_text()
    summary.write_text(whole[:100])
    program = "from gil_scaling.plan import recovery as recovery\nimport os\nrecovery.be_the_only_call()\nrecovery.begin([{!r}])\nos._exit(1)"
    killed = run_python("-c", program.format("results/test-machine/tiny/tables"), cwd=tmp_path)
    assert killed.returncode == 1
    assert interruptions.start(tmp_path).wait(300) == 0
    assert summary.read_text() == whole


def test_a_call_that_came_to_its_end_leaves_nothing_to_set_right(tmp_path):
    program = "from gil_scaling.plan import recovery as recovery\nrecovery.be_the_only_call()\nrecovery.begin(['made'])"
    for _ in range(2):
        (tmp_path / "made").touch()
        run_python("-c", program, cwd=tmp_path, PYTHONPATH=f"{interruptions.ROOT}:{interruptions.ROOT}/scripts")
        assert (tmp_path / "made").exists()


def test_a_second_call_in_the_same_folder_is_refused_while_the_first_one_lives(tmp_path, monkeypatch):
    program = "from gil_scaling.plan import recovery as recovery\nrecovery.be_the_only_call()\nprint('held', flush=True)\ninput()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": f"{interruptions.ROOT}:{interruptions.ROOT}/scripts"},
    ) as first:
        assert first.stdout.readline() == "held\n"
        monkeypatch.chdir(tmp_path)
        with pytest.raises(recovery.OtherCall):
            recovery.be_the_only_call()
        first.communicate("\n")
    recovery.be_the_only_call()
