import json

import pytest
from gil_scaling.plan import catalog, sweep

from tests.benchmarks import sweep_cost
from tests.support import FakeBuild


def cost(wall_s):
    return {"wall_s": wall_s, "cpu_s": 1.0, "peak_mb": 100.0}


DONE = {
    **dict.fromkeys(("plan", "nothing", "tables", "figures"), cost(2.0)),
    "page": {**cost(4.0), "page_mb": 1.5},
    "sweep": {**cost(30.0), "runs": 100, "failed": 1, "measured_s": 10.0},
    "split": {"shell": 0.01, "launcher": 0.05, "loops": 0.03, "record": 0.005},
    "floor": {"wall_s": 0.03},
    "pyperf": {"wall_s": None},
}


@pytest.mark.parametrize("runs", [100, 1000])
def test_sweep_config_has_so_many_runs(runs):
    config = sweep_cost.sweep_config(runs)
    (experiment,) = config["experiments"]
    inherited = {key: config[key] for key in ("rounds", "warmups", "repeats")}
    defaults = {
        "reference": None,
        "switch_intervals": ["default"],
        "start": "natural",
        "scaling": "strong",
        "timeout": 9,
    }
    config = {"seed": 1, "experiments": [{**defaults, **inherited, **experiment}]}
    backends = {name: catalog.read_backend(name, ".") for name in ("sequential", "thread")}
    workloads = {"py_loop": catalog.read_workload("py_loop", ".")}
    assert len(sweep.expand(config, {"e": [FakeBuild("3.14")]}, workloads, backends, None, [1])) == runs


def test_describe_splits_what_a_run_costs():
    rows = sweep_cost.describe(DONE)
    assert rows["sweep / time inside measured processes"] == "3.00"
    assert rows["the same without tables, figures, page"] == "2.00"
    assert rows["beside it, per run"] == "100 ms"  # (30 − 10 − 2 − 2 − 2 − 4) / 100
    parts = {name: rows[f"of that {name}"] for name in ("Snakemake", "shell", "launcher", "reference loop")}
    assert parts == {"Snakemake": "40 ms", "shell": "10 ms", "launcher": "15 ms", "reference loop": "30 ms"}
    assert (rows["a run by hand (floor)"], rows["a run of pyperf"]) == ("30 ms", "–")


def test_table_has_a_column_per_size():
    text = sweep_cost.table({"100": {"a": "1", "b": "2"}, "1000": {"a": "3", "b": "4"}})
    assert text == "|  | 100 | 1000 |\n| --- | --- | --- |\n| a | 1 | 3 |\n| b | 2 | 4 |"


def test_pieces_that_are_done_are_not_repeated(tmp_path, monkeypatch):
    (tmp_path / "100.json").write_text(json.dumps({name: done for name, done in DONE.items() if name != "page"}))
    calls = []
    monkeypatch.setattr(sweep_cost.Benchmark, "page", lambda _: calls.append("page") or DONE["page"])
    for _ in range(2):
        assert sweep_cost.Benchmark(tmp_path, "100").run() == DONE
    assert calls == ["page"]
