"""The target `machines`: the sweep on each machine that the config names, a job each, as its rules ask for it."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import SharedFSUsage

from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import node
from gil_scaling.plan.recovery import STATE
from gil_scaling.plan.request import Names

TARGET = "machines"
RULE = "sweep_on"  # of such a job
FOLDER = STATE / f".{TARGET}"  # no machine has such a name
_RETRIES = 3
_THREADS = "threads"  # of an entry's resources: CPUs that the job asks for
# Of Slurm; -1 is no limit: a step has all of its job's CPUs.
_WHOLE_NODE = {"slurm_extra": "--exclusive", "cpus_per_task": -1}


class Machines:
    """What the rules of the target ask for.

    workflow: Snakemake's; endings_folder: <call>/<machine>/ in it says how a job ended.
    """

    endings_folder = str(FOLDER)

    def __init__(self, workflow: Any, names: Names) -> None:
        self._workflow, self._names = workflow, names
        self._call = f"{int(time.time())}-{os.getpid()}"
        self._asked = {machine["name"]: machine.get("resources", {}) for machine in names.machines}

    @property
    def retries(self) -> int:
        """How often a job is submitted again. On the node none: a call there that lost its sweep would take it back."""
        return _RETRIES if self._workflow.is_main_process else 0

    @cached_property
    def resources(self) -> dict[str, Callable[[Any], Any]]:
        """{resource: function of the wildcards} of the jobs; None where a machine does not ask for it.

        Of Slurm a job gets its node as a whole.
        """
        asked = (name for each in self._asked.values() for name in each if name != _THREADS)
        return {name: partial(self._find, name) for name in dict.fromkeys([*_WHOLE_NODE, *asked])}

    def _find(self, name: str, wildcards: Any) -> Any:
        own: Mapping[str, Any] = self._asked.get(wildcards.machine, {})
        is_slurm = "slurm" in getattr(self._workflow.executor_plugin, "name", "")
        default = _WHOLE_NODE.get(name) if is_slurm else None
        value = own.get(name, default)
        is_shared = name == "slurm_extra" and default and str(default) not in str(value)
        return f"{value} {default}" if is_shared else value

    def threads(self, wildcards: Any) -> int:
        """The CPUs that the job on a machine asks for; Slurm gives whole nodes, whatever the number."""
        return int(self._asked.get(wildcards.machine, {}).get(_THREADS, 1))

    @property
    def _is_local(self) -> bool:
        """Whether the executor runs its jobs on this computer."""
        plugin = self._workflow.executor_plugin
        return plugin is None or not plugin.common_settings.non_local_exec

    def endings(self) -> list[str]:
        """The outputs of the jobs: of all machines that the config names, or without a cluster of this one alone."""
        here, named = self._names.machine, list(self._asked)
        if self._is_local:
            left_out = [name for name in named if name != here]
            if left_out:
                print(describe_left_out(here, left_out), file=sys.stderr)
            named = [here]
        elif not named:
            expected = "Expected: the machines to submit to, such as [{name: epyc}]."
            raise WorkflowError(self._names.places.line(["machines"], f"is empty. {expected}"))
        return [f"{self.endings_folder}/{self._call}/{name}" for name in named]

    @property
    def place(self) -> str:
        """Where a job is: here, where people see what it shows, or on a node, which may share no files with the call."""
        if self._workflow.is_main_process:
            return node.HERE
        is_shared = SharedFSUsage.INPUT_OUTPUT in self._workflow.storage_settings.shared_fs_usage
        return node.NODE if is_shared else node.APART

    @cached_property
    def command(self) -> list[str]:
        """The command of a call of Snakemake with the settings of this one, which executes its jobs itself.

        It ends with settings of --config.
        """
        start = [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            str(Path(SCRIPTS).parent / "Snakefile"),
            "--cores",
            "all",
        ]
        alone = ["--executor", "local", "--profile", "none", "--workflow-profile", "none"]
        files = list(map(str, self._workflow.overwrite_configfiles or ()))
        settings = getattr(self._workflow.config_settings, "config_args", None) or ()
        return [*start, *alone, *(["--configfile", *files] if files else []), "--config", *settings]


def describe_failed_job(log: str, message: str | None) -> str:
    """Why the job on a machine failed before its sweep ended, as the executor says; log: that of the job."""
    cause = (message or "it was killed").partition(". ")[0]
    return f"The sweep on {Path(log).stem} was cut short: {cause} (see {log})"


def describe_left_out(here: str, names: Sequence[str]) -> str:
    """Why a call without a cluster measures on this machine alone."""
    return f"The sweep runs on this machine, {here}. Left out: {', '.join(names)}; a profile such as config/profiles/slurm submits to them."
