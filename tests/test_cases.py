"""What people asked in public about concurrent Python, each question as a small workload with the answer that it must get."""

import re
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from gil_scaling.analysis.flags import find_flags, find_gil_modules
from gil_scaling.launch import cgroup
from gil_scaling.plan import builds, catalog, machine, sweep
from gil_scaling.plan.prober import Prober

from tests.measure.running import measure, measure_file
from tests.support import make_record, make_tables, sweep_records


def measure_case(build, folder, source, backend, **changes):
    """(status, reason) of a custom workload on a backend."""
    path = folder / "custom.py"
    path.write_text(source)
    own = {"workload": "custom", "reference": str(path), "params": {}}
    result = measure(build, folder / "run", **{**own, "backend": backend, **changes})
    return result.status, result.reason


PAYLOADS = """
def tasks(kind="dict"):
    make = {"bytes": bytes, "dict": lambda values: {f"k{value}": value for value in values}}[kind]
    return [make(range(start, start + 50)) for start in range(4)]

def task(payload):
    return payload
"""


@pytest.mark.parametrize("kind", ["bytes", "dict"])
@pytest.mark.parametrize("backend", ["interpreter", "interpreter_pool", "process_pool"])
def test_03_payloads_to_interpreters(backend, kind, this_build, tmp_path):
    result = measure_file(this_build, tmp_path, PAYLOADS, backend=backend, params={"kind": kind})
    assert (result.status, result.reason) == ("ok", None)


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_pool"])
def test_05_results_of_20000_digits(backend, this_build, tmp_path):
    source = "def tasks(): return [20_000, 20_001]\ndef task(digits): return 10 ** digits + 1\n"
    assert measure_case(this_build, tmp_path, source, backend) == ("ok", None)


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_pool"])
def test_09_random_results(backend, this_build, tmp_path):
    source = "import random\ndef tasks(): return [1, 2]\ndef task(a): return random.random()\n"
    status, reason = measure_case(this_build, tmp_path, source, backend)
    assert status == "wrong_result"
    assert reason.startswith("task 0, run twice sequentially, gave first 0.")
    assert reason.endswith(
        ": the results are random, or a task changes what the next execution finds. Add a check() to the workload, or seed it"
    )


WORDS = """
from dataclasses import dataclass

@dataclass
class Seen:
    number: int
    words: set

def tasks(form):
    return [(form, number) for number in range(3)]

def task(argument):
    form, number = argument
    words = {f"w{n * n % 97}" for n in range(100)}
    if form == "joined":
        return " ".join(words)
    return Seen(number, words) if form == "record" else {frozenset(words): number}
"""


@pytest.mark.parametrize("form", ["joined", "record", "keys"])
def test_10_results_that_hold_the_order_of_a_set(form, this_build, tmp_path):
    digests = set()
    for seed in "123":
        build = replace(this_build, env={"PYTHONHASHSEED": seed})
        for backend in ("sequential", "process_pool"):
            result = measure_file(build, tmp_path, WORDS, backend=backend, params={"form": form})
            assert (result.status, result.reason) == ("ok", None)
            digests.add(result.measured["expected"])
    assert len(digests) == (3 if form == "joined" else 1)


GLOBALS = """
SCALE = 1

def tasks(scale=7):
    global SCALE
    SCALE = scale
    return [10, 20]

def task(number):
    return number * SCALE
"""


def test_12_globals_that_are_set_at_run_time(this_build, tmp_path):
    for backend in ("sequential", "thread", "process_fork"):
        assert measure_case(this_build, tmp_path, GLOBALS, backend) == ("ok", None)
    for backend in ("process_spawn", "process_forkserver", "interpreter_pool"):
        status, reason = measure_case(this_build, tmp_path, GLOBALS, backend)
        assert status == "wrong_result"
        assert reason == (
            "task 0 of sample 1 gave 10, sequential gave 70 (its workers import the workload anew: they do not see globals "
            "that were set later; if it may depend on the worker or the time, add a check())"
        )


CLOSURES = """
def tasks(count=4):
    def polynomial(a):
        return lambda: a * a
    return [polynomial(number) for number in range(count)]

def task(call):
    return call()
"""


