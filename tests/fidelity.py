"""Compares measured times with those of scripts written by hand: `python -m tests.fidelity [--pairs 6] [--backends …] [--builds …]`.

For each backend and build, pairs of fresh processes in alternating order run the same two tasks with 2 workers: one through the
measuring side, one as a lean script. It prints the ratios project / by hand with their 95 % confidence intervals as a
Markdown table. Leave the machine alone meanwhile.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from gil_scaling.analysis.phrases import format_ratio_ci
from gil_scaling.analysis.statistics.intervals import paired_ratio
from gil_scaling.launch import environment, lock
from gil_scaling.plan import builds
from gil_scaling.plan.prober import Prober

BUILDS = ("3.12", "3.14", "3.14t")
TURNS = 1_000_000  # per task: about 35 ms
WARMUPS, REPEATS = 1, 4

SCRIPT = """{imports}


def task(n):
    total = 0
    for i in range(n):
        total += i
    return total


{program}

if __name__ == "__main__":
    import gc, json
    from time import perf_counter

    times = []
    for _ in range({samples}):
        gc.collect()
        start = perf_counter()
        results = run([{turns}] * 2)
        times.append(perf_counter() - start)
        assert results == [{turns} * ({turns} - 1) // 2] * 2, results
    print(json.dumps(times))
"""

_PROCESS = """
def work(connection, n):
    connection.send(task(n))


def run(calls):
    context = multiprocessing.get_context({method!r})
    workers = []
    for n in calls:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(sender, n))
        process.start()
        sender.close()
        workers.append((process, receiver))
    results = [receiver.recv() for _, receiver in workers]
    for process, _ in workers:
        process.join()
    return results
"""

_POOL = """
def run(calls):
    with {pool}(2) as pool:
        return list(pool.map(task, calls))
"""

_THREADS = """
def run(calls):
    results = [None] * len(calls)

    def work(number):
        results[number] = {call}

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
"""

_JOBLIB = """
def run(calls):
    results = Parallel(n_jobs=2, backend={backend!r})(delayed(task)(n) for n in calls)
    {end}
    return results
"""

_INTERPRETERS = """
def call(n):
    interpreter = interpreters.create()
    try:
        return interpreter.call(task, n)
    finally:
        interpreter.close()

""" + _THREADS.format(call="call(calls[number])")

_COROUTINES = """
{coroutine}

async def main(calls):
    return await asyncio.gather(*map({function}, calls))


def run(calls):
    return asyncio.run(main(calls))
