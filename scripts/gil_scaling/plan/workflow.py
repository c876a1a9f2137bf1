"""The adapter to Snakemake: what a call is going to do, what has to happen before it, and what would disturb it.

What a call does comes from Snakemake's settings and from the jobs that it selected, never from the command line. Parts of
Snakemake that are not public, each guarded, so that without it a call works as the comment there says:
Workflow._build_dag and Workflow._onstart, DAG.incomplete_files, DAG.needrun_jobs, the folders .snakemake/locks and backups,
DAG.untilrules and .omitrules, DAGSettings.rerun_triggers and .force_incomplete, Workflow.persistence, Workflow.modifier,
JobScheduler.schedule, .job_rate_limiter, ._lock, ._job_selector and .job_selector_greedy.
"""

import atexit
import gc
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import RerunTrigger

from gil_scaling.launch import progress, sources
from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import check, closing, comparison, config, machines, node, prune, recovery, request, sizes
from gil_scaling.plan.messages import Messages
from gil_scaling.plan.plan import Plan, make
from gil_scaling.plan.request import Request
from gil_scaling.plan.sweep import Run
from gil_scaling.plan.yaml_lines import syntax_mistake
from gil_scaling.result_set import COMPARISON, FIGURES, LOOKS, PAGE, RESULTS, WHY, table_path, write_text

CHECKOUT = Path(SCRIPTS).parent
_CONFIG = "config/config.yaml"
_WITHOUT_PLAN = {COMPARISON, machines.TARGET}  # targets that need no builds here
_MEASURE, _COLLECT = "measure", "collect"  # the rules of runs, and of what is made of their records
_LOOK = "look"  # the rule that decides what is measured further
_RELOCK = "relock"  # the target that chooses the versions of packages anew
_DESCRIBED_RULES = (_MEASURE, "verdict", "gate", "check", "machines")  # rules whose failure is described already
_OF_COMPARISON = ("contrast", "page_of_sets")  # rules that write its folder


class Mode(Enum):
    """What Snakemake does: READ lists, draws, reports or touches; DRY_RUN shows; JOB is one job of a call elsewhere."""

    READ, DRY_RUN, RUN, JOB = "read", "dry run", "run", "job"


class BadConfig(WorkflowError):  # type: ignore[misc]
    """A config that cannot be run; without a traceback, Snakemake shows the message and no lines of our code."""

    __traceback__ = None


def default_config() -> str:
    """The path of the config in the working directory, if there is one, else in the checkout.

    Raises WorkflowError with file and line if it cannot be read; files of --configfile are read by Snakemake.
    """
    path = _CONFIG if os.path.exists(_CONFIG) else str(CHECKOUT / _CONFIG)
    try:
        problem = syntax_mistake(path)
    except OSError as error:
        problem = f"{path}: cannot be read: {error.strerror}."
    if problem:
        raise BadConfig(f"the config cannot be run:\n{problem}")
    return path


