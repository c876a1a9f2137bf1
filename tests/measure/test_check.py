import pytest

from tests.measure.running import measure, measure_file

NUMBERS = "def tasks(): return [1, 2, 3]\n"


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ("return a * 10 + (threading.current_thread().name != 'MainThread')", "11, sequential gave 10"),
        (
            "return 'x' * 999 + str(a) * (threading.current_thread().name != 'MainThread') + 'x' * 999",
            f"'{'x' * 47}...{'x' * 48}', sequential gave '{'x' * 47}...{'x' * 48}' (they differ in what is not shown)",
        ),
        (
            "return 16 ** 5000 + (threading.current_thread().name != 'MainThread')",
            f"0x1{'0' * 17}…{'0' * 19}1 (20001 bits), sequential gave 0x1{'0' * 17}…{'0' * 20} (20001 bits)",
        ),
    ],
)
def test_wrong_result_names_the_first_task_and_both_values(task, reason, this_build, tmp_path):
    source = f"import threading\n{NUMBERS}def task(a): {task}\n"
    result = measure_file(this_build, tmp_path, source, backend="thread")
    note = "threads share globals, but not thread-local values such as the decimal context; if it may depend on the worker or the time, add a check()"
    assert (result.status, result.reason) == ("wrong_result", f"task 0 of sample 1 gave {reason} ({note})")


def test_wrong_result_in_one_sample_only_is_found(this_build, tmp_path):
    source = f"calls = []\n{NUMBERS}def task(a):\n    calls.append(a)\n    return a + (len(calls) == 5)\n"
    result = measure_file(this_build, tmp_path, source, repeats=2)
    reason = "task 1 of sample 1 gave another result than in later samples and in sequence: 2 (if it may depend on the worker or the time, add a check())"
    assert (result.status, result.reason) == ("wrong_result", reason)


def test_results_that_differ_in_sequence_are_called_random(this_build, tmp_path):
    source = f"calls = []\n{NUMBERS}def task(a):\n    calls.append(a)\n    return a, a == 2 and len(calls)\n"
    result = measure_file(this_build, tmp_path, source, backend="thread_pool")
    assert result.status == "wrong_result"
    assert result.reason == (
        "task 1, run twice sequentially, gave first (2, 8), then (2, 11): the results are random, or a task changes what the "
        "next execution finds. Add a check() to the workload, or seed it"
    )


def test_results_unlike_those_of_another_process_are_wrong(this_build, tmp_path):
    result = measure(this_build, tmp_path, expected="0" * 64, params={"n": 3, "count": 1})
    assert result.status == "wrong_result"
    assert result.reason == (
        "the results are those of this process in sequence (task 0: 3), but another process gave others: they depend on "
        "the process or the time. Add a check() to the workload"
    )


def test_missing_global_in_new_processes_is_explained(this_build, tmp_path):
    source = (
        "SCALE = 1\ndef tasks():\n    global SCALE\n    SCALE = 7\n    return [1, 2]\ndef task(a): return a * SCALE\n"
    )
    result = measure_file(this_build, tmp_path, source, backend="process_spawn")
    assert result.reason == (
        "task 0 of sample 1 gave 1, sequential gave 7 (its workers import the workload anew: they do not see globals that "
        "were set later; if it may depend on the worker or the time, add a check())"
    )
    assert measure_file(this_build, tmp_path, source, backend="process_fork").status == "ok"


@pytest.mark.parametrize(
    ("task", "kind", "remedy"),
    [
        ("async def work(a): pass\ndef task(a): return work(a)", "coroutine", "await it in a task_async"),
        ("def task(a): yield a", "generator", "return a list of its items"),
        ("def task(a): return map(str, [a])", "map", "return a list of its items"),
    ],
)
@pytest.mark.parametrize("check", ["", "def check(results, arguments): pass\n"])
def test_result_whose_work_is_not_done_fails_the_run(task, kind, remedy, check, this_build, tmp_path):
    result = measure_file(this_build, tmp_path, f"{NUMBERS}{task}\n{check}")
    reason = f"TypeError: task returned a {kind}, whose work is not done yet: {remedy}"
    assert (result.status, result.reason) == ("failed", reason)


def test_missing_result_is_wrong(this_build, tmp_path):
    (tmp_path / "half.py").write_text(
        "def run(job):\n    calls = list(job.calls())\n    return [call() for call in calls[:-1]]\n"
    )
    result = measure_file(
        this_build, tmp_path, f"{NUMBERS}def task(a): pass\n", backend_reference=str(tmp_path / "half.py")
    )
    assert (result.status, result.reason) == ("wrong_result", "expected 3 results, one per task; got 2")
