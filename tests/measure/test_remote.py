import os
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from gil_scaling.measure import remote
from gil_scaling.measure.stacks import LOCK, RUNNING

FRAME = SimpleNamespace(filename="work.py", lineno=4, funcname="task")
FRAME_OF_3_15 = SimpleNamespace(filename="work.py", location=(4, 5, 0, 9), funcname="task")


@pytest.fixture
def read(monkeypatch):
    """Opens a reader of this process on a fake of the module: stacks by its options, and its further attributes."""

    def open_reader(stacks, kind="threads", **attributes):
        def unwinder(pid, **options):
            found = stacks.get(next(name for name in ("only_active_thread", "all_threads") if options.get(name)))
            return SimpleNamespace(get_stack_trace=lambda: found)

        monkeypatch.setitem(sys.modules, "_remote_debugging", SimpleNamespace(RemoteUnwinder=unwinder, **attributes))
        return remote.open_reader(os.getpid(), kind)

    return open_reader


def thread(tid, frame=FRAME, **changes):
    return SimpleNamespace(thread_id=tid, frame_info=[frame], **changes)


def test_stacks_of_3_14_show_who_holds_the_gil(read):
    reader = read({"all_threads": [thread(1), thread(2)], "only_active_thread": [thread(2)]})
    assert reader.knows_holder
    assert [(one.tid, one.frames, one.has_gil) for one in reader.read()] == [
        (1, [("work.py", 4, "task")], False),
        (2, [("work.py", 4, "task")], True),
    ]


def test_stacks_of_3_15_are_grouped_and_have_flags(read):
    threads = [thread(1, FRAME_OF_3_15, status=1), thread(2, FRAME_OF_3_15, status=8)]
    found = [SimpleNamespace(threads=threads), SimpleNamespace(threads=[])]
    reader = read({"all_threads": found}, THREAD_STATUS_HAS_GIL=1)
    assert [(one.frames[0][1], one.has_gil, one.wants_gil) for one in reader.read()] == [
        (4, True, False),
        (4, False, True),
    ]


def test_synthetic_frames_have_no_line(read):
    frames = [SimpleNamespace(filename="~", location=None, funcname="<GC>")]
    found = [SimpleNamespace(threads=[thread(1, frames[0], status=0)])]
    assert read({"all_threads": found}, THREAD_STATUS_HAS_GIL=1).read()[0].frames == [("~", 0, "<GC>")]


@pytest.mark.parametrize(("wants_gil", "state"), [(False, RUNNING), (True, LOCK)])
def test_a_thread_that_wants_the_gil_waits_for_it(read, wants_gil, state):
    reader = read({"all_threads": [], "only_active_thread": []})
    me = remote.Thread(os.getpid(), threading.get_native_id(), [], has_gil=False, wants_gil=wants_gil)
    assert reader.read_state(me) == (state, 0.0)


def test_a_thread_that_has_ended_has_no_state(read):
    reader = read({"all_threads": [], "only_active_thread": []})
    ended = threading.Thread(target=lambda: None)
    ended.start()
    ended.join()
    while os.path.exists(f"/proc/self/task/{ended.native_id}"):  # before Python 3.13 it may end a little later
        time.sleep(0.001)
    assert reader.read_state(remote.Thread(os.getpid(), ended.native_id, [], False, False)) == (None, 0.0)


def test_interpreters_cannot_be_read_on_3_14(read):
    with pytest.raises(remote.Unreadable, match=r"^Python 3\.14 shows the threads of one interpreter only"):
        read({"all_threads": []}, kind="interpreters")


def test_interpreters_are_read_that_begin_after_the_first_read(read):
    stacks = {"all_threads": [SimpleNamespace(threads=[thread(1, status=0)])]}
    reader = read(stacks, kind="interpreters", THREAD_STATUS_HAS_GIL=1)
    reader.read()
    stacks["all_threads"] = [SimpleNamespace(threads=[thread(number, status=0)]) for number in (2, 3)]
    assert [[one.tid for one in reader.read()] for _ in range(10)][-1] == [2, 3]


@pytest.mark.parametrize(("kind", "is_read"), [("threads", False), ("processes", True), ("interpreters", True)])
def test_pauses_are_read_where_the_run_does_not_see_them(kind, is_read, read, monkeypatch):
    monkeypatch.setattr(remote.Reader, "_find_descendants", lambda _: None)
    seen = []
    monitor = lambda pid: seen.append(pid) or SimpleNamespace(get_gc_stats=lambda all_interpreters: [])  # noqa: E731
    reader = read({"all_threads": []}, kind, THREAD_STATUS_HAS_GIL=1, GCMonitor=monitor)
    reader.read()
    assert (seen, reader.describe_pauses() is not None) == ([os.getpid()] * is_read, is_read)


def test_a_process_that_is_gone_is_not_read_any_more(read, monkeypatch):
    monkeypatch.setattr(remote.Reader, "_find_descendants", lambda _: None)  # those of the process of the tests
    reader = read({"all_threads": [thread(1)], "only_active_thread": []}, kind="processes")
    reader.read()
    gone = SimpleNamespace(get_stack_trace=lambda: (_ for _ in ()).throw(RuntimeError("gone")))
    reader._unwinders[2**22 + 1] = gone  # no process can have this id
    assert [one.tid for one in reader.read()] == [1]
    assert 2**22 + 1 not in reader._unwinders


def test_a_process_that_may_not_be_read_is_a_reason(monkeypatch):
    def denied(*_, **__):
        raise PermissionError(1, "no")

    monkeypatch.setitem(sys.modules, "_remote_debugging", SimpleNamespace(RemoteUnwinder=denied))
    with pytest.raises(
        remote.Unreadable, match=r"^the system does not permit .* \(ptrace\): in a container, allow SYS_PTRACE$"
    ):
        remote.open_reader(os.getpid(), "threads")
