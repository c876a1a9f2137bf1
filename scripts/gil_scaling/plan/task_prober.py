"""Calls `tasks` of each workload with the parameters of a config, in a process of the reference build.

So a parameter that `tasks` rejects is a mistake of the config, and not a failure of each of its runs.
"""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gil_scaling.launch import environment
from gil_scaling.plan import catalog, sweep
from gil_scaling.plan.builds import Build
from gil_scaling.plan.config import Config, Mistake, named
from gil_scaling.plan.recovery import read_json
from gil_scaling.plan.yaml_lines import KeyPath, shown
from gil_scaling.result_set import write_text

LIMIT_S = 10.0  # of all calls on a build
_UNKNOWN = False  # an answer, beside None and a text: the call did not end
_Answer = str | bool | None


@dataclass(frozen=True)
class _Call:
    """A call of `tasks`: where the config asks for it, what it is called with, and what of that the config gives."""

    path: KeyPath
    build: Build
    workload: catalog.Workload
    params: dict[str, Any]
    given: dict[str, Any]

    @property
    def key(self) -> str:
        """What the answer depends on."""
        build = [self.build.command, self.build.env, self.build.fingerprint]
        return sweep.digest([build, self.workload.reference, self.workload.digest, self.params])

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={shown(value)}" for name, value in self.given.items())
        return f"workload {self.workload.name!r}: tasks({arguments})"


class TaskProber:
    """Calls `tasks`, and caches in a file which parameters it takes, until the workload or the build changes."""

    def __init__(self, cache: str | Path, limit_s: float = LIMIT_S) -> None:
        self.cache = Path(cache)
        self.limit_s = limit_s
        self.known: dict[str, _Answer] = read_json(self.cache, {})

    def __call__(
        self, experiments: Sequence[Config], builds: Mapping[str, Sequence[Build]]
    ) -> tuple[list[Mistake], list[str]]:
        """The mistakes of the experiments, and notes on the parameters that could not be checked.

        experiments: checked, each with the name of its reference build; builds: by experiment.
        """
        calls = list(_calls(experiments, builds))
        self._learn(calls)
        mistakes, notes = [], []
        for call in calls:
            answer = self.known.get(call.key, _UNKNOWN)
            if isinstance(answer, str):
                mistakes.append((call.path, f"{call} {answer}."))
            elif answer is _UNKNOWN:
                notes.append(
                    f"{call}: its parameters are not checked: its process ended without an answer, or the calls on this build took "
                    f"longer than {self.limit_s:g} s."
                )
        return mistakes, list(dict.fromkeys(notes))

    def _learn(self, calls: Iterable[_Call]) -> None:
        """Asks for the answers that are not known, in one process per build."""
        unknown = {call.key: call for call in calls if call.key not in self.known}
        by_build: dict[str, dict[str, _Call]] = {}
        for key, call in unknown.items():
            by_build.setdefault(call.build.name, {})[key] = call
        for each in by_build.values():
            answers = _ask(list(each.values()), self.limit_s)
            ended = [*answers, _UNKNOWN][: len(each)]  # the call behind the last answer is the one that does not end
            self.known.update(zip(each, ended, strict=False))
        if unknown:
            # A mistake is asked for again: a file may have been missing.
            kept = {key: answer for key, answer in self.known.items() if not isinstance(answer, str)}
            write_text(self.cache, json.dumps(kept))


def _calls(experiments: Sequence[Config], builds: Mapping[str, Sequence[Build]]) -> Iterator[_Call]:
    """A call for each choice of the parameters that a config gives; sizes that are `auto` are left at their default."""
    for index, experiment in enumerate(experiments):
        references = (build for build in builds[experiment["name"]] if build.name == experiment["reference"])
        build = next(references, None)
        if build is None or build.rejected:
            continue
        for place, item in enumerate(experiment["workloads"]):
            text, params = named(item)
            workload = catalog.read_workload(text, ".")
            given = catalog.without_auto(workload, params)
            path: KeyPath = ["experiments", index, "workloads", place]
            for choice in sweep.choices(given) if given else ():
                yield _Call(path, build, workload, {**workload.defaults, **choice}, choice)


def _ask(calls: Sequence[_Call], limit_s: float) -> list[_Answer]:
    """The answers to calls on one build, as far as they come within the time limit."""
    build = calls[0].build
    with TemporaryDirectory(prefix="gil-scaling-") as folder:
        content = [{"reference": call.workload.reference, "params": call.params} for call in calls]
        order = {"directory": os.getcwd(), "calls": content}
        Path(folder, "calls.json").write_text(json.dumps(order), encoding="utf-8")
        with contextlib.suppress(OSError, ValueError):  # a build that does not start, which its runs will say
            _run([*build.command, "-m", "gil_scaling.measure", "tasks", folder], build.env, folder, limit_s)
        answers = Path(folder, "answers")
        return list(map(json.loads, answers.read_text().splitlines())) if answers.exists() else []


def _run(command: Sequence[str], env: dict[str, str], folder: str, limit_s: float) -> None:
    """Runs a command until its end or its time limit, and kills what is left of its group."""
    process = subprocess.Popen(
        command,
        cwd=folder,  # empty: the user's folder may contain a json.py
        env=environment.environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