@pytest.mark.parametrize(
    "backend",
    ["process_fork", "process_spawn", "process_pool", "multiprocessing_pool", "interpreter", "interpreter_pool"],
)
def test_13_closures_as_arguments(backend, this_build, tmp_path):
    status, reason = measure_case(this_build, tmp_path, CLOSURES, backend)
    assert status == "unsupported"
    assert reason.startswith("the arguments of tasks cannot be pickled (task 0: ")
    assert "tasks.<locals>.polynomial.<locals>.<lambda>" in reason


@pytest.mark.parametrize("backend", ["sequential", "thread", "thread_pool", "asyncio"])
def test_13_closures_in_threads(backend, this_build, tmp_path):
    assert measure_case(this_build, tmp_path, CLOSURES, backend) == ("ok", None)


def test_13_closures_that_are_not_sent(this_build, tmp_path):
    assert measure_case(this_build, tmp_path, CLOSURES, "process_fork", workers=4) == ("ok", None)


MATCHES = "import re\ndef tasks(): return ['ab', 'ac']\ndef task(text): return [re.match('a', text)]\n"


@pytest.mark.parametrize(
    "backend", ["process", "process_pool", "multiprocessing_pool", "interpreter", "interpreter_pool"]
)
def test_14_results_that_cannot_be_pickled(backend, this_build, tmp_path):
    status, reason = measure_case(this_build, tmp_path, MATCHES, backend)
    assert status == "unsupported"
    assert reason == ("the results of tasks cannot be pickled (task 0: TypeError: cannot pickle 're.Match' object)")


@pytest.mark.parametrize("backend", ["sequential", "thread"])
def test_14_results_that_need_no_pickling(backend, this_build, tmp_path):
    assert measure_case(this_build, tmp_path, MATCHES, backend) == ("ok", None)


LOCKS = "import threading\ndef tasks(): return [1, 2]\ndef task(_): return {'lock': threading.Lock()}\n"


@pytest.mark.parametrize("backend", ["sequential", "thread", "thread_pool"])
def test_14_results_that_cannot_be_compared(backend, this_build, tmp_path):
    reason = (
        "results of type lock cannot be compared (cannot pickle '_thread.lock' object): add a check() to the workload"
    )
    assert measure_case(this_build, tmp_path, LOCKS, backend) == ("failed", f"TypeError: {reason}")


def test_21_quota_of_a_container(tmp_path, monkeypatch):
    (tmp_path / "own").write_text("0::/\n")
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    monkeypatch.setattr(machine.cgroup, "quota", partial(cgroup.quota, str(tmp_path), str(tmp_path / "own")))
    assert machine.facts()["cgroup_quota_cpus"] == 1.5
    usable = machine.usable(cpus=list(range(160)))
    assert (usable, sweep.auto_workers(usable, physical=80)) == (2, [1, 2, 4])


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_pool"])
def test_22_an_import_that_enables_the_gil(backend, free_threaded, needs_the_gil, tmp_path):
    own = {"workload": "old", "reference": needs_the_gil, "params": {}}
    result = measure(free_threaded, tmp_path / "run", backend=backend, **own)
    assert find_gil_modules(result.stderr) == ["needs_the_gil"]
    record = {**make_record(), "measured": result.measured}
    assert "gil_reenabled" in find_flags(record, result.measured["samples"], SimpleNamespace(gil=False), 2, "threads")


BLAS = """
import mmap

def tasks(): return [1, 2]

def task(path):
    with open({path!r}) as file:
        globals().setdefault("loaded", mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
"""


@pytest.mark.parametrize(("env", "threads"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "4"}, "4")])
def test_24_numpy_whose_blas_has_threads(env, threads, this_build, tmp_path):
    stand_in = tmp_path / "libscipy_openblas64_-f48b354e.so"
    stand_in.write_text("mapped into the process as the library of numpy would be")
    own = {"PYTHONHASHSEED": "1", **env}
    result = measure_file(replace(this_build, env=own), tmp_path, BLAS.format(path=str(stand_in)), backend="thread")
    assert result.measured["flags"]["thread_libraries"] == {"OpenBLAS": f"OPENBLAS_NUM_THREADS={threads}"}
    record = {**make_record(spec={"env": own}), "measured": result.measured}
    flags = find_flags(record, result.measured["samples"], SimpleNamespace(gil=True), 2, "threads")
    assert "settings_differ" not in flags


