import json
import math
import re
import socket

import pandas as pd
import pyperf
import pytest
from gil_scaling.analysis.exchange import pyperf_files
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, run_python, sweep_records, write_result_set


@pytest.fixture
def files(tmp_path):
    """Writes the files of pyperf of records; returns {build: suite, read back by pyperf}."""

    def write(records, **options):
        plan = write_result_set(tmp_path, records, **options)
        tables.main(plan)
        folder = tmp_path / "s" / "pyperf"
        pyperf_files.main(plan.parent / "tables", folder)
        return {path.stem: pyperf.BenchmarkSuite.load(str(path)) for path in sorted(folder.iterdir())}

    return write


def one(suite):
    (benchmark,) = suite.get_benchmarks()
    return benchmark


def named(**columns):
    """The names of combinations that differ in these columns, lists of one length."""
    count = len(next(iter(columns.values())))
    usual = {
        "python": "3.14",
        "role": "asked",
        "experiment": "e",
        "workload": "py_loop",
        "params": "{}",
        "backend": "thread",
        "backend_params": "{}",
        "workers_asked": "2",
        "switch_interval_s": 0.005,
        "start": "natural",
        "scaling": "strong",
    }
    rows = pd.DataFrame({name: columns.get(name, [value] * count) for name, value in usual.items()})
    return list(pyperf_files.named(rows)["benchmark"])


def test_a_round_is_a_run_with_its_warm_ups_apart(files):
    samples = [[make_sample(9.0, warmup=True), make_sample(1.0), make_sample(3.0)], [make_sample(2.0)]]
    records = [make_record(f"r{number}", samples=own, spec={"round": number}) for number, own in enumerate(samples, 1)]
    runs = one(files(records)["3.14"]).get_runs()
    assert [run.values for run in runs] == [(1.0, 3.0), (2.0,)]
    assert [run.warmups for run in runs] == [((1, 9.0),), ()]


def test_pyperf_says_that_a_build_is_twice_as_fast(files, tmp_path):
    times = [1.0, 1.1, 1.05, 1.02, 1.08, 1.01]
    records = sweep_records({"sequential": times, "thread": times}, python="a")
    records += sweep_records(
        {"sequential": [time / 2 for time in times], "thread": [time * 3 for time in times]}, python="b"
    )
    files(records)
    done = run_python("-m", "pyperf", "compare_to", "a.json", "b.json", cwd=tmp_path / "s" / "pyperf")
    assert done.stderr == ""
    found = [line for line in done.stdout.splitlines() if line.startswith("e: ")]
    assert [line.partition(": Mean")[0] for line in found] == ["e: py_loop, sequential", "e: py_loop, thread x 2"]
    assert [line.rpartition(": ")[2] for line in found] == ["2.00x faster", "3.00x slower"]


@pytest.mark.parametrize("command", ["check", "hist", "stats", "show", "dump"])
def test_each_command_of_pyperf_takes_the_files(command, files, tmp_path):
    files(sweep_records({"sequential": [1.0, 1.1], "thread": [0.5, 0.6]}))
    done = run_python("-m", "pyperf", command, "3.14.json", cwd=tmp_path / "s" / "pyperf")
    assert done.stderr == ""
    assert "e: py_loop, thread x 2" in done.stdout


def test_a_together_start_is_told_by_its_work(files):
    sample = make_sample(9.0, durations=(0.25, 0.5))
    assert one(files([make_record(samples=[sample], spec={"start": "together"})])["3.14"]).get_values() == (0.75,)


def test_runs_that_failed_and_control_runs_are_left_out(files):
    records = sweep_records({"sequential": [1.0, 2.0], "thread": [0.5, 0.25]})
    records[3].update(status="wrong_result", reason="4 instead of 5")  # it has samples all the same
    records.append(make_record("c", 7.0, spec={"backend": "process", "start": "together"}))
    suite = files(records, roles={"c": "ceiling"})["3.14"]
    assert {bench.get_name(): bench.get_values() for bench in suite} == {
        "e: py_loop, sequential": (1.0, 2.0),
        "e: py_loop, thread x 2": (0.5,),
    }


def test_a_build_without_a_value_has_no_file(files):
    records = sweep_records({"thread": [1.0]}, python="a") + sweep_records({"thread": [1.0]}, python="b")
    records[0].update(status="crashed", reason="ended by signal SIGKILL", measured=None)
    assert set(files(records)) == {"b"}


def test_without_any_value_there_is_a_folder_without_files(files, tmp_path):
    records = sweep_records({"thread": [1.0]})
    records[0].update(status="crashed", reason="ended by signal SIGKILL", measured=None)
    assert files(records) == {}
    assert (tmp_path / "s" / "pyperf").is_dir()


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_time_below_a_step_of_the_clock_is_no_value(tmp_path):
    samples = [make_sample(9.0, warmup=True), make_sample(1.0), make_sample(3.0)]
    records = [make_record("a", samples=samples), make_record("b", samples=samples, spec={"round": 2})]
    records.append(make_record("c", samples=samples, spec={"workers": 4}))
    found = tables.tables(load(write_result_set(tmp_path, records)))
    is_short = found["samples"]["run"].ne("a") & found["samples"]["sample"].gt(0) | found["samples"]["sample"].eq(1)
    found["samples"].loc[is_short, "total_s"] = 0.0
    (suite,) = pyperf_files.suites(found).values()
    assert (one(suite).get_values(), one(suite).get_nrun()) == ((3.0,), 1)


