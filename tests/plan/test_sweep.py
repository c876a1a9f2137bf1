import json

import pytest
from gil_scaling.plan import catalog, config, sweep

from tests.support import FakeBuild


def expand(experiments, builds=None, cpus=None, **top):
    settings = config.checked({**top, "experiments": experiments})
    texts = {config.named(item)[0] for one in experiments for item in one["workloads"]}
    return sweep.expand(
        settings,
        {one["name"]: list(builds or [FakeBuild("3.14")]) for one in experiments},
        {text: catalog.read_workload(text, ".") for text in texts},
        {name: catalog.read_backend(name, ".") for name in catalog.names(catalog.BACKENDS)},
        cpus,
        [1, 2, 4],
    )


def experiment(**changes):
    return {
        "name": "e",
        "workloads": ["py_loop"],
        "backends": ["sequential", "thread"],
        "workers": [2],
        "rounds": 1,
        "ceiling": False,
        "control": False,
        **changes,
    }


def axes(runs, *names):
    return sorted({tuple(run.spec[name] for name in names) for run in runs}, key=str)


def test_the_product_of_all_axes_is_run_in_every_round():
    runs = expand(
        [
            experiment(
                workloads=["py_loop", "sum_range"],
                backends=["thread", "thread_pool"],
                workers=[1, 2],
                switch_intervals=[0.001, 0.01],
                rounds=3,
            )
        ],
        builds=[FakeBuild("a"), FakeBuild("b")],
    )
    asked = [run for run in runs if run.spec["backend"] != "sequential"]
    assert len(asked) == 2 * 2 * 2 * 2 * 3 * 2
    assert len(runs) - len(asked) == 2 * 3 * 2  # the baselines


def test_interval_axis_collapses_when_the_gil_is_off():
    runs = expand([experiment(backends=["thread"], switch_intervals=[0.1, 0.001])], [FakeBuild("t", gil=False)])
    assert axes(runs, "backend", "switch_interval_s") == [("sequential", None), ("thread", None)]


def test_interval_axis_collapses_where_each_gil_has_one_thread():
    backends = ["process", "process_pool", "interpreter_pool", "asyncio", "sequential"]
    runs = expand([experiment(backends=backends, switch_intervals=[0.1, 0.001])])
    assert {run.spec["switch_interval_s"] for run in runs} == {None}


def test_interval_axis_stays_for_threads_under_the_gil():
    backends = ["thread", "thread_pool", "asyncio_to_thread"]
    runs = expand([experiment(backends=backends, switch_intervals=[0.1, "default"])])
    kept = {(run.spec["backend"], run.spec["switch_interval_s"]) for run in runs} - {("sequential", None)}
    assert kept == {(backend, interval) for backend in backends for interval in (0.1, 0.005)}


def test_workloads_that_start_threads_keep_the_intervals(tmp_path):
    path = tmp_path / "own.py"
    path.write_text("starts_threads = True\ndef tasks(): return [1]\ndef task(a): return a\n")
    runs = expand(
        [experiment(workloads=[str(path)], backends=["sequential"], switch_intervals=[0.1, 0.2])],
        [FakeBuild("t", gil=False)],
    )
    assert axes(runs, "switch_interval_s") == [(0.1,), (0.2,)]


def test_workloads_that_start_threads_have_a_baseline_each(tmp_path):
    path = tmp_path / "own.py"
    path.write_text("starts_threads = True\ndef tasks(): return [1]\ndef task(a): return a\n")
    runs = expand([experiment(workloads=[str(path)], backends=["thread"], switch_intervals=[0.1, 0.2])])
    assert axes(runs, "backend", "switch_interval_s") == [
        ("sequential", 0.1),
        ("sequential", 0.2),
        ("thread", 0.1),
        ("thread", 0.2),
    ]


def test_workloads_without_speedup_have_no_baseline():
    runs = expand([experiment(workloads=["handoff"], backends=["thread"], ceiling=True)])
    assert axes(runs, "backend") == [("thread",)]


def test_swept_backend_parameters_are_axes():
    backends = ["process_pool", {"process_pool": {"chunksize": {"sweep": [1, 4, 16]}}}]
    runs = expand([experiment(backends=backends)])
    found = [run.spec["backend_params"] for run in runs if run.spec["backend"] == "process_pool"]
    assert sorted(found, key=str) == [{"chunksize": 16}, {"chunksize": 4}, {}]
    assert len({run.name for run in runs}) == 4