ALARM = """
import signal

def tasks():
    return [1, 2]

def task(number):
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 5)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    return number
"""


MANAGER = """
from contextlib import contextmanager
from multiprocessing import Manager

@contextmanager
def context():
    with Manager() as manager:
        yield {"seen": manager.dict(), "lock": manager.Lock()}

def before_sample(context):
    context["seen"].clear()

def tasks(context):
    return [(context["seen"], context["lock"], numbers) for numbers in ([1, 2, 3], [2, 3, 4])]

def task(argument):
    seen, lock, numbers = argument
    new = 0
    for number in numbers:
        with lock:
            new += number not in seen
            seen[number] = True
    return new

def check(results, arguments):
    assert sum(results) == len(arguments[0][0]) == 4, results
"""


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_forkserver", "process_spawn", "process_fork"])
def test_30_manager_that_is_reset_before_each_sample(backend, this_build, tmp_path):
    result = measure_file(this_build, tmp_path, MANAGER, backend=backend, repeats=3)
    assert (result.status, result.reason) == ("ok", None)


@pytest.mark.parametrize("backend", ["thread", "thread_pool", "asyncio_threads", "interpreter", "interpreter_pool"])
def test_34_signals_outside_the_main_thread(backend, this_build, tmp_path):
    status, reason = measure_case(this_build, tmp_path, ALARM, backend)
    message = "ValueError: signal only works in main thread of the main interpreter"
    assert (status, reason) == ("unsupported", f"{message} (the same tasks work sequentially)")


@pytest.mark.parametrize("backend", ["sequential", "process", "process_pool", "asyncio"])
def test_34_signals_in_main_threads(backend, this_build, tmp_path):
    assert measure_case(this_build, tmp_path, ALARM, backend) == ("ok", None)


SLEEPS = """
import asyncio

events = []

def tasks():
    return [1, 2, 3]

async def {name}(number):
    events.append(number)
    await asyncio.sleep(0.001)
    events.append(-number)
    return number, events[-2:] == [number, -number]
"""


@pytest.mark.parametrize("name", ["task", "task_async"])
@pytest.mark.parametrize("check", ["", "def check(results, arguments): assert all(alone for _, alone in results)\n"])
def test_16_coroutines_only(name, check, this_build, tmp_path):
    source = SLEEPS.format(name=name) + check
    assert measure_case(this_build, tmp_path, source, "sequential") == ("ok", None)
    for backend in ("thread", "process_pool", "asyncio_to_thread"):
        reason = "the workload has no blocking form: its task is `async def`, for the asyncio backends"
        assert measure_case(this_build, tmp_path, source, backend) == ("unsupported", reason)


@pytest.mark.parametrize("backend", ["sequential", "asyncio", "asyncio_threads"])
def test_16_coroutines_are_awaited(backend, this_build, tmp_path):
    source = (
        SLEEPS.format(name="task") + "def check(results, arguments): assert [one for one, _ in results] == arguments\n"
    )
    result = measure_file(this_build, tmp_path, source, backend=backend)
    assert (result.status, result.reason) == ("ok", None)
    shortest_s = min(
        end - start
        for start, end in zip(*map(result.measured["samples"][-1]["tasks"].get, ("start_s", "end_s")), strict=True)
    )
    assert shortest_s >= 0.001