def test_it_tells_what_is_known_and_nothing_of_this_process(files):
    found = one(files(sweep_records({"thread": [1.0]}), builds={"3.14": {"version": "3.14.6"}})["3.14"])
    assert found.get_runs()[0].get_metadata() == {
        "name": "e: py_loop, thread x 2",
        "unit": "second",
        "description": 'py_loop {"count": 2, "n": 10}, backend thread {}, workers 2, switch interval 0.005 s, '
        "natural start, strong scaling, total_s",
        "date": "2026-01-01 00:00:01+00:00",
        "duration": 5.0,
        "load_avg_1min": 0.5,
        "python_implementation": "cpython",
        "python_version": "3.14.6",
        "python_compiler": "GCC 12",
    }


def test_what_is_not_known_is_not_told(files):
    record = make_record(state={part: {} for part in ("before", "after", "meanwhile")})
    assert "load_avg_1min" not in one(files([record])["3.14"]).get_metadata()


def test_no_file_holds_a_path_or_the_name_of_the_machine(files, tmp_path):
    spec = {"params": {"file": "/home/somebody/data one.bin"}, "backend_params": {"way": "/srv/somewhere/x"}}
    files([make_record(spec=spec)], machine=socket.gethostname())
    text = (tmp_path / "s" / "pyperf" / "3.14.json").read_text()
    told = json.loads(text)["metadata"]
    assert "data one.bin" in told["description"]
    assert told["name"] == "e: py_loop, thread, way=x x 2"
    for unwanted in ("somebody", "somewhere", str(tmp_path), socket.gethostname()):
        assert unwanted not in text


def test_a_run_of_two_experiments_is_a_benchmark_of_each(files):
    suite = files(sweep_records({"thread": [1.0]}), experiments=("x", "y"))["3.14"]
    assert suite.get_benchmark_names() == ["x: py_loop, thread x 2", "y: py_loop, thread x 2"]


def test_a_name_tells_the_parameters_that_differ():
    assert named(
        params=['{"count": 4, "n": 1000}', '{"count": 4, "n": 2000}'], backend_params=["{}", '{"size": 8}']
    ) == [
        "e: py_loop, n=1,000, thread x 2",
        "e: py_loop, n=2,000, thread, size=8 x 2",
    ]


def test_other_experiments_do_not_change_a_name():
    columns = {"experiment": ["e", "f", "f"], "params": ['{"n": 1}', '{"n": 1}', '{"n": 2}']}
    assert named(**columns, switch_interval_s=[0.005, 0.005, 0.001]) == [
        "e: py_loop, thread x 2",
        "f: py_loop, n=1, thread x 2",
        "f: py_loop, n=2, thread x 2, switch interval 0.001 s",
    ]


def test_a_build_without_an_interval_stands_against_the_others_at_about_the_default():
    pythons = ["3.14", "3.14", "3.14", "3.14t"]
    assert named(python=pythons, switch_interval_s=[1e-5, 0.004, 0.1, math.nan]) == [
        "e: py_loop, thread x 2, switch interval 1e-05 s",
        "e: py_loop, thread x 2",
        "e: py_loop, thread x 2, switch interval 0.1 s",
        "e: py_loop, thread x 2",
    ]


def test_the_order_of_the_runs_changes_no_name():
    there = named(switch_interval_s=[0.25, 0.5, 0.125])
    assert named(switch_interval_s=[0.125, 0.5, 0.25]) == there[::-1]
    assert named(switch_interval_s=[0.003, 0.007]) == named(switch_interval_s=[0.007, 0.003])[::-1]


def test_one_interval_alone_is_in_no_name():
    assert named(python=["3.14", "3.14t"], switch_interval_s=[0.1, math.nan]) == ["e: py_loop, thread x 2"] * 2


def test_the_default_number_of_workers_has_one_name_on_all_builds(files):
    records = [
        make_record(python, samples=[make_sample(workers=count)], spec={"python": python, "workers": "default"})
        for python, count in (("3.12", 8), ("3.13", 4))
    ]
    found = {python: suite.get_benchmark_names() for python, suite in files(records).items()}
    assert found == {"3.12": ["e: py_loop, thread x default"], "3.13": ["e: py_loop, thread x default"]}


def test_names_that_would_be_the_same_get_digits_that_depend_on_no_build():
    texts = [json.dumps({"numbers": [10_000_000, 20_000_000, 30_000_000, last]}) for last in (1, 2)]
    first, second, again = named(params=[*texts, texts[1]], python=["3.14", "3.14", "3.14t"])
    assert first != second == again
    for name in (first, second):
        assert re.fullmatch(r"e: py_loop, numbers=\[10000000, 20000000, 30*\.\.\., thread x 2 #[0-9a-f]{6}", name)


def test_all_combinations_of_a_build_have_names_of_their_own(files):
    axes = [
        {"backend": backend, "workers": workers, "params": {"n": n}, "switch_interval_s": interval}
        for backend in ("thread", "thread_pool")
        for workers in (1, 2, "default")
        for n in (1, 2)
        for interval in (0.005, 0.0001)
    ]
    records = [make_record(f"g{place}", samples=[make_sample()], spec=spec) for place, spec in enumerate(axes)]
    collapsed = [{**spec, "switch_interval_s": None, "python": "3.14t"} for spec in axes[::2]]
    records += [make_record(f"t{place}", samples=[make_sample()], spec=spec) for place, spec in enumerate(collapsed)]
    found = {python: suite.get_benchmark_names() for python, suite in files(records).items()}
    assert len(set(found["3.14"])) == len(found["3.14"]) == 24
    assert len(set(found["3.14t"])) == len(found["3.14t"]) == 12
    assert set(found["3.14t"]) < set(found["3.14"])