class Call:
    """One call of Snakemake; reading the Snakefile makes it, and measures, moves and deletes nothing.

    names: the part of the config that takes no build. Raises WorkflowError, which Snakemake shows without a traceback, for a
    config that cannot be run; calls that measure look for builds before Snakemake builds its graph of jobs.
    """

    def __init__(self, workflow: Any, settings: config.Config) -> None:
        _check_checkout()
        _quiet_schedulers()
        # At the end Python would look for garbage in all that was imported: a sixth of the CPU time of `snakemake -n`.
        atexit.register(gc.freeze)
        self.workflow = workflow
        self._has_begun = self._is_asked = False
        self._began = 0.0  # seconds of the clock of files
        explicit = list(map(str, workflow.overwrite_configfiles or []))
        files = [*(file for file in map(str, workflow.configfiles) if file not in explicit), *explicit]
        self._plan: Plan | None = None
        arguments = (settings, files, explicit, _results_folder(workflow))
        try:
            self.names = request.read_names(*arguments)
        except config.ConfigError:
            _checked(request.read, *arguments)  # names what is wrong with builds, too
            raise
        self.machines = machines.Machines(workflow, self.names)
        self._messages = Messages(
            getattr(workflow, "output_settings", None),
            f"{self.names.results}/",
            lambda: self.mode is Mode.RUN,
            is_main=self._is_main,
        )
        self._wrap_build_dag()

    @cached_property
    def request(self) -> Request:
        """What the config asks of this machine. Looks for its builds; a call that executes jobs installs their packages first."""
        installs, relocks = self.mode is Mode.RUN, _RELOCK in self._targets
        made = partial(request.complete, on_node=node.is_on_node(), installs=installs, relocks=relocks)
        found: Request = _checked(made, self.names)
        return found

    @property
    def plan(self) -> Plan:
        """The plan of the sweep, with default values for `auto` sizes that are not known yet; see settled."""
        if self._plan is None:
            self._plan = _checked(make, self.request, None)
        return self._plan

    @property
    def mode(self) -> Mode:
        """What this call does; known once Snakemake builds its graph of jobs."""
        if not self.workflow.is_main_process:
            return Mode.JOB
        if self.workflow.executor_plugin is None or self.workflow.touch:
            return Mode.READ
        return Mode.DRY_RUN if self.workflow.dryrun else Mode.RUN

    @property
    def _targets(self) -> Collection[str]:
        return getattr(getattr(self.workflow, "dag_settings", None), "targets", None) or ()

    @property
    def _has_plan(self) -> bool:
        """Whether this call has runs of its own: not where it compares alone, or has others measure."""
        targets = set(self._targets)
        return self.mode is not Mode.JOB and not (targets and targets <= _WITHOUT_PLAN)

    @property
    def _state(self) -> Path:
        """The folder of the state of this call."""
        if self._has_plan:
            return self.names.state
        is_for_others = machines.TARGET in self._targets
        return machines.FOLDER if is_for_others else comparison.FOLDER

    # ---- what the rules ask for

    def inputs_of(self, name: str) -> list[str]:
        """The inputs of a run, which must be `ancient`: the last record of the round before, while that round is not done."""
        if name not in self.plan.states:
            raise WorkflowError(f"{name}: this sweep has no such run.")
        return self.plan.round_before(name)

    @property
    def settled(self) -> Plan:
        """The plan, with calibrated sizes if this call executes jobs."""
        if self.mode is Mode.RUN and not self.plan.sizes_are_known:
            self._be_the_only_call()
            self._plan = _checked(make, self.request, sizes.find)
        self._is_asked = True
        return self.plan

    def measured(self, checkpoints: Any) -> list[str]:
        """The records of the sweep, with the key `until` those up to its last look, and the facts of machine and builds.

        Raises IncompleteCheckpointException before a look that is not taken; Snakemake asks again after it.
        """
        for number in self.settled.looks.rounds:
            if not self._take_look(checkpoints, number):
                break
        return [*self.plan.records, *self.plan.fact_files]

    def looked_at(self, checkpoints: Any, number: int) -> list[str]:
        """The records that a look needs, and the look before it; raises as measured."""
        earlier = [look for look in self.settled.looks.rounds if look < number]
        for look in earlier:
            self._take_look(checkpoints, look)
        records = [self.plan.in_round(each) for each in range(1, number + 1)]
        looks = [f"{self.names.sweep_folder}/{LOOKS}/{look}.json" for look in earlier[-1:]]
        return [*(record for each in records for record in each), *looks]

    def _take_look(self, checkpoints: Any, number: int) -> bool:
        """Takes a look into account once it is taken; returns whether there is something to decide after it."""
        checkpoints.look.get(look=number)
        self.plan.looks.take(number)
        self._messages.leave_out({run.name for run in self.plan.runs if not self.plan.looks.allows(run)})
        return self.plan.looks.are_open(self.plan.runs)

    @cached_property
    def check(self) -> str:
        """The path of what the target `check` tries, with calibrated sizes if this call executes jobs."""
        find = sizes.find if self.mode is Mode.RUN else None
        return os.path.abspath(str(_checked(check.write, self.request, find)))

    def explained(self, names: Iterable[str]) -> list[str]:
        """The tables of these names, which the target `why` makes, where this call is to make them."""
        is_wanted = bool(self.names.why) or WHY in self._targets
        return [table_path(self.names.sweep_folder, name) for name in names] if is_wanted else []

    @property
    def why(self) -> str:
        """The key `why` as JSON, for the job."""
        return json.dumps(self.names.why, sort_keys=True)

    @property
    def prune(self) -> str:
        """The path of what the target `prune` shows or removes."""
        try:
            return prune.write(self.plan)
        except prune.PruneError as error:
            raise WorkflowError(str(error)) from None

    # ---- before the graph of jobs is built, and before the first job

    def _wrap_build_dag(self) -> None:
        """Has _prepare called before Snakemake builds its graph, and `begin` before the first job; in between says what there is.

        Without Workflow._build_dag, `onstart` of the Snakefile calls `begin`, and after a kill Snakemake asks for --unlock
        and --rerun-incomplete.
        """
        build = getattr(self.workflow, "_build_dag", None)
        if build is None:
            return

        def build_dag() -> None:
            try:
                self._prepare()
                gc.disable()  # of the time for a graph of 10,000 jobs, which keeps all that it makes, collections take a sixth
                build()
            except KeyboardInterrupt:  # Snakemake expects it only once jobs run
                raise SystemExit("interrupted before the first run") from None
            finally:
                gc.enable()
            if self._is_asked and self.mode in (Mode.RUN, Mode.DRY_RUN):
                for note in [*self.request.notes, self.plan.summary(self._measured())]:
                    print(note, file=sys.stderr)
            if self.mode is Mode.RUN:
                if self._plan:
                    self._plan.restore_expected()
                if any(job.rule.name in _OF_COMPARISON for job in self.workflow.dag.needrun_jobs()):
                    self._lock(comparison.FOLDER)
                self._begin_at_start()

        self.workflow._build_dag = build_dag

    def _prepare(self) -> None:
        if self.mode is Mode.JOB:
            return
        # Its job here would wait for the lock of this call.
        if machines.TARGET in self._targets and len(self._targets) > 1:
            raise WorkflowError(f"the target {machines.TARGET} goes alone; it measures and compares.")
        if self.mode is Mode.RUN:
            self._be_the_only_call()
        if self._has_plan:
            self._plan = self.plan  # raises now what is wrong with it
        settings, dag = self.workflow.dag_settings, self.workflow.dag
        if hasattr(settings, "rerun_triggers"):
            # The plan, an input of all, changes with the set of runs, and so does the record that a run waits for: only
            # runs without a record wait.
            settings.rerun_triggers = frozenset(settings.rerun_triggers) - {RerunTrigger.INPUT}
        if getattr(dag, "untilrules", None) == {_MEASURE} and hasattr(dag, "omitrules"):
            # Without it Snakemake begins no run of the second round: after a job of --until it begins nothing that waits for it.
            dag.untilrules, dag.omitrules = set(), {*dag.omitrules, _COLLECT}
        if hasattr(settings, "force_incomplete") and hasattr(dag, "incomplete_files"):
            settings.force_incomplete = True
            incomplete, records = dag.incomplete_files, f"{self.names.folder}/runs/"

            async def incomplete_files() -> list[Any]:
                """Those that Snakemake marked, but records, which are written as a whole; those of killed calls; lost figures."""
                marked = [file for file in await incomplete() if not str(file).startswith(records)]
                unfinished = recovery.read_unfinished(self._state)
                outputs = [file for job in dag.jobs for file in job.output]
                drawn = [file for file in outputs if file.endswith(f"/{FIGURES}") and os.path.exists(file)]
                lacking = [file for file in drawn if recovery.lacks_figures(file)]
                return marked + lacking + [file for file in outputs if str(file) in unfinished]

            dag.incomplete_files = incomplete_files

    def _be_the_only_call(self) -> None:
        """Holds the lock on this machine's sweeps until the process ends, in place of Snakemake's, which calls on other hosts break.

        In a workflow that uses this one Snakemake's own stays, too; that of a killed call is removed.
        """
        state = self._state
        self._lock(state)
        persistence = getattr(self.workflow, "persistence", None)
        if self._is_main and hasattr(persistence, "noop"):
            persistence.lock = persistence.noop  # type: ignore[union-attr]
        if (state / recovery.UNFINISHED).exists():
            for lock in () if self._is_main else Path(".snakemake/locks").glob("*"):  # its folder must stay
                lock.unlink()
            # of outputs to update, which are made anew
            made = self.names.result_set if self._has_plan else f"{RESULTS}/{COMPARISON}"
            shutil.rmtree(Path(".snakemake/backups", made), ignore_errors=True)

    def _lock(self, state: Path) -> None:
        try:
            recovery.lock(state, take_over=node.takes_over())
        except recovery.LockedError as error:
            raise WorkflowError(str(error)) from None

    def _begin_at_start(self) -> None:
        """Has `begin` called with the hook `onstart`, that of a using workflow included; at once if hooks are off."""
        hook = getattr(self.workflow, "_onstart", None)
        if hook is None or self.workflow.execution_settings.no_hooks:
            self.begin()
            return

        def onstart(log: Any) -> Any:
            self.begin()
            return hook(log)

        self.workflow._onstart = onstart

    def begin(self) -> None:
        """Prepares the jobs that this call executes: sets failed records aside, and announces the call to the launcher."""
        if self._has_begun or self.mode is not Mode.RUN:
            return
        self._has_begun, self._began = True, time.time()
        self._be_the_only_call()
        measured = self._measured()
        jobs = list(self.workflow.dag.needrun_jobs())
        outputs = [str(file) for job in jobs for file in job.output]
        recovery.note_unfinished(self._state, set(outputs) - {str(path) for path in measured.values()})
        call = ""
        if measured or any(job.rule.name == _LOOK for job in jobs):  # after which there may be more to measure
            self.plan.set_aside(measured)
            left = (path for kind in ("*.failures", "*.loop") for path in self._state.glob(kind))
            for old in [*left, *self.plan.of_earlier_calls()]:
                old.unlink()
            write_text(sources.stamps_path(self.plan.file), json.dumps(self.plan.stamps()))
            last = self.plan.last_call.id
            call = progress.announce(Path(self.plan.file).resolve(), partial(recovery.later_than, last))
            self.plan.note_last_call(call, {*measured, *(run.name for run in self.plan.undecided)})
        self._messages.begin(self._shown_runs(measured), is_open=bool(self._plan and self._plan.looks.rounds))
        recovery.at_exit(self._close, call, measured)

    def _measured(self) -> dict[str, Path]:
        """{run: path of its record} of the runs that this call measures."""
        if self._plan is None:
            return {}
        paths = {str(path): (run.name, path) for run in self.plan.runs for path in [self.plan.record_path(run)]}
        outputs = (str(file) for job in self.workflow.dag.needrun_jobs() for file in job.output)
        return dict(paths[file] for file in outputs if file in paths)

    def _shown_runs(self, measured: Mapping[str, Path]) -> dict[str, tuple[Run, Path]]:
        """{name: (run, path of its record)} of the runs that this call measures, and of those that looks may add."""
        if self._plan is None:
            return {}
        later = (run for run in self._plan.undecided if self._plan.looks.allows(run))
        paths = {**{run.name: self._plan.record_path(run) for run in later}, **measured}
        return {run.name: (run, paths[run.name]) for run in self._plan.runs if run.name in paths}

    @property
    def _is_main(self) -> bool:
        """Whether no workflow uses this one."""
        return getattr(self.workflow, "main_snakefile", None) == str(CHECKOUT / "Snakefile")

    def _close(self, call: str, measured: dict[str, Path]) -> None:
        """Writes the last lines of a call that ends by itself or by an interruption.

        measured: as _measured at the start; what looks added since is in the graph of jobs.
        """
        self._messages.clear()
        jobs = list(self.workflow.dag.jobs)
        outputs = {str(file) for job in jobs for file in job.output}
        todo = self._plan.todo if self._plan else []
        later = {run.name: self.plan.record_path(run) for run in todo if run.name not in measured}
        records = [*measured.values(), *(path for path in later.values() if str(path) in outputs)]
        pages = [str(file) for job in jobs for file in job.output if file.endswith(f"/{PAGE}")]
        checks = [Path(str(log)) for job in jobs if job.rule.name == "check" for log in job.log]
        failed = [job for job in self._messages.failed_jobs if job[0] not in _DESCRIBED_RULES]
        lines = [line for log in checks for line in closing.read_check(log, self._began)]
        endings = closing.read_endings(records, call)
        for line in [*lines, *closing.describe(records, endings, failed, dict.fromkeys(pages))]:
            print(line, file=sys.stderr)
        if call and all(endings):
            self.plan.note_last_call(call, ())


