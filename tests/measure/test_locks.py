import json
import subprocess

import pytest
from gil_scaling.launch import environment

PROGRAM = """import json, sys
from gil_scaling.measure import lock_counts, locks
locks.install()
sys.path.insert(0, sys.argv[1])
import work
totals = lock_counts.Totals()
totals.add()
json.dump(totals.describe(), sys.stdout)
"""

# Holds a lock, in the line `with lock:`, until another thread waits for it.
CONTENDED = """import threading
lock = threading.Lock()
def wait():
    lock.acquire()
    lock.release()
thread = threading.Thread(target=wait)
with lock:
    thread.start()
    while not lock._waiting: pass
thread.join()
"""


def run(build, folder, source):
    """Runs a module with metered locks."""
    (folder / "work.py").write_text(source)
    return subprocess.run(
        [*build.command, "-c", PROGRAM, str(folder)],
        env=environment.environment(build.env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def count(build, folder, source):
    """What `read` returns of the locks that a module creates."""
    done = run(build, folder, source)
    assert done.stderr == ""
    return json.loads(done.stdout)


def counts_of(build, folder, source, *names):
    """Some of the counts of the one line that creates locks."""
    (site,) = count(build, folder, source)
    return [site[name] for name in names]


def test_a_lock_names_its_line_and_the_line_that_holds_it(any_build, tmp_path):
    (site,) = count(any_build, tmp_path, CONTENDED)
    assert (site["file"], site["line"], site["function"]) == (str(tmp_path / "work.py"), 2, "<module>")
    assert (site["kind"], site["tries"], site["contended"], site["failed"]) == ("Lock", 2, 1, 0)
    (holder,) = site["holders"]
    assert (holder["file"], holder["line"] in (7, 8, 9), holder["function"]) == (site["file"], True, "<module>")
    assert 0 < holder["waited_s"] <= min(site["waited_s"], site["held_s"])


def test_with_names_its_own_line_from_3_10_on(free_threaded, tmp_path):
    (site,) = count(free_threaded, tmp_path, CONTENDED)
    assert site["holders"][0]["line"] == 7


def test_an_acquired_lock_names_the_line_that_acquires_it(build, tmp_path):
    source = CONTENDED.replace("with lock:", "lock.acquire()\nif True:") + "\n"
    source = source.replace("thread.join()", "lock.release()\nthread.join()")
    (site,) = count(build, tmp_path, source)
    assert site["holders"][0]["line"] == 7


def test_a_try_that_does_not_block_has_failed_but_not_waited(build, tmp_path):
    source = "import threading\nlock = threading.Lock()\nlock.acquire()\nassert not lock.acquire(blocking=False)"
    names = ("tries", "contended", "failed", "waited_s")
    assert counts_of(build, tmp_path, source, *names) == [2, 1, 1, 0.0]


def test_a_timeout_has_waited_and_failed(build, tmp_path):
    source = "import threading\nlock = threading.Lock()\nlock.acquire()\nassert not lock.acquire(timeout=0.02)"
    *counts, waited_s = counts_of(build, tmp_path, source, "tries", "contended", "failed", "waited_s")
    assert counts == [2, 1, 1]
    assert waited_s >= 0.02


def test_rlock_counts_its_first_acquisition_only(build, tmp_path):
    source = "import threading\nlock = threading.RLock()\nwith lock:\n    with lock:\n        assert lock.acquire()\n"
    source += "        lock.release()\nassert not lock._is_owned()"
    assert counts_of(build, tmp_path, source, "kind", "tries", "contended") == ["RLock", 1, 0]


@pytest.mark.parametrize("argument", ["", "threading.Lock()"])
def test_condition_does_not_hold_its_lock_while_it_waits(build, tmp_path, argument):
    source = f"import threading, time\ncondition = threading.Condition({argument})\nbegan = time.perf_counter()\n"
    source += "with condition:\n    condition.wait(0.05)\n"
    source += f"open({str(tmp_path / 'took')!r}, 'w').write(str(time.perf_counter() - began))"
    tries, held_s, slept_s, waited_s = counts_of(build, tmp_path, source, "tries", "held_s", "slept_s", "waited_s")
    assert (tries, waited_s) == (2, 0.0)
    assert slept_s >= 0.05
    assert held_s + slept_s <= float((tmp_path / "took").read_text())


def test_condition_restores_the_depth_of_its_rlock(build, tmp_path):
    source = (
        "import threading\nc = threading.Condition()\nwith c, c:\n    c.wait(0.001)\n    assert c._lock._depth == 2\n"
    )
    assert counts_of(build, tmp_path, source + "assert not c._is_owned()", "kind", "tries") == ["Condition", 2]


def test_a_queue_counts_for_the_line_that_creates_it(build, tmp_path):
    source = "import queue\nitems = queue.Queue()\nfor i in range(3): items.put(i)\nfor i in range(3): items.get()"
    assert counts_of(build, tmp_path, source, "line", "kind", "tries") == [2, "Queue", 6]


def test_a_thread_that_waits_for_an_item_sleeps(build, tmp_path):
    source = "import queue\nitems = queue.Queue()\ntry: items.get(timeout=0.02)\nexcept queue.Empty: pass"
    slept_s, waited_s = counts_of(build, tmp_path, source, "slept_s", "waited_s")
    assert slept_s >= 0.02
    assert waited_s == 0.0


def test_a_handler_counts_for_the_line_that_creates_it(build, tmp_path):
    source = "import logging, os\nhandler = logging.FileHandler(os.devnull)\nlog = logging.getLogger('work')\n"
    source += "log.addHandler(handler)\nfor _ in range(5): log.error('text')"
    sites = count(build, tmp_path, source)
    assert [(site["line"], site["tries"]) for site in sites if site["kind"] == "FileHandler"] == [(2, 5)]


@pytest.mark.parametrize("kind", ["Semaphore", "BoundedSemaphore"])
def test_a_semaphore_counts_its_permits(build, tmp_path, kind):
    source = CONTENDED.replace("Lock()", f"{kind}(1)").replace("lock._waiting", "lock._meter._waiting")
    (site,) = count(build, tmp_path, source)
    assert (site["kind"], site["tries"], site["contended"], site["failed"]) == (kind, 2, 1, 0)
    assert 0 < site["holders"][0]["waited_s"] <= min(site["waited_s"], site["held_s"])


def test_a_semaphore_that_signals_is_not_held(build, tmp_path):
    source = "import threading\nready = threading.Semaphore(0)\nassert not ready.acquire(False)\nready.release()"
    assert counts_of(build, tmp_path, source, "tries", "failed", "held_s") == [1, 1, 0.0]


def test_the_locks_of_this_package_are_not_counted(build, tmp_path):
    source = """from types import SimpleNamespace
from gil_scaling.measure.threads import make_barrier
make_barrier(SimpleNamespace(together=True, settings=SimpleNamespace(workload=SimpleNamespace(module=None))), 1).wait()
"""
    assert count(build, tmp_path, source) == []


def test_a_metered_lock_behaves_like_a_plain_one(any_build, tmp_path):
    source = """import _thread, copy, pickle, threading, weakref
def fails(error, function, *arguments):
    try: function(*arguments)
    except error as raised: return str(raised)
    raise AssertionError(function)
plain, lock = _thread.allocate_lock(), threading.Lock()
assert isinstance(lock, type(plain)) and repr(lock)[:14] == repr(plain)[:14]
assert fails(TypeError, pickle.dumps, lock) == fails(TypeError, pickle.dumps, plain)
assert fails(TypeError, copy.deepcopy, lock) == fails(TypeError, copy.deepcopy, plain)
for each in (plain, lock):
    assert fails(RuntimeError, each.release)
assert fails(ValueError, lock.acquire, False, 1) == fails(ValueError, plain.acquire, False, 1)
assert fails(ValueError, lock.acquire, True, -2) == fails(ValueError, plain.acquire, True, -2)
assert lock.acquire() is True and lock.locked() and weakref.ref(lock)() is lock
assert fails(RuntimeError, threading.RLock().release)
"""
    assert counts_of(any_build, tmp_path, source, "tries")[:1] == [1]


def test_no_try_is_lost_between_threads(build, tmp_path):
    source = """import threading
lock, total = threading.Lock(), 0
def work():
    global total
    for _ in range(2000):
        with lock: total += 1
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert total == 8000
"""
    tries, contended, waited_s, held_s = counts_of(build, tmp_path, source, "tries", "contended", "waited_s", "held_s")
    assert tries == 8000
    assert 0 <= contended < tries
    assert (waited_s > 0) == (contended > 0)
    assert held_s > 0
