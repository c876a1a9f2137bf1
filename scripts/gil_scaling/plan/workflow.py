"""Fits a plan into Snakemake: its modes, its errors, and what of it would disturb a measurement."""

import os
import re
import shlex
import sys
import threading
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import RerunTrigger

from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import config, plan, recovery, sizes
from gil_scaling.plan.yaml_lines import syntax_mistake

# Modes of Snakemake that read the Snakefile and run nothing.
_READING = re.compile(
    r"--(dry-?run|lint|list.*|summary|detailed-summary|report|rulegraph|filegraph|d3dag|dag|unlock|touch|archive"
    r"|delete.*|generate-unit-tests|cleanup.*|containerize|export-cwl|print-compilation|help|version)(=.*)?"
    r"|-[pqrkF]*n[pqrkF]*|-[lSDthv]"
)
_TARGETS = {"all", "tables", "figures", "report", "pyperf", "bundle"}  # those that measure what is missing


class BadConfig(WorkflowError):
    """A config that cannot be run; without a traceback, Snakemake shows the message alone and no lines of our code."""

    __traceback__ = None


def default_config(checkout, name="config/config.yaml"):
    """The config of the working directory, where it has one (a clone that is used in its own folder has), else the checkout's.

    Raises WorkflowError with file and line where it cannot be read; what --configfile names Snakemake reads before us.
    """
    path = name if os.path.exists(name) else os.path.join(checkout, name)
    try:
        problem = syntax_mistake(path)
    except OSError as error:
        problem = f"{path}: cannot be read: {error.strerror}."
    if problem:
        raise BadConfig(f"the config cannot be run:\n{problem}")
    return path


def make_plan(settings, workflow, arguments=None):
    """The plan of this call; a call that is going to measure also prepares for it.

    Raises WorkflowError, which Snakemake shows without a traceback, for a config that cannot be run.
    """
    _check_checkout()
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
        raise BadConfig(f"the config cannot be run:\n{error}") from None
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


def _check_checkout():
    """Raises WorkflowError where our modules, or those of the standard library, would not be found in the builds."""
    if os.pathsep in SCRIPTS:
        raise WorkflowError(
            f"{SCRIPTS}: Python finds no modules in a folder with {os.pathsep!r} in its path. Move the checkout."
        )
    for path in sorted(Path(SCRIPTS).glob("*.py")):
        if path.stem in sys.stdlib_module_names:
            raise WorkflowError(
                f"{path}: hides the standard library's {path.stem!r} from the builds. Move it to another folder."
            )


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
    """What each shell command begins with: this Python is `python`, and our modules are found from everywhere.

    A module of that name in the working directory, or in the user's PYTHONPATH, does not hide them. The user's settings that
    would turn warnings into failures, change what is written, or keep a job from ending are not for our jobs.
    """
    path, root = shlex.quote(os.path.dirname(sys.executable)), shlex.quote(SCRIPTS)
    text = (
        "set -euo pipefail; unset PYTHONINSPECT PYTHONIOENCODING PYTHONWARNINGS; "
        f'export PATH={path}:"$PATH" PYTHONPATH={root}"${{PYTHONPATH:+:$PYTHONPATH}}" PYTHONSAFEPATH=1 PYTHONUTF8=1; '
    )
    text += _python_of_another_name()
    return text.replace("{", "{{").replace("}", "}}")  # for Snakemake fills in what stands in braces


def _python_of_another_name():
    """Makes `python` mean this Python where its folder has none, or another one, as /usr/bin may have."""
    beside = os.path.join(os.path.dirname(sys.executable), "python")
    if os.path.exists(beside) and os.path.samefile(beside, sys.executable):
        return ""
    return f'python() {{ {shlex.quote(sys.executable)} "$@"; }}; '


def is_reading(arguments):
    """Whether these arguments of Snakemake ask for no job to be run."""
    return any(_READING.fullmatch(argument) for argument in arguments)


def compares_alone(arguments):
    """Whether these arguments ask for the comparison of what was measured before, and for nothing of this sweep."""
    return "compare" in arguments and _TARGETS.isdisjoint(arguments)


def let_signals_in(workflow):
    """Keeps a SIGTERM that comes while Snakemake finishes a job from stopping it for good.

    Its handler takes a lock that the interrupted code may hold (seen once in 10 calls that were ended so); held by the same
    thread, this one can be taken again. Where a later version moves the attribute, this does nothing.
    """
    scheduler = getattr(workflow, "scheduler", None)
    if hasattr(scheduler, "_lock"):
        scheduler._lock = threading.RLock()


def stop_rate_limiter(workflow):
    """Stops the timers that Snakemake starts for each job and never ends: they would disturb the measurement.

    With 1,500 jobs they take 42 % of a core (snakemake/snakemake#3804). There is no option against it; where a later
    version moves the attribute, this does nothing, and the record of each run still says what Snakemake took.
    """
    scheduler = getattr(workflow, "scheduler", None)
    if hasattr(scheduler, "job_rate_limiter"):
        scheduler.job_rate_limiter = None
