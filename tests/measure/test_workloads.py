import socket
import threading
from itertools import pairwise

import pytest
from gil_scaling.measure.workload import load_backend
from gil_scaling.measure.workloads import (
    _background,
    _local_server,
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
from gil_scaling.plan import catalog

from tests.measure.running import measure, measure_file, measure_supported
from tests.support import NEWEST, find_build

REFUSING = """
import pickle

original = pickle.dumps

def dumps(value, *rest, **named):
    data = original(value, *rest, **named)
    if b"some bytes" in data:
        raise RuntimeError("the bytes were pickled")
    return data

def tasks(wrapped=False):
    pickle.dumps = dumps
    data = [b"some bytes", b"and some bytes", b"some bytes again"]
    return [[item] for item in data] if wrapped else data

def task(data):
    return len(data)
"""


INTERPRETERS = [name for name in catalog.names(catalog.BACKENDS) if load_backend(name).kind == "interpreters"]


@pytest.mark.parametrize("backend", INTERPRETERS)
@pytest.mark.parametrize(("wrapped", "status"), [(False, "ok"), (True, "failed")])
def test_interpreters_get_bytes_unpickled_but_not_lists(backend, wrapped, status, tmp_path_factory, tmp_path):
    build = find_build("3.14", tmp_path_factory)
    result = measure_file(build, tmp_path, REFUSING, backend=backend, params={"wrapped": wrapped})
    assert result.status == status


def test_latency_counts_from_when_the_request_was_due():
    here, there = socket.socketpair()

    def answer_late():
        data = b""
        while len(data) < 10 * _local_server.REQUEST:  # nothing is answered before all ten are there
            data += there.recv(65536)
        there.sendall(data)

    thread = threading.Thread(target=answer_late)
    thread.start()
    with here:
        measured = _local_server.ping(here, {"period_s": 0.005, "count": 10})
    thread.join()
    there.close()
    latencies = measured["latencies_s"]
    assert len(latencies) == len(measured["client_late_s"]) == 10
    assert latencies[0] >= 9 * 0.005  # it waited for the last one to be sent
    steps = [earlier - later for earlier, later in pairwise(latencies)]
    assert steps == pytest.approx([0.005] * 9)


def test_quantiles_are_those_of_the_nearest_rank():
    quantiles = _background.quantiles_ms("x", [n / 1000 for n in range(200, 0, -1)])
    expected = {"p5": 10, "p25": 50, "p50": 100, "p75": 150, "p90": 180, "p95": 190, "p99": 198, "max": 200}
    assert {name: quantiles[f"x_{name}_ms"] for name in expected} == pytest.approx(expected)
    assert set(_background.quantiles_ms("x", [0.003]).values()) == {3.0}


def test_busy_threads_work_and_end():
    with _background.Busy("thread", 2) as background:
        alive = [thread.is_alive() for thread in background._workers]
    assert (alive, [thread.is_alive() for thread in background._workers]) == ([True, True], [False, False])
    assert background.turns_per_s > 0


def test_busy_processes_are_killed():
    with _background.Busy("process", 1) as background:
        assert background._workers[0].poll() is None
    assert (background._workers[0].returncode, background.turns_per_s) == (-9, None)


def test_busy_refuses_an_unknown_kind():
    with pytest.raises(ValueError, match="'fibre' is neither 'thread' nor 'process'"):
        _background.Busy("fibre", 1)


@pytest.mark.parametrize("workload", ["latency", "bandwidth", "wake_up"])
@pytest.mark.parametrize("params", [{"busy": 0}, {"busy": 2}, {"busy": 1, "busy_as": "process"}], ids=str)
def test_responsiveness_workloads_measure_metrics(workload, params, build, tmp_path):
    short = {"latency": {"requests": 20}, "bandwidth": {"duration_s": 0.05}, "wake_up": {"duration_s": 0.05}}[workload]
    result = measure(build, tmp_path, workload=workload, params={**params, **short})
    assert result.status == "ok", result.reason
    (metrics,) = [sample["metrics"] for sample in result.measured["samples"]]
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


def test_handoff_metrics_tell_turns_from_overlap():
    assert handoff.metrics(TURNS, []) == pytest.approx(
        {"hand_overs_per_s": 150, "hold_p50_ms": 5, "hold_max_ms": 5, "running_mean": 1}
    )
    assert handoff.metrics(AT_ONCE, []) == pytest.approx(
        {"hand_overs_per_s": 0, "hold_p50_ms": 20, "hold_max_ms": 20, "running_mean": 2}
    )


def test_handoff_after_a_pause_of_one_worker_is_none():
    paused = [(0, [(10.0, 10.005), (10.010, 10.015)])]
    assert handoff.metrics(paused, [])["hand_overs_per_s"] == 0


def test_handoff_segments_out_of_order_are_wrong():
    handoff.check(TURNS, [])
    with pytest.raises(ValueError, match="worker 1 are not in order"):
        handoff.check([(1, [(2.0, 3.0), (2.5, 4.0)])], [])


def test_handoff_segment_ends_where_cpu_time_stands_still(monkeypatch):
    wall = iter([0.0, 0.1, 0.2, 5.2, 5.3])
    cpu = iter([0.0, 0.1, 0.2, 0.3, 0.4])
    monkeypatch.setattr(handoff, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(handoff, "thread_time", lambda: next(cpu))
    number, segments = handoff.task((7, 5.25))
    assert number == 7
    assert [time for segment in segments for time in segment] == pytest.approx([0.0, 0.2, 5.1, 5.3])


def test_segments_count_from_the_start_of_the_sample(build, tmp_path):
    result = measure(build, tmp_path, workload="handoff", backend="thread", params={"duration_s": 0.02})
    for sample in result.measured["samples"]:
        columns = sample["segments"]
        assert set(columns["worker"]) == {0, 1}
        assert columns["start_s"] == sorted(columns["start_s"])
        assert 0 <= min(columns["start_s"]) <= max(columns["end_s"]) <= sample["total_s"]


@pytest.mark.parametrize(("value", "lost"), [(200, 0.0), (150, 0.25), (0, None)])
def test_lost_updates_are_a_share_of_all_updates(value, lost):
    counter = lost_update.Counter()
    counter.value = value
    arguments = [("add", 100), ("add", 100)]
    count = None if lost is None else 200 - value
    assert lost_update.metrics([100, 100], arguments, counter) == {
        "lost_share": lost,
        "lost": count,
        "lost_of": 200,
        "updates_in_parent": value,
    }


@pytest.mark.parametrize("form", ["add", "call", "loop", "lock"])
def test_one_thread_alone_loses_no_update(form):
    counter = lost_update.shared()
    assert lost_update.task((form, 50), counter) == 50
    assert counter.value == 50


def test_updates_lost_under_a_lock_are_wrong():
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
def test_check_refuses_wrong_shared_state(workload, results, arguments, shared):
    parts = (results, arguments, shared)[: workload.check.__code__.co_argcount]
    with pytest.raises(ValueError, match=r"\d"):
        workload.check(*parts)


@pytest.mark.parametrize(("workload", "sent"), [(payload, [b"ab"]), (objects, [[1, 2]])])
def test_check_refuses_changed_data(workload, sent):
    workload.check(list(sent), sent)
    with pytest.raises(ValueError, match="that were returned"):
        workload.check([sent[0][:1]], sent)


def test_queue_counts_items_of_other_tasks():
    shared = queue_handoff.shared()
    first = queue_handoff.task((0, 20), shared)
    second = queue_handoff.task((1, 20), shared)
    assert (first, second) == ((20, 4, 0), (20, 4, 16))
    assert queue_handoff.metrics([first, second], []) == {"from_others": 0.4}


def test_own_read_does_the_work_of_shared_read():
    assert own_read.task(5) == shared_read.task(5, shared_read.shared()) == 5


@pytest.mark.parametrize(("share", "wait_s"), [(1.0, 0.0), (0.5, 0.008), (0.25, 0.024), (0, mixed._WAIT_S)])
def test_mixed_waits_so_long_that_work_has_its_share(share, wait_s, monkeypatch):
    times = iter([1.0, 1.008])
    monkeypatch.setattr(mixed.time, "thread_time", lambda: next(times))
    total = sum(range(mixed._TURNS)) if share else 0
    assert mixed._work(share) == (total, pytest.approx(wait_s))


@pytest.mark.parametrize("name", list(pattern.PATTERNS))
def test_pattern_gives_the_same_each_time(name):
    ((argument),) = pattern.tasks(name, turns=200)
    assert pattern.task(argument) == pattern.task(argument)


def test_pattern_refuses_an_unknown_name():
    assert len(pattern.PATTERNS) == 24
    with pytest.raises(ValueError, match=r"no pattern 'quine'\. Known: object_cfunction, "):
        pattern.tasks("quine")


def test_coroutine_forms_overlap_their_waits(this_build, tmp_path):
    for workload in ("sleep", "mixed", "socket_echo", "url_fetch"):
        result = measure(this_build, tmp_path, workload=workload, params={"count": 2}, backend="asyncio")
        assert result.status == "ok", result.reason
        for sample in result.measured["samples"]:
            starts, ends = sample["tasks"]["start_s"], sample["tasks"]["end_s"]
            assert max(starts) < min(ends), workload


def test_sleep_tasks_are_the_seconds():
    assert (sleep.tasks(0.5, 2), sleep.waits) == ([0.5, 0.5], True)


STOPS, SILENT, DIES = "ValueError: this task raises on purpose", "nothing", "nothing: it dies"
BROKEN = "BrokenProcessPool: A process in the process pool was terminated abruptly"
SEEN = {  # by backend: of an exception whose results are consumed, or not, and of a worker's death
    "sequential": (STOPS, STOPS, DIES),
    "thread": (SILENT, SILENT, DIES),
    "thread_pool": (STOPS, SILENT, DIES),
    "process": ("exit code 1", SILENT, "exit code 7"),
    "process_pool": (STOPS, SILENT, BROKEN),
    "multiprocessing_pool": (STOPS, SILENT, "nothing: it waits forever"),
    "interpreter": (SILENT, SILENT, DIES),
    "interpreter_pool": (STOPS, SILENT, DIES),
    "asyncio": (STOPS, SILENT, DIES),
    "asyncio_to_thread": (STOPS, SILENT, DIES),
    "asyncio_threads": (SILENT, SILENT, DIES),
}
CASES = [("exception", {"consumed": True}), ("exception", {"consumed": False}), ("crash", {"by": "exit"})]


@pytest.mark.parametrize("backend", SEEN)
def test_caller_sees_the_failure_as_the_backend_reports_it(backend, build, tmp_path):
    one = (list(SEEN).index(backend) + build.gil) % len(CASES)  # of the cases, in other builds than the newest
    for case in range(len(CASES)) if build.name == NEWEST else (one,):
        workload, params = CASES[case]
        combination = {"workload": workload, "params": params, "backend": backend}
        result = measure_supported(build, tmp_path, **combination)
        assert result.status == "ok", result.reason
        (metrics,) = [sample["metrics"] for sample in result.measured["samples"]]
        assert metrics["seen"].startswith(SEEN[backend][case])
        died = SEEN[backend][case] == DIES
        assert metrics["program"] == ("died with exit code 7" if died else "survived")
        assert (metrics["seen_after_s"] is None) == (died or metrics["seen"].startswith("nothing"))
        assert 0 <= metrics["done"] < 8


def test_caller_does_not_wait_while_tasks_follow_a_failure(this_build, tmp_path):
    params = {"count": 8, "failing": 0, "consumed": False, "task_s": 0.25}
    case = {"workload": "exception", "params": params, "backend": "thread_pool", "workers": 1}
    result = measure_supported(this_build, tmp_path, **case)
    (metrics,) = [sample["metrics"] for sample in result.measured["samples"]]
    assert (metrics["seen"], metrics["done"]) == (SILENT, 7)


def test_crash_by_a_signal_names_it(this_build, tmp_path):
    seen = []
    for backend in ("thread", "process"):
        result = measure(this_build, tmp_path, workload="crash", params={"by": "kill"}, backend=backend)
        seen.append([result.measured["samples"][0]["metrics"][name] for name in ("seen", "program")])
    assert seen == [[DIES, "killed by SIGKILL"], ["exit code -9", "survived"]]


def test_exception_without_a_failing_task_fails_the_run(this_build, tmp_path):
    result = measure(this_build, tmp_path, workload="exception", params={"failing": 99}, backend="thread")
    assert (result.status, "no task failed" in result.reason) == ("failed", True)
