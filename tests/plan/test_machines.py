import sys
from types import SimpleNamespace

import pytest
from gil_scaling.plan.machines import Machines
from gil_scaling.plan.yaml_lines import Places
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import SharedFSUsage

ENTRIES = [
    {"name": "epyc", "resources": {"slurm_partition": "amd", "slurm_extra": "--constraint=sp3", "threads": 64}},
    {"name": "arm"},
]


def make(executor="slurm", entries=ENTRIES, machine="head", **workflow):
    """The Machines of a call with an executor."""
    plugin = SimpleNamespace(name=executor, common_settings=SimpleNamespace(non_local_exec=executor != "local"))
    names = SimpleNamespace(machines=entries, machine=machine, places=Places([]))
    return Machines(SimpleNamespace(executor_plugin=plugin, **workflow), names)


def asked(machines, name):
    """The resources that the job of a machine asks for."""
    found = {key: function(SimpleNamespace(machine=name)) for key, function in machines.resources.items()}
    return {key: value for key, value in found.items() if value is not None}


WHOLE = {"slurm_extra": "--exclusive", "cpus_per_task": -1}


@pytest.mark.parametrize(
    ("machine", "executor", "expected"),
    [
        ("epyc", "slurm", {**WHOLE, "slurm_partition": "amd", "slurm_extra": "--constraint=sp3 --exclusive"}),
        ("arm", "slurm-jobstep", WHOLE),
        ("epyc", "kubernetes", {"slurm_partition": "amd", "slurm_extra": "--constraint=sp3"}),
        ("arm", "local", {}),
    ],
)
def test_a_job_gets_what_its_machine_asks_for_and_the_whole_node(machine, executor, expected):
    assert asked(make(executor), machine) == expected


def test_a_machine_may_limit_its_cpus_and_is_exclusive_once():
    own = [{"name": "epyc", "resources": {"cpus_per_task": 8, "slurm_extra": "--exclusive=user"}}]
    assert asked(make(entries=own), "epyc") == own[0]["resources"]


def test_a_job_is_submitted_again_by_its_call_alone():
    assert [make(is_main_process=is_main).retries for is_main in (True, False)] == [3, 0]


def test_threads_are_those_of_the_machine():
    assert [make().threads(SimpleNamespace(machine=name)) for name in ("epyc", "arm", "head")] == [64, 1, 1]


def test_a_cluster_gets_all_machines_and_this_computer_its_own(capsys):
    assert [path.rpartition("/")[2] for path in make().endings()] == ["epyc", "arm"]
    assert capsys.readouterr().err == ""
    assert [path.rpartition("/")[2] for path in make("local", machine="arm").endings()] == ["arm"]
    assert "runs on this machine, arm. Left out: epyc; a profile" in capsys.readouterr().err
    with pytest.raises(WorkflowError, match=r"machines: is empty\. Expected: the machines to submit to"):
        make(entries=[]).endings()


@pytest.mark.parametrize(
    ("is_main", "usage", "place"),
    [(True, [], "here"), (False, [SharedFSUsage.INPUT_OUTPUT], "node"), (False, [], "apart")],
)
def test_a_job_knows_whether_it_shares_files_with_its_call(is_main, usage, place):
    settings = SimpleNamespace(shared_fs_usage=frozenset(usage))
    assert make(is_main_process=is_main, storage_settings=settings).place == place


def test_a_call_on_a_node_takes_no_profile():
    settings = SimpleNamespace(config_args=["rounds=3"])
    command = make(overwrite_configfiles=["my.yaml"], config_settings=settings).command
    assert command[:3] == [sys.executable, "-m", "snakemake"]
    assert command[-4:] == ["--configfile", "my.yaml", "--config", "rounds=3"]
    options = {
        option: command[command.index(option) + 1] for option in ("--profile", "--workflow-profile", "--executor")
    }
    assert options == {"--profile": "none", "--workflow-profile": "none", "--executor": "local"}
    assert make(overwrite_configfiles=[], config_settings=None).command[-1] == "--config"