def quiet(scheduler: Any) -> None:
    """Keeps a scheduler of Snakemake from disturbing and delaying measurements, and from a deadlock.

    job_rate_limiter starts a timer per job that never ends: with 1,500 jobs they use 42 % of a core
    (snakemake/snakemake#3804); if it stays, each record still holds the CPU time of Snakemake. _lock is taken by the
    handler of SIGTERM, also while the interrupted code holds it (seen in 1 of 10 calls, and in a cancelled job of Slurm); the
    same thread may take an RLock again. The scheduler `ilp`, the default, starts a solver for each choice of jobs, 8 ms of
    CPU time per run of a sweep of 300. Runs take all cores, so their priorities alone decide, as `greedy` does.
    """
    if hasattr(scheduler, "job_rate_limiter"):
        scheduler.job_rate_limiter = None
    if hasattr(scheduler, "_lock"):
        scheduler._lock = threading.RLock()
    if hasattr(scheduler, "job_selector_greedy") and _uses_solver(scheduler):
        scheduler._job_selector = scheduler.job_selector_greedy


def _uses_solver(scheduler: Any) -> bool:
    settings = getattr(getattr(scheduler, "workflow", None), "scheduling_settings", None)
    return getattr(settings, "scheduler", None) == "ilp"


@cache
def _quiet_schedulers() -> None:
    """Has each scheduler of this process quieted before it begins."""
    try:
        from snakemake.scheduling.job_scheduler import JobScheduler
    except ImportError:
        return
    schedule = JobScheduler.schedule

    def quiet_schedule(scheduler: Any) -> Any:
        quiet(scheduler)
        return schedule(scheduler)

    JobScheduler.schedule = quiet_schedule


def _checked(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except config.ConfigError as error:
        raise BadConfig(f"the config cannot be run:\n{error}\n{config.describe_reference(error.mistakes)}") from None


def _results_folder(workflow: Any) -> str:
    """The folder of the result sets; in a module of a workflow, with its prefix."""
    modify = getattr(getattr(workflow, "modifier", None), "modify_path", str)
    return str(modify("results"))


def _check_checkout() -> None:
    """Raises WorkflowError if our modules, or those of the standard library, would not be found in the builds."""
    if os.pathsep in SCRIPTS:
        raise WorkflowError(
            f"{SCRIPTS}: Python finds no modules in a folder with {os.pathsep!r} in its path. Move the checkout."
        )
    for path in sorted(Path(SCRIPTS).glob("*.py")):
        if path.stem in sys.stdlib_module_names:
            raise WorkflowError(
                f"{path}: hides the standard library's {path.stem!r} from the builds. Move it to another folder."
            )
