"""Fits a plan into Snakemake: its modes, its errors, and what of it would disturb a measurement."""

import os
import re
import shlex
import sys

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import RerunTrigger

from scripts import config, plan, recovery, sizes
from scripts.child import ROOT

# Modes of Snakemake that read the Snakefile and run nothing.
_READING = re.compile(
    r"--(dry-?run|lint|list.*|summary|detailed-summary|report|rulegraph|filegraph|d3dag|dag|unlock|touch|archive"
    r"|delete.*|generate-unit-tests|cleanup.*|containerize|export-cwl|print-compilation|help|version)(=.*)?"
    r"|-[pqrkF]*n[pqrkF]*|-[lSDthv]"
)
_TARGETS = {"all", "tables", "figures", "report", "pyperf", "bundle"}  # those that measure what is missing


def make_plan(settings, workflow, arguments=None):
    """The plan of this call; a call that is going to measure also prepares for it.

    Raises WorkflowError, which Snakemake shows without a traceback, for a config that cannot be run.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    explicit = list(map(str, workflow.overwrite_configfiles or []))
    files = [*(file for file in map(str, workflow.configfiles) if file not in explicit), *explicit]
    measures = not (is_reading(arguments) or compares_alone(arguments))
    acts = workflow.is_main_process and not is_reading(arguments)
    if acts:
        _be_the_only_call()
    find_size = None if not measures or not workflow.is_main_process else sizes.find
    try:
        made = plan.make(settings, files, explicit, find_size)
    except config.ConfigError as error:
        raise WorkflowError(f"the config cannot be run:\n{error}") from None
    if acts:
        recovery.begin([made.comparison.folder] if compares_alone(arguments) else made.derived)
    if workflow.is_main_process:
        for note in made.notes:
            print(note, file=sys.stderr)
        if measures:
            plan.prepare(made)
        if not compares_alone(arguments):
            print(plan.summary(made), file=sys.stderr)
    return made


def _be_the_only_call():
    try:
        recovery.be_the_only_call()
    except recovery.OtherCall:
        raise WorkflowError("another call of Snakemake is at work in this folder; wait for its end") from None


def compare_no_input_sets(workflow, inputs):
    """The inputs, after Snakemake is kept from repeating jobs because the names of their inputs changed.

    The plan, an input of all, tells that. The mark of a round has other inputs in each sweep; repeated for that alone, it
    would hide whatever else is to be done behind it from Snakemake, for the mark is `ancient()`. A Snakefile has no option
    for it, and the setting is there only when inputs are asked for. Where a later version moves it, this does nothing, and
    a call after another sweep's may have to be repeated.
    """
    settings = getattr(workflow, "dag_settings", None)
    if hasattr(settings, "rerun_triggers"):
        settings.rerun_triggers = frozenset(settings.rerun_triggers) - {RerunTrigger.INPUT}
    return inputs


def shell_prefix():
    """What each shell command begins with: this Python is `python`, and our modules are found from everywhere."""
    path, root = shlex.quote(os.path.dirname(sys.executable)), shlex.quote(ROOT)
    return f'set -euo pipefail; export PATH={path}:"$PATH" PYTHONPATH={root}; '


def is_reading(arguments):
    """Whether these arguments of Snakemake ask for no job to be run."""
    return any(_READING.fullmatch(argument) for argument in arguments)


def compares_alone(arguments):
    """Whether these arguments ask for the comparison of what was measured before, and for nothing of this sweep."""
    return "compare" in arguments and _TARGETS.isdisjoint(arguments)


def stop_rate_limiter(workflow):
    """Stops the timers that Snakemake starts for each job and never ends: they would disturb the measurement.

    With 1,500 jobs they take 42 % of a core (snakemake/snakemake#3804). There is no option against it; where a later
    version moves the attribute, this does nothing, and the record of each run still says what Snakemake took.
    """
    scheduler = getattr(workflow, "scheduler", None)
    if hasattr(scheduler, "job_rate_limiter"):
        scheduler.job_rate_limiter = None