def test_a_custom_backend_is_identified_by_its_source(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def run(job): return [call() for call in job.calls()]\n")
    (run,) = [run for run in expand_with(path) if run.spec["backend"] == "mine"]
    path.write_text("def run(job): return [call() for call in list(job.calls())]\n")
    (changed,) = [run for run in expand_with(path) if run.spec["backend"] == "mine"]
    assert run.backend.reference == str(path)
    assert run.name != changed.name


def expand_with(path):
    settings = config.checked({"experiments": [experiment(backends=[str(path)])]})
    backends = {name: catalog.read_backend(name, ".") for name in ("sequential", "process", str(path))}
    workloads = {"py_loop": catalog.read_workload("py_loop", ".")}
    return sweep.expand(settings, {"e": [FakeBuild("3.14")]}, workloads, backends, None, [1])


def test_the_default_interval_and_its_value_are_one_run():
    runs = expand([experiment(backends=["thread"], switch_intervals=["default", 0.005])])
    assert len(runs) == 2


def test_the_sequential_baseline_is_added_once():
    runs = expand([experiment(backends=["thread", "process"], workers=[1, 2, 3])])
    (baseline,) = [run for run in runs if run.spec["backend"] == "sequential"]
    assert [use.role for use in baseline.uses] == ["baseline"]
    assert baseline.spec["workers"] == 1


def test_sequential_is_one_run_whatever_the_start_and_scaling():
    runs = expand([experiment(backends=["sequential"], workers=[1, 2, 4], start="together", scaling="weak")])
    assert axes(runs, "backend", "workers", "start", "scaling") == [("sequential", 1, "natural", "strong")]


def test_the_ceiling_is_measured_at_each_number_of_workers():
    runs = expand([experiment(ceiling=True, workers=[1, 2, "default"])])
    ceilings = [run for run in runs if any(use.is_ceiling for use in run.uses)]
    assert axes(ceilings, "backend", "start", "workers") == [("process", "together", 1), ("process", "together", 2)]


@pytest.mark.parametrize(
    ("changes", "controls"),
    [
        ({"workers": [2, "default"]}, [("thread", 1)]),
        ({"backends": ["thread_pool"], "switch_intervals": [0.001, 0.01]}, [("thread", 1)]),
        ({"workers": [1, 2]}, []),
        ({"backends": ["process"]}, []),
        ({"workloads": ["sleep"]}, []),
        ({"control": False}, []),
    ],
)
def test_one_thread_is_a_control_of_several(changes, controls):
    runs = expand([experiment(**{"control": True, **changes})])
    added = [run for run in runs if any(use.role == "control" for use in run.uses)]
    assert axes(added, "backend", "workers") == controls
    assert len(added) == len(controls) * len(changes.get("switch_intervals", ["default"]))


def test_asked_processes_serve_as_ceiling_too():
    runs = expand([experiment(ceiling=True, backends=["process"], start="together")])
    (run,) = [run for run in runs if run.spec["backend"] == "process"]
    assert [(use.role, use.is_ceiling) for use in run.uses] == [("asked", True)]


@pytest.mark.parametrize("workload", ["shared_append", "url_fetch"])
def test_workloads_that_share_or_wait_have_no_ceiling(workload):
    runs = expand([experiment(ceiling=True, workloads=[workload])])
    assert not any(use.is_ceiling for run in runs for use in run.uses)


def test_equal_runs_of_two_experiments_are_merged():
    runs = expand([experiment(timeout=5), experiment(name="f", timeout=9)])
    assert len(runs) == 2
    assert {tuple(use.experiment for use in run.uses) for run in runs} == {("e", "f")}
    assert {run.timeout_s for run in runs} == {9}


def test_a_parameter_at_its_default_is_the_same_run():
    runs = expand([experiment(workloads=["py_loop", {"py_loop": {"n": 1_000_000}}])])
    assert len(runs) == 2
    assert runs[0].spec["params"] == {"count": 8, "n": 1_000_000}


def test_swept_parameters_are_axes():
    item = {"py_loop": {"n": {"sweep": [10, 20]}, "count": {"sweep": [1, 2, 3]}}}
    runs = expand([experiment(workloads=[item], backends=["sequential"])])
    params = sorted((run.spec["params"]["n"], run.spec["params"]["count"]) for run in runs)
    assert params == [(10, 1), (10, 2), (10, 3), (20, 1), (20, 2), (20, 3)]


def test_rounds_are_blocks_and_each_is_shuffled_in_its_own_way():
    runs = expand([experiment(backends=["thread"], workers=list(range(1, 9)), rounds=3)])
    rounds = [run.spec["round"] for run in runs]
    assert rounds == sorted(rounds)
    orders = [
        [(run.spec["backend"], run.spec["workers"]) for run in runs if run.spec["round"] == number]
        for number in (1, 2, 3)
    ]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    assert orders[0] != orders[1] != orders[2]


def test_another_seed_gives_another_order_of_the_same_runs():
    one, same, other = (
        [run.name for run in expand([experiment(workers=[1, 2, 3, 4, 5, 6])], seed=seed)] for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other
    assert sorted(one) == sorted(other)


def test_an_experiment_overrides_what_the_top_level_sets():
    runs = expand([experiment(rounds=2), experiment(name="f", workloads=["noop"])], rounds=9)
    assert {run.spec["round"] for run in runs if run.spec["workload"] == "py_loop"} == {1, 2}
    del (inheriting := experiment())["rounds"]
    assert max(run.spec["round"] for run in expand([inheriting], rounds=4)) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"workload_digest": "x"},
        {"params": {"n": 1}},
        {"workers": 3},
        {"switch_interval_s": 0.1},
        {"start": "together"},
        {"scaling": "weak"},
        {"cpus": [0]},
        {"python": "other"},
        {"fingerprint": "other"},
        {"options": ["-X", "dev"]},
        {"env": {"PYTHON_GIL": "1"}},
        {"protocol": 99},
        {"warmups": 7},
        {"repeats": 7},
        {"round": 7},
        {"backend_params": {"chunksize": 4}},
        {"backend_digest": "d"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_name_changes_with_all_that_changes_the_number(change):
    (run,) = expand([experiment(backends=["sequential"])])
    assert sweep.run_name({**run.spec, **change}) != run.name


def test_the_name_stays_when_only_labels_and_limits_change():
    names = [
        {run.name for run in expand([one])}
        for one in (experiment(), experiment(name="other", timeout=3, reference="3.14"))
    ]
    assert names[0] == names[1]


def test_the_name_is_this_one():
    spec = {"workload": "py_loop", "backend": "thread", "workers": 4, "python": "3.14t", "round": 2}
    assert sweep.run_name(spec) == "py_loop-thread-w4-3.14t-r2-ef014d8ae7"


def test_a_name_holds_only_what_is_safe_in_a_file_name():
    spec = {"workload": "a b/$(c)", "backend": "thread", "workers": "default", "python": "ü", "round": 1}
    assert sweep.run_name(spec).startswith("a_b___c_-thread-default-_-r1-")


@pytest.mark.parametrize(
    ("usable", "physical", "expected"),
    [(1, 1, [1, 2]), (2, 2, [1, 2, 4]), (6, 3, [1, 2, 3, 4, 8, 12]), (16, 8, [1, 2, 4, 8, 16, 32]), (2, 16, [1, 2, 4])],
)
def test_auto_workers_reach_twice_the_usable_cpus(usable, physical, expected):
    assert sweep.auto_workers(usable, physical) == expected


def test_strong_scaling_has_one_file_of_expected_results():
    strong = expand([experiment(backends=["thread", "process"], workers=[1, 2])])
    assert len({run.expected for run in strong}) == 1


@pytest.mark.parametrize(("env", "files"), [({}, 3), ({"PYTHONHASHSEED": "0"}, 1)])
def test_each_hash_seed_has_a_file_of_expected_results(env, files):
    runs = expand([experiment(rounds=3)], [FakeBuild("3.14", env=env)])
    assert len({run.expected for run in runs}) == files


def test_weak_scaling_expects_results_per_worker_count():
    weak = expand([experiment(backends=["thread"], workers=[1, 2], scaling="weak")])
    assert len({run.expected for run in weak}) == 3


def test_a_spec_is_plain_json():
    (run, _) = expand([experiment()])
    assert json.loads(json.dumps(run.spec)) == run.spec