"""
_BLOCKING = "async def in_loop(n):\n    return task(n)\n"

BY_HAND = {  # backend: (imports, program)
    "sequential": ("", "\ndef run(calls):\n    return list(map(task, calls))\n"),
    "thread": ("import threading", _THREADS.format(call="task(calls[number])")),
    "thread_pool": (
        "from concurrent.futures import ThreadPoolExecutor",
        _POOL.format(pool="ThreadPoolExecutor"),
    ),
    "process": ("import multiprocessing", _PROCESS.format(method=None)),
    "process_fork": ("import multiprocessing", _PROCESS.format(method="fork")),
    "process_forkserver": ("import multiprocessing", _PROCESS.format(method="forkserver")),
    "process_spawn": ("import multiprocessing", _PROCESS.format(method="spawn")),
    "process_pool": (
        "from concurrent.futures import ProcessPoolExecutor",
        _POOL.format(pool="ProcessPoolExecutor"),
    ),
    "multiprocessing_pool": (
        "from multiprocessing import Pool",
        "def run(calls):\n    with Pool(2) as pool:\n        results = pool.map(task, calls)\n"
        "        pool.close()\n        pool.join()\n    return results\n",
    ),
    "joblib_loky": (
        "from joblib import Parallel, delayed\nfrom joblib.externals.loky import get_reusable_executor",
        _JOBLIB.format(backend="loky", end="get_reusable_executor(reuse=True).shutdown(wait=True)"),
    ),
    "joblib_multiprocessing": (
        "from joblib import Parallel, delayed",
        _JOBLIB.format(backend="multiprocessing", end=""),
    ),
    "joblib_threading": ("from joblib import Parallel, delayed", _JOBLIB.format(backend="threading", end="")),
    "interpreter": ("import threading\nfrom concurrent import interpreters", _INTERPRETERS),
    "interpreter_pool": (
        "from concurrent.futures import InterpreterPoolExecutor",
        _POOL.format(pool="InterpreterPoolExecutor"),
    ),
    "asyncio": ("import asyncio", _COROUTINES.format(coroutine=_BLOCKING, function="in_loop")),
    "asyncio_threads": (
        "import asyncio\nimport threading",
        f"{_BLOCKING}\n{_THREADS.format(call='asyncio.run(in_loop(calls[number]))')}",
    ),
    "asyncio_to_thread": (
        "import asyncio",
        _COROUTINES.format(
            coroutine="def in_thread(n):\n    return asyncio.to_thread(task, n)\n", function="in_thread"
        ),
    ),
}


def measured_s(command, folder, backend, turns):
    """The median time of a sample of the measuring side, in seconds; None where the build does not support the backend."""
    spec = {
        "workload": "py_loop",
        "reference": "py_loop",
        "params": {"n": turns, "count": 2},
        "backend": backend,
        "backend_reference": backend,
        "backend_params": {},
        "workers": 2,
        "switch_interval_s": None,
        "start": "natural",
        "scaling": "strong",
        "warmups": WARMUPS,
        "repeats": REPEATS,
        "expected": None,
        "directory": str(folder),
        "thread_limits": environment.THREAD_LIMITS,
    }
    (folder / "spec.json").write_text(json.dumps(spec))
    with open(os.devnull, "wb") as events:
        events_end = str(events.fileno())
        run_program([*command, "-m", "gil_scaling.measure", "run", str(folder), events_end], folder, events.fileno())
    result = json.loads((folder / "result.json").read_text())
    if result["status"] == "unsupported":
        return None
    if result["status"] != "ok":
        raise SystemExit(f"{backend}: {result['reason']}")
    return statistics.median(sample["total_s"] for sample in result["measured"]["samples"] if not sample["warmup"])


def by_hand_s(command, folder, backend, turns):
    """The median time of a sample of the script by hand, in seconds."""
    imports, program = BY_HAND[backend]
    script = folder / "by_hand.py"
    script.write_text(
        SCRIPT.format(imports=imports, program=program.strip("\n"), samples=WARMUPS + REPEATS, turns=turns)
    )
    return statistics.median(json.loads(run_program([*command, str(script)], folder))[WARMUPS:])


def run_program(command, folder, *descriptors):
    """What a command prints, which inherits the descriptors; both sides have the environment of a measured run."""
    variables = environment.environment({})
    output, check = subprocess.PIPE, True
    return subprocess.run(
        command, cwd=folder, env=variables, stdout=output, text=True, check=check, pass_fds=descriptors
    ).stdout


def compare(command, backend, pairs, turns=TURNS):
    """The ratios project / by hand, one per pair; none where the build does not support the backend."""
    ratios = []
    for number in range(pairs):
        with lock.MachineLock(), tempfile.TemporaryDirectory() as folder:
            sides = [measured_s, by_hand_s]
            times = {}
            for side in sides[:: -1 if number % 2 else 1]:
                times[side] = side(command, Path(folder), backend, turns)
                if times[side] is None:
                    return []
        ratios.append(times[measured_s] / times[by_hand_s])
    return ratios


def _cell(ratios):
    return format_ratio_ci(*paired_ratio(ratios)[:3]) if ratios else "–"


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity", description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=6, help="pairs per backend and build; below 6 there is a range")
    parser.add_argument("--backends", default=",".join(BY_HAND), help="a list with commas")
    parser.add_argument("--builds", default=",".join(BUILDS), help="a list with commas; those not found are left out")
    return parser.parse_args(arguments)


def main(arguments):
    """Prints the table, a line per backend."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        prober = Prober(Path(folder, "probes.json"))
        found = {name: find(name, prober) for name in options.builds.split(",")}
    found = {name: build for name, build in found.items() if build}
    print("| project / by hand |", " | ".join(found), "|")
    print("| --- |" + " --- |" * len(found))
    for backend in options.backends.split(","):
        cells = [_cell(compare(build.command, backend, options.pairs)) for build in found.values()]
        print(f"| `{backend}` |", " | ".join(cells), "|", flush=True)


def find(name, prober):
    """The build of a name, None where there is none."""
    try:
        return builds.find({"name": name}, prober)
    except builds.BuildError:
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
