import pytest

from tests.measure.running import measure

PREPARE = "import asyncio, multiprocessing, sqlite3, threading, time\n"
BOUND = """
def context():
    import contextlib
    return contextlib.closing(sqlite3.connect(":memory:"))
def tasks(context):
    global CONNECTION
    CONNECTION = context
    return [1, 2]
def task(a): return CONNECTION.execute("select 1").fetchall()
"""
CHILDREN = """
def tasks(): return [1, 2]
def task(a):
    process = multiprocessing.Process(target=print)
    process.start()
    process.join()
"""
DAEMON = """
def tasks(): return [1, 2]
def task(a):
    thread = threading.Thread(target=print, daemon=True)
    thread.start()
    thread.join()
"""
LOOP = "def tasks(): return [1, 2]\ndef task(a): return asyncio.run(asyncio.sleep(0, a))\n"
PLAIN = "def tasks(): return [1, 2]\ndef task(a): return a\n"


def measure_source(build, folder, source, **changes):
    path = folder / "custom.py"
    path.write_text(PREPARE + source)
    return measure(build, folder, workload="custom", reference=str(path), **{"params": {}, "warmups": 0, **changes})


@pytest.mark.parametrize(
    ("source", "backend", "reason"),
    [
        (BOUND, "thread", "SQLite objects created in a thread can only be used in that same thread."),
        (CHILDREN, "multiprocessing_pool", "AssertionError: daemonic processes are not allowed to have children"),
        (DAEMON, "interpreter", "RuntimeError: daemon threads are disabled in this (sub)interpreter"),
        (LOOP, "asyncio", "RuntimeError: asyncio.run() cannot be called from a running event loop"),
        (
            "def tasks(): return [threading.Lock()] * 2\ndef task(a): pass\n",
            "process_spawn",
            "the arguments of tasks cannot be pickled (task 0: TypeError: cannot pickle '_thread.lock' object)",
        ),
    ],
)
def test_limit_of_a_backend_is_unsupported(source, backend, reason, this_build, tmp_path):
    result = measure_source(this_build, tmp_path, source, backend=backend)
    assert result.status == "unsupported"
    assert reason in result.reason


@pytest.mark.parametrize("backend", ["thread_pool", "process_pool", "multiprocessing_pool"])
def test_option_that_a_pool_rejects_is_unsupported(backend, this_build, tmp_path):
    result = measure_source(this_build, tmp_path, PLAIN, backend=backend, backend_params={"chunksize": 0})
    assert result.status == "unsupported"
    assert result.reason.startswith("the backend rejects {'chunksize': 0}: ")


@pytest.mark.parametrize(
    ("task", "backend"),
    [
        ("{}[threading.current_thread().name, 'main thread']", "sequential"),
        ("raise ValueError('signal only works in main thread')", "thread"),  # in sequence, too
        ("threading.current_thread() is threading.main_thread() or {}[a]", "thread_pool"),
        ("multiprocessing.parent_process() and {}[a]", "process_pool"),
        ("multiprocessing.parent_process() and {}[a]", "process"),
    ],
)
def test_failure_of_a_task_is_a_failure(task, backend, this_build, tmp_path):
    result = measure_source(this_build, tmp_path, f"def tasks(): return [1, 2]\ndef task(a): {task}\n", backend=backend)
    assert result.status == "failed"


def test_failed_task_beside_rejected_options_is_a_failure(this_build, tmp_path):
    source = "def tasks(): return [1]\ndef task(a): threading.current_thread() is threading.main_thread() or int('x')\n"
    result = measure_source(this_build, tmp_path, source, backend="thread_pool", backend_params={"chunksize": 2})
    assert (result.status, result.reason) == (
        "failed",
        "ValueError: invalid literal for int() with base 10: 'x' (the same tasks work sequentially; threads share globals, "
        "but not thread-local values and context variables) (custom.py:3)",
    )
