import socket
import threading
from itertools import pairwise

import pytest
from gil_scaling.measure.workloads import (
    _beside,
    _by_hand,
    _peer,
    handoff,
    lock_counter,
    lost_update,
    mixed,
    objects,
    own_read,
    pattern,
    payload,
    queue_handoff,
    shared_append,
    shared_attribute,
    shared_read,
    sleep,
)

from tests.measure.running import counted, measure
from tests.support import find_build

REFUSING = """
import pickle

original = pickle.dumps

def dumps(value, *rest, **named):
    found = original(value, *rest, **named)
    if b"some bytes" in found:
        raise RuntimeError("the bytes were pickled")
    return found

def tasks(wrapped=False):
    pickle.dumps = dumps
    data = [b"some bytes", b"and some bytes", b"some bytes again"]
    return [[one] for one in data] if wrapped else data

def task(data):
    return len(data)
"""


@pytest.mark.parametrize("backend", ["interpreter", "interpreter_pool"])
@pytest.mark.parametrize(("wrapped", "status"), [(False, "ok"), (True, "failed")])
def test_bytes_reach_interpreters_without_being_pickled_and_lists_do_not(
    backend, wrapped, status, tmp_path_factory, tmp_path
):
    path = tmp_path / "refusing.py"
    path.write_text(REFUSING)
    build = find_build("3.14", tmp_path_factory)
    where = {"workload": "refusing", "reference": str(path), "params": {"wrapped": wrapped}}
    assert measure(build, tmp_path, **where, backend=backend).status == status


def test_requests_that_wait_are_counted_from_the_moment_when_they_were_due():
    here, there = socket.socketpair()

    def answer_late():
        data = b""
        while len(data) < 10 * _peer.REQUEST:  # nothing is answered before all ten are there
            data += there.recv(65536)
        there.sendall(data)

    thread = threading.Thread(target=answer_late)
    thread.start()
    with here:
        found = _peer.ping(here, {"period_s": 0.005, "count": 10})
    thread.join()
    there.close()
    latencies = found["latencies_s"]
    assert len(latencies) == len(found["client_late_s"]) == 10
    assert latencies[0] >= 9 * 0.005  # it waited for the last one to be sent
    steps = [one - other for one, other in pairwise(latencies)]
    assert steps == pytest.approx([0.005] * 9)


def test_quantiles_are_those_of_the_nearest_rank():
    found = _beside.quantiles_ms("x", [n / 1000 for n in range(200, 0, -1)])
    expected = {"p5": 10, "p25": 50, "p50": 100, "p75": 150, "p90": 180, "p95": 190, "p99": 198, "max": 200}
    assert found == pytest.approx({f"x_{name}_ms": value for name, value in expected.items()})
    assert set(_beside.quantiles_ms("x", [0.003]).values()) == {3.0}


def test_busy_threads_work_and_end():
    with _beside.Busy("thread", 2) as beside:
        names = [thread.is_alive() for thread in beside._crew]
    assert (names, [thread.is_alive() for thread in beside._crew]) == ([True, True], [False, False])
    assert beside.turns_per_s > 0


def test_busy_processes_are_ended():
    with _beside.Busy("process", 1) as beside:
        assert beside._crew[0].poll() is None
    assert (beside._crew[0].returncode, beside.turns_per_s) == (-9, None)


def test_busy_with_anything_else_is_refused():
    with pytest.raises(ValueError, match="'fibre' is neither 'thread' nor 'process'"):
        _beside.Busy("fibre", 1)


@pytest.mark.parametrize("workload", ["latency", "bandwidth", "wake_up"])
@pytest.mark.parametrize("params", [{"busy": 0}, {"busy": 2}, {"busy": 1, "busy_as": "process"}], ids=str)
def test_responsiveness_is_told_in_metrics(workload, params, build, tmp_path):
    short = {"latency": {"requests": 20}, "bandwidth": {"duration_s": 0.05}, "wake_up": {"duration_s": 0.05}}[workload]
    result = measure(build, tmp_path, workload=workload, params={**params, **short}, warmups=0, repeats=1)
    assert result.status == "ok", result.reason
    (metrics,) = [sample["metrics"] for sample in counted(result)]
    if workload == "bandwidth":
        assert metrics["round_trips_per_s"] > 0
    else:
        name = {"latency": "latency", "wake_up": "overshoot"}[workload]
        quantiles = [metrics[f"{name}_{key}_ms"] for key in ("p50", "p95", "p99", "max")]
        assert quantiles == sorted(quantiles)
    turns = metrics["busy_turns_per_s"]
    assert turns is None if "busy_as" in params else (turns > 0) == (params["busy"] > 0)


