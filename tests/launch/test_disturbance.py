import os
import subprocess
import sys

import pytest
from gil_scaling.launch import disturbance

QUIET = {
    "seconds": 2.0,
    "cpus": 2,
    "other_cpu_s": 0.0,
    "own_cpu_s": 4.0,
    "steal_s": 0.0,
    "throttled_s": 0.0,
}
STEADY = {"reference_loop_s": 0.02}


def flags(meanwhile=None, after=None):
    found = disturbance.judge(STEADY, {**STEADY, **(after or {})}, {**QUIET, **(meanwhile or {})})
    return [(one["flag"], one["reading"], pytest.approx(one["value"]), one["limit"]) for one in found]


def test_quiet_machine_gives_no_flag():
    assert flags() == []


@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [
        ({"other_cpu_s": 0.4}, ("noisy", "other_share", 0.1, 0.05)),
        ({"steal_s": 1.0}, ("noisy", "steal_share", 0.25, 0.05)),
        ({"throttled_s": 0.08}, ("throttled", "throttled_share", 0.02, 0.01)),
    ],
)
def test_cpu_time_of_others_is_judged_by_its_share(meanwhile, expected):
    assert flags(meanwhile) == [expected]


@pytest.mark.parametrize("loop_s", [0.016, 0.024])
def test_change_of_the_reference_loop_is_a_drift(loop_s):
    assert flags(after={"reference_loop_s": loop_s}) == [("drifting", "reference_loop_drift", 0.2, 0.1)]


def test_few_ticks_are_below_the_resolution():
    assert flags({"seconds": 0.1, "other_cpu_s": 0.03}) == []
    assert flags({"seconds": 0.1, "other_cpu_s": 0.04}) == [("noisy", "other_share", 0.2, 0.05)]


def test_unknown_readings_give_no_flag():
    unknown = {"other_cpu_s": None, "steal_s": None, "throttled_s": None}
    assert flags(unknown, after={"reference_loop_s": None}) == []


def test_own_cpu_time_is_not_of_others():
    before = {"busy_s": 100.0, "steal_s": 1.0, "throttled_s": None}
    after = {"busy_s": 104.5, "steal_s": 1.25, "throttled_s": 3.0}
    found = disturbance.between(before, after, 2.0, own_cpu_s=4.0, count=2)
    assert (found["other_cpu_s"], found["steal_s"], found["throttled_s"]) == (0.5, 0.25, None)
    assert disturbance.between(before, after, 2.0, own_cpu_s=None, count=2)["other_cpu_s"] is None


def reference_loop_s(parts_s):
    """The reference loop on a machine that takes these times for its parts."""
    times = iter([time for number, part_s in enumerate(parts_s) for time in (number, number + part_s)])
    return disturbance.reference_loop_s(lambda: next(times))


def test_reference_loop_is_32_times_its_fastest_part():
    assert reference_loop_s([0.25, 0.125, 0.5, 0.25]) == 4.0


def test_pauses_in_three_parts_do_not_change_the_loop():
    assert reference_loop_s([0.1, 0.0625, 0.1, 0.2]) == reference_loop_s([0.0625] * 4)


@pytest.mark.parametrize(("factor", "expected"), [(1.05, []), (0.8, ["drifting"]), (1.2, ["drifting"])])
def test_a_machine_that_changes_its_speed_drifts(factor, expected):
    part_s = STEADY["reference_loop_s"] / 32
    found = flags(after={"reference_loop_s": reference_loop_s([factor * part_s] * 4)})
    assert [flag for flag, *_ in found] == expected


def test_times_of_the_loop_compare_with_those_of_eighths():
    assert disturbance._PARTS * disturbance._TURNS == 8 * 92_500
    middle = disturbance._FIRST_SUM + sum(range(disturbance._TURNS // 2))
    assert middle == pytest.approx(2**30, rel=1e-4)  # where a sum from 0 to 92,500 is in the middle, too


def test_loop_after_a_run_is_that_before_the_next(tmp_path):
    path = str(tmp_path / "c.loop")
    assert disturbance.read_loop(path, [0, 1]) is None
    disturbance.keep_loop(path, [0, 1], 0.02, lambda: 10.0)
    for now, cpus, loop_s in ((10.9, [0, 1], 0.02), (11.1, [0, 1], None), (9.9, [0, 1], None), (10.9, [0], None)):
        assert disturbance.read_loop(path, cpus, lambda now=now: now) == loop_s


@pytest.mark.parametrize("text", ["", "10.0", "10.0 x 0", "10.0 nan 0", "10.0 -1 0", "\0"])
def test_damaged_loop_is_not_used(text, tmp_path):
    (tmp_path / "c.loop").write_text(text)
    assert disturbance.read_loop(str(tmp_path / "c.loop"), [0], lambda: 10.0) is None


class Machine:
    """A machine on which others use a whole CPU until quiet_at."""

    def __init__(self, quiet_at):
        self.now, self.quiet_at = 0.0, quiet_at

    def sleep(self, seconds):
        self.now += seconds

    def look(self, cpus):
        return {"busy_s": min(self.now, self.quiet_at), "steal_s": 0.0, "throttled_s": None}

    def wait(self, limit_s):
        return disturbance.wait_for_quiet([0, 1], lambda: 0.0, limit_s, self.sleep, lambda: self.now, self.look)


def test_wait_ends_when_others_do():
    assert Machine(quiet_at=1.5).wait(limit_s=60.0) == pytest.approx(1.5)


def test_wait_is_zero_on_a_quiet_machine():
    assert Machine(quiet_at=0.0).wait(limit_s=60.0) == pytest.approx(0.0)


def test_wait_ends_at_its_limit():
    machine = Machine(quiet_at=1e9)
    assert 3.0 <= machine.wait(limit_s=3.0) < 3.5


BURN = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass"


def test_read_counts_the_cpu_time_of_another_process():
    cpus = sorted(os.sched_getaffinity(0))
    before = disturbance.read(cpus)
    subprocess.run([sys.executable, "-S", "-c", BURN], check=True)
    after = disturbance.read(cpus)
    found = disturbance.between(before, after, 1.0, own_cpu_s=0.0, count=2)
    assert found["other_cpu_s"] >= 0.35
    assert after["load_1min"] >= 0


def test_read_counts_only_the_given_cpus():
    first, *others = sorted(os.sched_getaffinity(0))
    whole, one = disturbance.read([first, *others]), disturbance.read([first])
    assert 0 < one["busy_s"] < whole["busy_s"]


def test_read_of_an_unlisted_cpu_is_unknown():
    assert disturbance.read([10**6])["busy_s"] is None
