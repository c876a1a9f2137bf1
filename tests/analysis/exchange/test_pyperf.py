import json
import math
import re
import socket

import pandas as pd
import pyperf
import pytest
from gil_scaling.analysis import tables
from gil_scaling.analysis.exchange import pyperf as exchange

from tests.support import make_record, make_sample, make_tables, run_python, sweep_records


@pytest.fixture
def files(tmp_path):
    """Writes the pyperf files of records; returns {build: suite, read back by pyperf}."""

    def write(records, **options):
        made = make_tables(tmp_path, records, **options)
        tables.write({name: made[name] for name in ("samples", "runs", "builds")}, tmp_path / "s/tables")
        folder = tmp_path / "s/pyperf"
        exchange.main(tmp_path / "s/tables", folder)
        return {path.stem: pyperf.BenchmarkSuite.load(str(path)) for path in sorted(folder.iterdir())}

    return write


def only_benchmark(suite):
    (benchmark,) = suite.get_benchmarks()
    return benchmark


def names(**columns):
    """The names of combinations that differ in these columns, lists of one length."""
    count = len(next(iter(columns.values())))
    defaults = {
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
    rows = pd.DataFrame({name: columns.get(name, [value] * count) for name, value in defaults.items()})
    combination = rows.drop(columns=["role", "switch_interval_s"]).astype(str).agg("|".join, axis=1)
    intervals = rows["switch_interval_s"].astype(str)
    rows = rows.assign(case=rows["params"].map(digest), combination=combination + intervals, workers=2)
    return list(exchange.name_benchmarks(rows)["benchmark"])


def digest(params):
    """A case that differs in the parameters only."""
    return f"e-py_loop-thread-w2-{sum(params.encode()):08x}"


def test_a_round_is_a_run_with_separate_warm_ups(files):
    samples = [[make_sample(9.0, warmup=True), make_sample(1.0), make_sample(3.0)], [make_sample(2.0)]]
    records = [
        make_record(f"r{number}", samples=values, spec={"round": number}) for number, values in enumerate(samples, 1)
    ]
    runs = only_benchmark(files(records)["3.14"]).get_runs()
    assert [run.values for run in runs] == [(1.0, 3.0), (2.0,)]
    assert [run.warmups for run in runs] == [((1, 9.0),), ()]


def test_pyperf_compares_the_files_of_two_builds(files, tmp_path):
    times = [1.0, 1.1, 1.05, 1.02, 1.08, 1.01]
    records = sweep_records({"sequential": times, "thread": times}, python="a")
    records += sweep_records(
        {"sequential": [time / 2 for time in times], "thread": [time * 3 for time in times]}, python="b"
    )
    files(records)
    done = run_python("-m", "pyperf", "compare_to", "a.json", "b.json", cwd=tmp_path / "s/pyperf")
    assert done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if line.startswith("e: ")]
    assert [line.partition(": Mean")[0] for line in lines] == ["e: py_loop, sequential", "e: py_loop, thread x 2"]
    assert [line.rpartition(": ")[2] for line in lines] == ["2.00x faster", "3.00x slower"]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "hist", "stats", "show", "dump"])
def test_every_pyperf_command_reads_the_files(command, files, tmp_path):
    files(sweep_records({"sequential": [1.0, 1.1], "thread": [0.5, 0.6]}))
    done = run_python("-m", "pyperf", command, "3.14.json", cwd=tmp_path / "s/pyperf")
    assert done.stderr == ""
    assert "e: py_loop, thread x 2" in done.stdout


def test_values_of_a_together_start_are_work_s(files):
    sample = make_sample(9.0, durations=(0.25, 0.5))
    assert only_benchmark(files([make_record(samples=[sample], spec={"start": "together"})])["3.14"]).get_values() == (
        0.75,
    )


def test_failed_runs_and_control_runs_are_left_out(files):
    records = sweep_records({"sequential": [1.0, 2.0], "thread": [0.5, 0.25]})
    records[3].update(status="wrong_result", reason="4 instead of 5")  # it has samples all the same
    records.append(make_record("c", 7.0, spec={"backend": "process", "start": "together"}))
    suite = files(records, roles={"c": "ceiling"})["3.14"]
    assert {bench.get_name(): bench.get_values() for bench in suite} == {
        "e: py_loop, sequential": (1.0, 2.0),
        "e: py_loop, thread x 2": (0.5,),
    }


def test_a_build_without_values_has_no_file(files):
    records = sweep_records({"thread": [1.0]}, python="a") + sweep_records({"thread": [1.0]}, python="b")
    records[0].update(status="crashed", reason="ended by signal SIGKILL", measured=None)
    assert set(files(records)) == {"b"}


def test_a_sweep_without_values_has_an_empty_folder(files, tmp_path):
    records = sweep_records({"thread": [1.0]})
    records[0].update(status="crashed", reason="ended by signal SIGKILL", measured=None)
    assert files(records) == {}
    assert (tmp_path / "s/pyperf").is_dir()


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_time_of_0_is_left_out(tmp_path):
    samples = [make_sample(9.0, warmup=True), make_sample(1.0), make_sample(3.0)]
    records = [make_record("a", samples=samples), make_record("b", samples=samples, spec={"round": 2})]
    records.append(make_record("c", samples=samples, spec={"workers": 4}))
    sweep = make_tables(tmp_path, records)
    is_short = sweep["samples"]["run"].ne("a") & sweep["samples"]["sample"].gt(0) | sweep["samples"]["sample"].eq(1)
    sweep["samples"].loc[is_short, "total_s"] = 0.0
    (suite,) = exchange.make_suites(sweep).values()
    assert (only_benchmark(suite).get_values(), only_benchmark(suite).get_nrun()) == ((3.0,), 1)