KERNEL = "def double(n): return 2 * n\n"
USES = "def tasks(): return [1, 2]\ndef task(n): return double(n)\n"


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_spawn", "process_pool", "interpreter_pool"])
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("crunch/mine.py", "from .kernel import double\n"),
        ("crunch/mine.py", "from crunch.kernel import double\n"),
        ("mine.py", "from scripts.kernel import double\n"),
        ("mine.py", "from tests.kernel import double\n"),
    ],
)
def test_17_modules_of_packages(name, line, backend, this_build, tmp_path):
    for package in ("crunch", "scripts", "tests"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / "kernel.py").write_text(KERNEL)
    (tmp_path / name).write_text(line + USES)
    workload = catalog.read_workload(f"./{name}", tmp_path)
    assert any(path.endswith("kernel.py") for path in workload.files)
    own = {"workload": "mine", "reference": workload.reference, "params": {}}
    result = measure(this_build, tmp_path / "run", backend=backend, **own)
    assert (result.status, result.reason) == ("ok", None)


def test_18_options_parsed_at_import(this_build, tmp_path):
    source = "import argparse\nparse = argparse.ArgumentParser().parse_args\nparse()\ndef tasks(): return [1]\ndef task(a): return a\n"
    status, reason = measure_case(this_build, tmp_path, source, "sequential")
    assert status == "failed"
    assert reason == (
        "ImportError: the file parses sys.argv at import, or exits (SystemExit: 2); "
        'move it under `if __name__ == "__main__":` (custom.py:3)'
    )


def test_36_relative_path_of_a_file(this_build, tmp_path):
    (tmp_path / "words.txt").write_text("alpha beta")
    source = "def tasks():\n    with open({}) as file: return file.read().split()\ndef task(word): return len(word)\n"
    relative = source.format("'words.txt'")
    status, reason = measure_case(this_build, tmp_path, relative, "sequential")
    assert status == "failed"
    assert reason == (
        "FileNotFoundError: [Errno 2] No such file or directory: 'words.txt' (custom.py:2) (looked for in the folder where Snakemake runs; "
        "`pathlib.Path(__file__).parent` is that of the workload)"
    )
    assert measure_case(this_build, tmp_path, relative, "sequential", directory=str(tmp_path)) == ("ok", None)
    beside = "__import__('pathlib').Path(__file__).parent / 'words.txt'"
    assert measure_case(this_build, tmp_path, source.format(beside), "sequential") == ("ok", None)


def test_39_one_build_under_two_names(this_build, tmp_path):
    prober = Prober(tmp_path / "probes.json")
    names = ("base", "branch")
    found = [builds.find({"name": name, "command": list(this_build.command)}, prober) for name in names]
    times = {"thread": [1.0, 1.01, 0.99, 1.02, 0.98, 1.0]}
    records = [record for name in names for record in sweep_records(times, python=name)]
    table = make_tables(tmp_path, records, builds={one.name: {"fingerprint": one.fingerprint} for one in found})[
        "noise"
    ]
    assert table[["python", "against", "rounds", "claim"]].to_numpy().tolist() == [["branch", "base", 6, "same"]]


PLAIN = "def tasks(): return [1, 2]\ndef task(n): return n\n"


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        (
            f"{PLAIN}def check(results, arguments): return results == [2, 1]\n",
            "wrong_result",
            "check() returned False (it may also raise, with a message that says what is wrong)",
        ),
        (
            f"{PLAIN}def metrics(results, arguments): return [1]\n",
            "failed",
            "TypeError: metrics() returned [1]: it must return a mapping of names to numbers",
        ),
        (
            "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
            "def tasks(): return [1]\ndef task(n): return pool.submit(abs, n)\ndef check(results, arguments): pass\n",
            "failed",
            "TypeError: task returned a Future, whose work may not be done yet: return its result",
        ),
    ],
)
def test_what_hooks_and_tasks_return_by_mistake(source, status, reason, this_build, tmp_path):
    assert measure_case(this_build, tmp_path, source, "sequential") == (status, reason)


@pytest.mark.parametrize("backend", ["process_spawn", "process_pool", "interpreter_pool"])
def test_files_whose_names_have_dots(backend, this_build, tmp_path):
    path = tmp_path / "1st.v2.py"
    path.write_text("def tasks(): return [1, 2]\nclass A: pass\ndef task(n): return A()\n")
    own = {"workload": "1st.v2", "reference": str(path), "params": {}}
    result = measure(this_build, tmp_path / "run", backend=backend, **own)
    assert (result.status, result.reason) == ("ok", None)


