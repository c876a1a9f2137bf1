"""What a call shows of Snakemake's log: warnings and the errors of others' jobs; of its own jobs, what Console and the last lines say."""

import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from snakemake.logging import logger
from snakemake.settings.types import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from gil_scaling.launch import progress
from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import machines
from gil_scaling.plan.console import Console
from gil_scaling.plan.sweep import Run

_TALKATIVE = ("dryrun", "verbose", "printshellcmds", "debug_dag")  # options with which Snakemake's messages are wanted
_BEFORE_JOBS = "Assuming unrestricted shared filesystem usage"  # before Snakemake has chosen how it executes jobs
_KEPT = ("Nothing to be done", "Terminating processes on user request")  # of Snakemake's messages below warnings
_REPLACED = (  # the beginnings of lines of Snakemake that our last lines replace
    "Removing output files of failed job",
    "Shutting down, this might take some time",
    "Exiting because a job execution failed",
    "WorkflowError:\nAt least one job did not complete successfully",
    "Trying to restart job",
)
_OF_OUR_RULES = f'CalledProcessError in file "{Path(SCRIPTS).parent}'


class Messages:
    """The messages of a call.

    settings: Snakemake's OutputSettings, or None; folder: that the logs of our jobs are in; executes: whether this call
    executes jobs, once that is known; is_main: whether no workflow uses this one, whose jobs are then none of ours.
    """

    def __init__(self, settings: Any, folder: str, executes: Callable[[], bool], *, is_main: bool) -> None:
        self.failed_jobs: list[tuple[str, list[str]]] = []  # (rule, paths of its logs)
        self._settings, self._folder, self._executes = settings, folder, executes
        self._console: Console | None = None
        self._is_quiet = is_main and self._quiet_stream()

    def _quiet_stream(self) -> bool:
        """Keeps Snakemake's messages about jobs off the console, where they hide ours; its log file has them.

        Not where an option asks for more. Returns whether it does.
        """
        if self._settings is None or any(getattr(self._settings, name, False) for name in _TALKATIVE):
            return False
        streams = [handler for handler in logger.handlers if handler.name == "DefaultStreamHandler"]
        for handler in streams:
            handler.addFilter(self._is_shown)
        return bool(streams)

    def _is_shown(self, event: logging.LogRecord) -> bool:
        """Whether the console shows an event of Snakemake's log: warnings and errors, and all where no jobs are executed."""
        text = str(event.msg)
        is_chatter = getattr(event, "event", None) is LogEvent.WORKFLOW_STARTED or text.startswith(_BEFORE_JOBS)
        is_shown = event.levelno >= logging.WARNING or text.startswith(_KEPT)
        is_shown = is_shown or (not self._executes() and not is_chatter)
        if is_shown:
            self.clear()
        return is_shown

    def begin(self, runs: Mapping[str, tuple[Run, Path]], *, is_open: bool) -> None:
        """From here on jobs are executed: shows their progress, unless Snakemake is to be quiet, and no errors of ours.

        runs, is_open: as of Console.
        """
        if not getattr(self._settings, "verbose", False):
            logger.addFilter(self.keeps)
        if {Quietness.ALL, Quietness.PROGRESS} & set(getattr(self._settings, "quiet", None) or ()):
            return
        self._console = Console(runs, sys.stderr, in_place=self._is_quiet and sys.stderr.isatty(), is_open=is_open)
        logger.addHandler(self._console)

    def leave_out(self, names: set[str]) -> None:
        """Leaves out runs that a look has found to be unnecessary."""
        if self._console:
            self._console.leave_out(names)

    def clear(self) -> None:
        """Clears the line that stays in place, before others write."""
        if self._console:
            self._console.clear()

    def keeps(self, event: logging.LogRecord) -> bool:
        """Whether Snakemake's log keeps an event; notes which of our jobs failed, which the last lines say."""
        if getattr(event, "event", None) is LogEvent.JOB_ERROR:
            logs = list(map(str, getattr(event, "log", ())))
            rule = getattr(event, "rule_name", "?")
            if rule == machines.RULE and any(str(machines.FOLDER) in log for log in logs):  # it is tried again
                progress.write_line(machines.describe_failed_job(logs[0], getattr(event, "rule_msg", None)))
                return False
            is_ours = any(log.startswith(self._folder) for log in logs)
            if is_ours:
                self.failed_jobs.append((rule, logs))
            return not is_ours
        text = str(event.msg)
        return not text.startswith(_REPLACED) and _OF_OUR_RULES not in text
