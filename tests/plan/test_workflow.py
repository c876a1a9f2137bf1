import threading
from types import SimpleNamespace

import pytest
import yaml
from gil_scaling.plan import recovery, workflow
from snakemake.exceptions import WorkflowError

from tests.tiny_sweep import TINY


class FakeWorkflow(SimpleNamespace):
    """The attributes of Snakemake's workflow that the adapter reads."""

    def __init__(self, **changes):
        facts = {"is_main_process": True, "executor_plugin": object(), "touch": False, "dryrun": False}
        facts |= {"overwrite_configfiles": [], "configfiles": []}
        super().__init__(**{**facts, **changes})


@pytest.fixture
def make_call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recovery.atexit, "register", lambda *arguments: None)
    return lambda **changes: workflow.Call(FakeWorkflow(**changes), TINY)


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({}, workflow.Mode.RUN),
        ({"dryrun": True}, workflow.Mode.DRY_RUN),
        ({"touch": True}, workflow.Mode.READ),
        ({"executor_plugin": None}, workflow.Mode.READ),
        ({"is_main_process": False}, workflow.Mode.JOB),
    ],
)
def test_mode_comes_from_snakemake_s_settings(changes, mode, make_call):
    assert make_call(**changes).mode == mode


@pytest.mark.parametrize("part", ["graph", "packages"])
def test_an_interruption_while_planning_ends_without_traceback(part, make_call, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    if part == "packages":
        monkeypatch.setattr(workflow.request, "complete", interrupted)
    build_dag = interrupted if part == "graph" else lambda: None
    call = make_call(_build_dag=build_dag, dag=None, dag_settings=None, dryrun=True)
    with pytest.raises(SystemExit, match="interrupted before the first run"):
        call.workflow._build_dag()


def test_schedulers_are_quieted_where_they_have_the_parts():
    scheduler = SimpleNamespace(job_rate_limiter="on", _lock=threading.Lock())
    workflow.quiet(scheduler)
    assert scheduler.job_rate_limiter is None
    with scheduler._lock:
        assert scheduler._lock.acquire(blocking=False)
    workflow.quiet(object())


@pytest.mark.parametrize(("name", "chosen"), [("ilp", "greedy"), ("greedy", "greedy"), ("a-plugin", "a-plugin")])
def test_the_scheduler_with_a_solver_becomes_the_greedy_one(name, chosen):
    settings = SimpleNamespace(scheduling_settings=SimpleNamespace(scheduler=name))
    scheduler = SimpleNamespace(workflow=settings, _job_selector=name, job_selector_greedy="greedy")
    workflow.quiet(scheduler)
    assert scheduler._job_selector == chosen


@pytest.mark.parametrize(("file", "name"), [("my.yaml", "runs"), ("logs.yaml", None), ("my sweep.yaml", None)])
def test_reserved_sweep_names_are_refused(file, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).write_text(yaml.safe_dump({**TINY, "sweep": name}))
    with pytest.raises(WorkflowError, match=r"\bsweep: "):
        workflow.Call(FakeWorkflow(overwrite_configfiles=[file], configfiles=[file]), {**TINY, "sweep": name})
    assert not (tmp_path / "results").exists()


def test_reading_the_snakefile_leaves_results_as_they_are(make_call, tmp_path):
    make_call()
    assert list(tmp_path.iterdir()) == []


def test_the_target_machines_goes_alone(make_call):
    settings = SimpleNamespace(targets={"machines", "all"})
    call = make_call(_build_dag=lambda: None, dag=None, dag_settings=settings, dryrun=True)
    with pytest.raises(WorkflowError, match="the target machines goes alone"):
        call.workflow._build_dag()
