"""What people asked in public about concurrent Python, each question as a small workload with the answer that it must get."""

from dataclasses import replace

import pytest

from tests.measure.running import measure_file


def measure_case(build, folder, source, backend, **changes):
    """(status, reason) of a custom workload on a backend."""
    result = measure_file(build, folder, source, backend=backend, warmups=0, repeats=1, **changes)
    return result.status, result.reason


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_pool"])
def test_05_results_of_20000_digits(backend, this_build, tmp_path):
    source = "def tasks(): return [20_000, 20_001]\ndef task(digits): return 10 ** digits + 1\n"
    assert measure_case(this_build, tmp_path, source, backend) == ("ok", None)


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_pool"])
def test_09_random_results(backend, this_build, tmp_path):
    source = "import random\ndef tasks(): return [1, 2]\ndef task(a): return random.random()\n"
    status, reason = measure_case(this_build, tmp_path, source, backend)
    assert status == "wrong_result"
    assert reason.startswith("task 0, twice in sequence, gave first 0.")
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
            "that were set later)"
        )