TURNS = [(0, [(10.0, 10.005), (10.010, 10.015)]), (1, [(10.005, 10.010), (10.015, 10.020)])]
AT_ONCE = [(0, [(10.0, 10.02)]), (1, [(10.0, 10.02)])]


def test_turns_are_told_from_running_at_once():
    found = handoff.metrics(TURNS, [])
    assert found == pytest.approx({"hand_overs_per_s": 150, "hold_p50_ms": 5, "hold_max_ms": 5, "running_mean": 1})
    found = handoff.metrics(AT_ONCE, [])
    assert found == pytest.approx({"hand_overs_per_s": 0, "hold_p50_ms": 20, "hold_max_ms": 20, "running_mean": 2})


def test_a_worker_that_runs_on_after_a_pause_hands_nothing_over():
    paused = [(0, [(10.0, 10.005), (10.010, 10.015)])]
    assert handoff.metrics(paused, [])["hand_overs_per_s"] == 0


def test_stretches_out_of_order_are_wrong():
    handoff.check(TURNS, [])
    with pytest.raises(ValueError, match="worker 1 are not in order"):
        handoff.check([(1, [(2.0, 3.0), (2.5, 4.0)])], [])


def test_a_stretch_ends_where_the_wall_clock_runs_and_the_cpu_s_does_not(monkeypatch):
    wall = iter([0.0, 0.1, 0.2, 5.2, 5.3])
    cpu = iter([0.0, 0.1, 0.2, 0.3, 0.4])
    monkeypatch.setattr(handoff, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(handoff, "thread_time", lambda: next(cpu))
    number, found = handoff.task((7, 5.25))
    assert number == 7
    assert [moment for segment in found for moment in segment] == pytest.approx([0.0, 0.2, 5.1, 5.3])


def test_the_stretches_come_into_the_record_from_the_sample_s_beginning(build, tmp_path):
    result = measure(build, tmp_path, workload="handoff", backend="thread", params={"duration_s": 0.02})
    for sample in counted(result):
        columns = sample["segments"]
        assert set(columns["worker"]) == {0, 1}
        assert columns["start_s"] == sorted(columns["start_s"])
        assert 0 <= min(columns["start_s"]) <= max(columns["end_s"]) <= sample["total_s"]


@pytest.mark.parametrize(("value", "lost"), [(200, 0.0), (150, 0.25), (0, None)])
def test_lost_updates_are_a_share_of_those_asked_for(value, lost):
    counter = lost_update.Counter()
    counter.value = value
    arguments = [("add", 100), ("add", 100)]
    found = lost_update.metrics([100, 100], arguments, counter)
    count = None if lost is None else 200 - value
    assert found == {"lost_share": lost, "lost": count, "lost_of": 200, "updates_in_parent": value}


@pytest.mark.parametrize("form", ["add", "call", "loop", "lock"])
def test_one_thread_alone_loses_no_update(form):
    counter = lost_update.shared()
    assert lost_update.task((form, 50), counter) == 50
    assert counter.value == 50


def test_updates_lost_under_a_lock_are_wrong_and_others_are_not():
    counter = lost_update.Counter()
    counter.value = 150
    lost_update.check([100, 100], [("add", 100)] * 2, counter)
    with pytest.raises(ValueError, match="the counter is 150 after 200 updates"):
        lost_update.check([100, 100], [("lock", 100)] * 2, counter)


def wrong_counter():
    counter = lock_counter.shared()
    counter.value = 1
    return counter


@pytest.mark.parametrize(
    ("workload", "results", "arguments", "shared"),
    [
        (lock_counter, [2, 2], [(0.5, 2)] * 2, wrong_counter()),
        (queue_handoff, [(2, 1, 1), (1, 0, 1)], [(0, 2), (1, 2)], queue_handoff.shared()),
        (shared_append, [3], [3], [1, 2]),
        (shared_append, [2], [3], [1, 2, 3]),
        (shared_read, [9], [10], None),
        (shared_attribute, [9], [10], shared_attribute.Holder()),
    ],
)
def test_what_was_shared_wrongly_is_refused(workload, results, arguments, shared):
    parts = (results, arguments, shared)[: workload.check.__code__.co_argcount]
    with pytest.raises(ValueError, match=r"\d"):
        workload.check(*parts)


@pytest.mark.parametrize(("workload", "sent"), [(payload, [b"ab"]), (objects, [[1, 2]])])
def test_what_comes_back_changed_is_refused(workload, sent):
    workload.check(list(sent), sent)
    with pytest.raises(ValueError, match="that came back"):
        workload.check([sent[0][:1]], sent)


def test_a_queue_of_several_tasks_tells_whose_items_came():
    shared = queue_handoff.shared()
    first = queue_handoff.task((0, 20), shared)
    second = queue_handoff.task((1, 20), shared)
    assert (first, second) == ((20, 4, 0), (20, 4, 16))
    assert queue_handoff.metrics([first, second], []) == {"from_others": 0.4}


def test_own_objects_do_the_work_of_shared_ones():
    assert own_read.task(5) == shared_read.task(5, shared_read.shared()) == 5


@pytest.mark.parametrize(("share", "wait_s"), [(1.0, 0.0), (0.5, 0.008), (0.25, 0.024)])
def test_the_wait_makes_the_work_the_share_asked_for(share, wait_s, monkeypatch):
    moments = iter([1.0, 1.008])
    monkeypatch.setattr(mixed.time, "thread_time", lambda: next(moments))
    assert mixed._work(share)[1] == pytest.approx(wait_s)


def test_without_work_there_is_only_waiting():
    assert mixed._work(0) == (0, mixed._WAIT_S)


@pytest.mark.parametrize("name", list(pattern.PATTERNS))
def test_each_pattern_gives_the_same_each_time(name):
    ((argument),) = pattern.tasks(name, turns=200)
    assert pattern.task(argument) == pattern.task(argument)


def test_there_are_24_patterns_and_another_is_refused():
    assert len(pattern.PATTERNS) == 24
    with pytest.raises(ValueError, match=r"no pattern 'quine'\. Known: object_cfunction, "):
        pattern.tasks("quine")


def test_the_coroutine_forms_overlap_their_waits(this_build, tmp_path):
    for workload in ("sleep", "mixed", "socket_echo", "url_fetch"):
        result = measure(this_build, tmp_path, workload=workload, params={"count": 2}, backend="asyncio")
        assert result.status == "ok", result.reason
        for sample in counted(result):
            starts, ends = sample["tasks"]["start_s"], sample["tasks"]["end_s"]
            assert max(starts) < min(ends), workload


def test_sleep_lasts_as_long_as_asked():
    assert (sleep.tasks(0.5, 2), sleep.waits) == ([0.5, 0.5], True)


STOPS, SILENT = "ValueError: this task was to raise", "nothing"
BROKEN = "BrokenProcessPool: A process in the process pool was terminated abruptly"
SEEN = {  # by backend: of an exception when results are asked for, when they are not, and of a worker's death
    "sequential": (STOPS, STOPS, "its own death"),
    "thread": (SILENT, SILENT, "its own death"),
    "thread_pool": (STOPS, SILENT, "its own death"),
    "process": ("exit code 1", SILENT, "exit code 7"),
    "process_pool": (STOPS, SILENT, BROKEN),
    "multiprocessing_pool": (STOPS, SILENT, "nothing: it waits for ever"),
    "interpreter": (SILENT, SILENT, "its own death"),
    "interpreter_pool": (STOPS, SILENT, "its own death"),
    "asyncio": (STOPS, SILENT, "its own death"),
    "asyncio_to_thread": (STOPS, SILENT, "its own death"),
    "asyncio_threads": (SILENT, SILENT, "its own death"),
}
CASES = [("exception", {"consumed": True}), ("exception", {"consumed": False}), ("crash", {"by": "exit"})]


@pytest.mark.parametrize("place", range(3), ids=["asked", "not-asked", "death"])
@pytest.mark.parametrize("backend", SEEN)
def test_the_caller_sees_of_a_failure_what_the_backend_tells(backend, place, build, tmp_path):
    workload, params = CASES[place]
    result = measure(build, tmp_path, workload=workload, params=params, backend=backend, warmups=0, repeats=1)
    if result.status == "unsupported":
        pytest.skip(result.reason)
    assert result.status == "ok", result.reason
    (metrics,) = [sample["metrics"] for sample in counted(result)]
    assert metrics["seen"].startswith(SEEN[backend][place])
    died = SEEN[backend][place] == "its own death"
    assert metrics["program"] == ("died with exit code 7" if died else "lived on")
    told = metrics["seen_after_s"]
    assert (told is None) == (died or metrics["seen"].startswith("nothing"))
    assert 0 <= metrics["done"] < 8


def test_a_worker_that_is_killed_is_told_by_its_signal(this_build, tmp_path):
    seen = []
    for backend in ("thread", "process"):
        result = measure(this_build, tmp_path, workload="crash", params={"by": "kill"}, backend=backend)
        seen.append([counted(result)[0]["metrics"][name] for name in ("seen", "program")])
    assert seen == [["its own death", "died by SIGKILL"], ["exit code -9", "lived on"]]


def test_a_failure_that_never_came_is_a_failed_run(this_build, tmp_path):
    result = measure(this_build, tmp_path, workload="exception", params={"failing": 99}, backend="thread")
    assert (result.status, "no task failed" in result.reason) == ("failed", True)


def test_a_backend_without_a_form_by_hand_is_unsupported():
    assert _by_hand.available("mine", None) == "backend 'mine' has no form by hand"