UNPICKLABLE = """
class ParseError(Exception):
    def __init__(self, line, text):
        super().__init__(f"{line}: {text}")

def tasks():
    return [1, 2]

def task(line):
    raise ParseError(line, "odd")
"""


@pytest.mark.parametrize(
    "backend", ["sequential", "thread", "process_pool", "multiprocessing_pool", "interpreter", "interpreter_pool"]
)
def test_exceptions_that_cannot_be_pickled(backend, this_build, tmp_path):
    status, reason = measure_case(this_build, tmp_path, UNPICKLABLE, backend)
    assert status == "failed"
    assert re.fullmatch(r"custom\.ParseError: [12]: odd \(custom\.py:10\)", reason)  # of the task that failed first


LOCAL = """
import threading
local = threading.local()
local.scale = 3
def tasks(): return [1, 2]
def task(n): return n * local.scale
"""


def test_values_of_the_main_thread(this_build, tmp_path):
    status, reason = measure_case(this_build, tmp_path, LOCAL, "thread")
    assert (status, reason) == (
        "failed",
        "AttributeError: '_thread._local' object has no attribute 'scale' (the same tasks work sequentially; threads share "
        "globals, but not thread-local values and context variables) (custom.py:6)",
    )


LIMIT = """
import sys
def depth(n): return n and 1 + depth(n - 1)
def tasks():
    sys.setrecursionlimit(5000)
    return [3000, 3000]
def task(n): return depth(n)
"""


@pytest.mark.parametrize("backend", ["process_spawn", "interpreter_pool"])
def test_settings_of_the_parent_process(backend, this_build, tmp_path):
    status, reason = measure_case(this_build, tmp_path, LIMIT, backend)
    assert status == "failed"
    assert reason.startswith("RecursionError: maximum recursion depth exceeded")
    assert reason.endswith(
        "(the same tasks work sequentially; workers may import the workload anew, without what it, tasks() or context() set "
        "later) (custom.py:3)"
    )


def test_daemon_threads_at_import_in_interpreters(this_build, tmp_path):
    source = f"import threading\nthreading.Thread(target=print, daemon=True).start()\n{PLAIN}"
    status, reason = measure_case(this_build, tmp_path, source, "interpreter_pool")
    assert status == "unsupported"
    assert reason.startswith("RuntimeError: daemon threads are disabled in this ")


def test_processes_that_start_at_import(this_build, tmp_path):
    source = f"import multiprocessing\nwith multiprocessing.Pool(2) as pool: pool.map(abs, [1])\n{PLAIN}"
    build = replace(this_build, env={})
    status, reason = measure_case(build, tmp_path, source, "sequential")
    assert status == "failed"
    assert reason.startswith("ImportError: the file starts processes at import (")
    assert reason.endswith('); move it under `if __name__ == "__main__":` (custom.py:2)')


def test_decimal_context_of_threads(this_build, tmp_path):
    source = (
        "import decimal\ndecimal.getcontext().prec = 5\n"
        "def tasks(): return [3]\ndef task(n): return decimal.Decimal(1) / n\n"
    )
    status, reason = measure_case(this_build, tmp_path, source, "thread")
    assert (status, reason) == (
        "wrong_result",
        "task 0 of sample 1 gave Decimal('0.3333333333333333333333333333'), sequential gave Decimal('0.33333') "
        "(threads share globals, but not thread-local values such as the decimal context; if it may depend on the worker or the time, add a check())",
    )


def test_syntax_of_newer_builds(this_build, tmp_path):
    (tmp_path / "helper.py").write_text("def broken(:\n")
    source = "def tasks(): return [1]\ndef task(n): print n\n"
    status, reason = measure_case(this_build, tmp_path, source, "sequential")
    assert status == "unsupported"
    assert reason.startswith("this build does not support the syntax of the workload (custom.py:2: ")
    status, reason = measure_case(this_build, tmp_path, f"import helper\n{PLAIN}", "sequential")
    assert status == "failed"
    assert reason.startswith("SyntaxError: ") and reason.endswith(" (helper.py:1)")
