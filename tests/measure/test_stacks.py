import os

from gil_scaling.measure import stacks, worker

RUN_TASKS = (worker.__file__, 190, "run_tasks")
BELOW = [("/usr/lib/threading.py", 9, "Thread.run")]
MINE = "/home/me/work.py"


def test_a_place_is_the_innermost_line_of_the_users_files():
    frames = [(MINE, 4, "inner"), (MINE, 9, "task"), RUN_TASKS, *BELOW]
    assert stacks.Places([MINE]).find(frames) == (MINE, 4, "inner", None)


def test_a_place_names_what_it_called_in_other_files():
    frames = [
        ("/lib/threading.py", 3, "Condition.wait"),
        ("/lib/queue.py", 7, "Queue.get"),
        (MINE, 4, "task"),
        RUN_TASKS,
    ]
    assert stacks.Places([MINE]).find(frames) == (MINE, 4, "task", "Queue.get (queue.py)")


def test_there_is_no_place_outside_of_tasks():
    places = stacks.Places([MINE])
    assert places.find([(MINE, 4, "shared"), *BELOW]) is None
    assert places.find([RUN_TASKS, *BELOW]) is None
    assert places.find([("/lib/queue.py", 7, "get"), RUN_TASKS]) is None


def test_a_place_of_a_coroutine_is_found():
    caller = (os.path.join(os.path.dirname(worker.__file__), "backends/asyncio.py"), 50, "_run.<locals>.work")
    assert stacks.Places([MINE]).find([(MINE, 4, "task"), caller, *BELOW]) == (MINE, 4, "task", None)


def test_a_file_is_known_by_another_path_to_it(tmp_path):
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "link.py").symlink_to(tmp_path / "mine.py")
    path = str(tmp_path / "link.py")
    assert stacks.Places([str(tmp_path / "mine.py")]).find([(path, 1, "task"), RUN_TASKS]) == (path, 1, "task", None)


A, B, C = ((MINE, line, "task", None) for line in (1, 2, 3))


def test_seen_time_is_divided_by_what_the_threads_did():
    seen = stacks.Seen()
    seen.add([(A, stacks.RUNNING), (B, stacks.LOCK)], 2.0)
    seen.add([(A, stacks.SLEEP), (B, stacks.RUNNING)], 1.0)
    found = seen.describe()
    assert found["states"] == {"running": 3.0, "lock": 2.0, "sleep": 1.0, "unknown": 0.0}
    assert found["lines"] == [[*A, 2.0, 1.0, 2.0], [*B, 1.0, 2.0, 0.0]]
    assert found["ticks"] == 2


def test_waiting_is_charged_to_the_holder_of_the_gil():
    seen = stacks.Seen()
    seen.add([(A, stacks.RUNNING), (B, stacks.RUNNING), (C, stacks.LOCK)], 1.0, holders=[B])
    assert {place[1]: held for *place, _, _, held in seen.describe()["lines"]} == {1: 0.0, 2: 1.0, 3: 0.0}


def test_waiting_is_shared_by_all_that_run_without_the_gil():
    seen = stacks.Seen()
    seen.add([(A, stacks.RUNNING), (B, stacks.RUNNING), (C, stacks.LOCK)], 1.0)
    assert [held for *_, held in seen.describe()["lines"]] == [0.5, 0.5, 0.0]


def test_used_time_charges_locks_to_what_ran_meanwhile():
    seen = stacks.Seen()
    seen.add_used([(A, 3.0, stacks.LOCK, 0.0), (B, 1.0, stacks.LOCK, 2.0), (C, 0.0, stacks.SLEEP, 4.0)])
    found = seen.describe()
    assert found["lines"] == [[*A, 3.0, 0.0, 1.5], [*B, 1.0, 2.0, 0.5], [*C, 0.0, 4.0, 0.0]]
    assert found["states"] == {"running": 4.0, "lock": 2.0, "sleep": 4.0, "unknown": 0.0}


def test_a_system_call_shows_what_a_thread_waits_for(monkeypatch):
    monkeypatch.setattr(stacks, "_FUTEX", (b"202",))
    calls = (b"202 0x1 0x80\n", b"230 0x0\n", b"running\n", b"-1 0x7f 0x3\n", b"")
    found = [stacks.state_of_call(call) for call in calls]
    assert found == [stacks.LOCK, stacks.SLEEP, None, stacks.UNKNOWN, stacks.UNKNOWN]


def test_time_in_the_run_queue_is_the_second_number():
    assert [stacks.queued_ns(text) for text in (b"12 345 6\n", b"")] == [345, 0]