def test_metadata_is_of_the_measured_build_only(files):
    benchmark = only_benchmark(files(sweep_records({"thread": [1.0]}), builds={"3.14": {"version": "3.14.6"}})["3.14"])
    assert benchmark.get_runs()[0].get_metadata() == {
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


def test_metadata_lacks_unknown_facts(files):
    record = make_record(state={part: {} for part in ("before", "after", "meanwhile")})
    assert "load_avg_1min" not in only_benchmark(files([record])["3.14"]).get_metadata()


def test_files_hide_paths_and_the_host_name(files, tmp_path):
    spec = {"params": {"file": "/home/somebody/data one.bin"}, "backend_params": {"way": "/srv/somewhere/x"}}
    files([make_record(spec=spec)], machine=socket.gethostname())
    text = (tmp_path / "s/pyperf" / "3.14.json").read_text()
    metadata = json.loads(text)["metadata"]
    assert "data one.bin" in metadata["description"]
    assert metadata["name"] == "e: py_loop, thread, way=x x 2"
    for unwanted in ("somebody", "somewhere", str(tmp_path), socket.gethostname()):
        assert unwanted not in text


def test_a_run_of_two_experiments_is_a_benchmark_of_each(files):
    suite = files(sweep_records({"thread": [1.0]}), experiments=("x", "y"))["3.14"]
    assert suite.get_benchmark_names() == ["x: py_loop, thread x 2", "y: py_loop, thread x 2"]


def test_names_show_the_parameters_that_differ():
    assert names(
        params=['{"count": 4, "n": 1000}', '{"count": 4, "n": 2000}'], backend_params=["{}", '{"size": 8}']
    ) == [
        "e: py_loop, n=1,000, thread x 2",
        "e: py_loop, n=2,000, thread, size=8 x 2",
    ]


def test_names_do_not_depend_on_other_experiments():
    columns = {"experiment": ["e", "f", "f"], "params": ['{"n": 1}', '{"n": 1}', '{"n": 2}']}
    assert names(**columns, switch_interval_s=[0.005, 0.005, 0.001]) == [
        "e: py_loop, thread x 2",
        "f: py_loop, n=1, thread x 2",
        "f: py_loop, n=2, thread x 2, switch interval 0.001 s",
    ]


def test_names_omit_the_interval_nearest_to_the_default():
    pythons = ["3.14", "3.14", "3.14", "3.14t"]
    assert names(python=pythons, switch_interval_s=[1e-5, 0.004, 0.1, math.nan]) == [
        "e: py_loop, thread x 2, switch interval 1e-05 s",
        "e: py_loop, thread x 2",
        "e: py_loop, thread x 2, switch interval 0.1 s",
        "e: py_loop, thread x 2",
    ]


def test_names_do_not_depend_on_the_order_of_runs():
    there = names(switch_interval_s=[0.25, 0.5, 0.125])
    assert names(switch_interval_s=[0.125, 0.5, 0.25]) == there[::-1]
    assert names(switch_interval_s=[0.003, 0.007]) == names(switch_interval_s=[0.007, 0.003])[::-1]


def test_names_omit_the_only_interval():
    assert names(python=["3.14", "3.14t"], switch_interval_s=[0.1, math.nan]) == ["e: py_loop, thread x 2"] * 2


def test_names_of_default_workers_are_equal_on_all_builds(files):
    records = [
        make_record(python, samples=[make_sample(workers=count)], spec={"python": python, "workers": "default"})
        for python, count in (("3.12", 8), ("3.13", 4))
    ]
    names_by_build = {python: suite.get_benchmark_names() for python, suite in files(records).items()}
    assert names_by_build == {"3.12": ["e: py_loop, thread x default"], "3.13": ["e: py_loop, thread x default"]}


def test_shared_names_get_the_digest_of_their_case():
    texts = [json.dumps({"numbers": [10_000_000, 20_000_000, 30_000_000, last]}) for last in (1, 2)]
    first, second, again = names(params=[*texts, texts[1]], python=["3.14", "3.14", "3.14t"])
    assert first != second == again
    for name in (first, second):
        assert re.fullmatch(r"e: py_loop, numbers=\[10000000, 20000000, 30*\.\.\., thread x 2 #[0-9a-f]{8}", name)


def test_names_of_the_combinations_of_a_build_are_unique(files):
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
    names_by_build = {python: suite.get_benchmark_names() for python, suite in files(records).items()}
    assert len(set(names_by_build["3.14"])) == len(names_by_build["3.14"]) == 24
    assert len(set(names_by_build["3.14t"])) == len(names_by_build["3.14t"]) == 12
    assert set(names_by_build["3.14t"]) < set(names_by_build["3.14"])
