"""Reads result sets, one or many, from their records into frames: one row per sample, one row per run.

A sweep is a comparison of one result set: whatever follows is the same for both.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import pandas as pd

from gil_scaling.analysis.documents import (
    NAME,
    Build,
    DocumentError,
    Plan,
    Size,
    Until,
    read_build,
    read_config,
    read_machine,
    read_plan,
)
from gil_scaling.analysis.exchange.unpack import ResultSetError, open_result_set
from gil_scaling.analysis.identity import identify
from gil_scaling.analysis.rows import (
    MEASURED_COLUMNS,
    SAMPLE_COLUMNS,
    USED_COLUMNS,
    damaged_record,
    make_run_row,
    make_sample_rows,
)
from gil_scaling.decode import decode
from gil_scaling.record import RecordError
from gil_scaling.result_set import CONFIG, MACHINE, PLAN, record_path


class Source(NamedTuple):
    """A result set to read: a folder of a machine or of one sweep, or an archive; label None: the machine's own."""

    label: str | None
    path: Path


class NoiseTest(NamedTuple):
    """The A/A test of a machine: its runs, as in Frames but for their identity, and the builds that it compares."""

    runs: pd.DataFrame
    builds: dict[str, Build]


class Stopping(NamedTuple):
    """The key `until` of some experiments of a sweep, and why their combinations stopped, a word each."""

    sweep: str
    experiments: list[str]
    until: Until
    reasons: list[str]


@dataclass
class ResultSet:
    """What one machine measured: some or all of its sweeps.

    label: unique among the sets, and the `machine` of its rows; machine: the machine's own label; facts: of the machine, {}
    where not known; builds_of: {sweep: {name: facts}}; configs: {sweep: config}; problems: (file, what is wrong) of what was left
    out; snippets: {backend: how it is written by hand}; runs, samples: as in Frames; stopping: of the experiments with `until`.
    """

    label: str
    machine: str
    sweeps: list[str]
    facts: dict[str, Any]
    builds_of: dict[str, dict[str, Build]]
    configs: dict[str, dict[str, Any]]
    sizes: list[Size]
    snippets: dict[str, str]
    runs: pd.DataFrame
    samples: pd.DataFrame
    stopping: list[Stopping] = field(default_factory=list)
    noise: NoiseTest | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def builds(self) -> dict[str, Build]:
        """{name: facts} of the builds of all sweeps."""
        return {name: build for builds in self.builds_of.values() for name, build in builds.items()}

    @property
    def began(self) -> str:
        """Start of its first run, in UTC as text; "" where no record has it."""
        started = self.runs["started"].dropna()
        return str(started.min()) if len(started) else ""


@dataclass(frozen=True)
class Frames:
    """The records of one or many result sets as frames.

    samples: one row per sample and use of its run; runs: one row per run and use, with the columns of runs.csv, those that
    columns.IDENTITY names, and for the tables: reference, role, is_ceiling, no_speedup, sharing, counterpart, usable_cpus,
    gil, `better` ({metric: lower or higher}), the lists `flags`, and as objects of the sample nearest to the run's median `tasks`, `segments` (columns as arrays) and
    `occupancy`; `durations` (median time of each task in s, by its number), `metrics` (a dictionary) and `counts` (as
    sum_counts returns them). sets: what they were read from; problems: (label, file or "", what is wrong).
    """

    samples: pd.DataFrame
    runs: pd.DataFrame
    sets: list[ResultSet]
    problems: list[tuple[str, str, str]]


def read_sweep(plan_path: Path | str, look: int | None = None) -> Frames:
    """The frames of one sweep, of results/<machine>/<sweep>/plan.json; raises DocumentError where a file is unusable.

    look: as documents.read_plan.
    """
    plan_path = Path(plan_path)
    plan = read_plan(plan_path, look)
    root = plan_path.parent.parent
    found = _read_sweeps(root, {plan_path.parent.name: plan}, _read_noise_plan(root, plan), strict=True)
    return _join([found], [])


def _read_noise_plan(root: Path, plan: Plan) -> Plan | None:
    """The plan of the machine's A/A test, None where there is none, or where it is the sweep itself."""
    path = root / plan.noise_sweep / PLAN
    try:
        return read_plan(path) if plan.sweep != plan.noise_sweep and path.exists() else None
    except DocumentError:
        return None


def read_sets(sources: Iterable[Source], noise_sweep: str, by_date: bool) -> Frames:
    """The frames of all result sets that can be read; what cannot be used is left out, and named in `problems`.

    Sets without a label get the machine's own; those that would share one get their dates as well. noise_sweep: name of the
    A/A test, which is read for its noise floor and is not compared. by_date: the oldest first, else in the order given.
    """
    sets: list[ResultSet] = []
    problems = []
    for label, path in sources:
        try:
            with open_result_set(path) as folder:
                sets.append(_read_set(folder, label, noise_sweep))
        except ResultSetError as error:
            problems.append((label or path.name, "", str(error)))
        except OSError as error:
            problems.append((label or path.name, "", f"cannot be read: {error.strerror}"))
    if by_date:
        sets.sort(key=lambda result_set: result_set.began)
    _make_labels_unique(sets)
    _qualify_experiments(sets)
    _name_builds_apart(sets)
    return _join(sets, problems)


def _read_set(folder: Path, label: str | None, noise_sweep: str) -> ResultSet:
    """A result set of a folder, of a machine or of one sweep; raises ResultSetError where there is none."""
    is_sweep = (folder / PLAN).is_file()
    root = folder.parent if is_sweep else folder
    names = [folder.name] if is_sweep else sorted(path.parent.name for path in root.glob(f"*/{PLAN}"))
    problems: list[tuple[str, str]] = []
    plans = {}
    for name in names:
        if not NAME.fullmatch(name):
            problems.append((repr(name), "is not a valid name of a sweep"))
        elif (plan := _use(root / name / PLAN, root, read_plan, problems)) is not None:
            plans[name] = plan
    noise_plan = plans.pop(noise_sweep, None) if not is_sweep else None
    if not plans:
        raise ResultSetError(_with_details("no sweep in it that can be used", problems))
    machines = {plan.machine for plan in plans.values()}
    if len(machines) > 1:
        raise ResultSetError(f"its sweeps are of {len(machines)} machines")
    found = _read_sweeps(root, plans, noise_plan, strict=False, problems=problems)
    found.label = label or found.machine
    return found


def _with_details(text: str, problems: list[tuple[str, str]]) -> str:
    return "; ".join([text, *(f"{file} {problem}" for file, problem in problems)])


def _use(path: Path, root: Path, read: Callable[[Path], Any], problems: list[tuple[str, str]]) -> Any:
    """The content of a file, None where it cannot be used; a link must not lead out of the result set."""
    try:
        if not path.resolve().is_relative_to(root):
            raise DocumentError(f"{path}: is a link that leads out of the result set")
        return read(path)
    except (DocumentError, RuntimeError) as error:
        problems.append((str(path.relative_to(root)), str(error).removeprefix(f"{path}: ")))
        return None


def _read_sweeps(
    root: Path,
    plans: dict[str, Plan],
    noise_plan: Plan | None,
    *,
    strict: bool,
    problems: list[tuple[str, str]] | None = None,
) -> ResultSet:
    """The result set of some sweeps of a folder; strict: raise DocumentError for the first file that cannot be used."""
    problems = [] if problems is None else problems

    def use(path: Path, read: Callable[[Path], Any]) -> Any:
        return read(path) if strict else _use(path, root, read, problems)

    machine = next(iter(plans.values())).machine
    facts = use(root / MACHINE, read_machine)
    all_plans = [*plans.values(), *([noise_plan] if noise_plan else [])]
    files = dict.fromkeys(name for plan in all_plans for name in plan.builds)
    facts_of = {name: build for name in files if (build := use(root / name, read_build))}
    reader = _RecordReader(root, facts_of, (facts or {}).get("usable_cpus"), strict)
    read = [reader.read(name, plan) for name, plan in plans.items()]
    runs, samples = (pd.concat(parts, ignore_index=True) for parts in zip(*read, strict=True))
    if not strict and not runs["status"].eq("ok").any():
        raise ResultSetError(_with_details("there is no run in it that is ok", problems))
    configs = {name: use(root / name / CONFIG, read_config) for name in plans}
    return ResultSet(
        label=machine,
        machine=machine,
        sweeps=list(plans),
        facts=facts or {},
        builds_of={name: _of_plan(facts_of, plan) for name, plan in plans.items()},
        configs={name: config for name, config in configs.items() if config},
        sizes=[size for plan in plans.values() for size in plan.sizes],
        snippets={name: text for plan in plans.values() for name, text in plan.snippets.items()},
        stopping=[each for name, plan in plans.items() for each in _find_stopping(name, plan)],
        runs=runs,
        samples=samples,
        noise=NoiseTest(reader.read(noise_plan.sweep, noise_plan)[0], _of_plan(facts_of, noise_plan))
        if noise_plan
        else None,
        problems=problems,
    )


def _find_stopping(sweep: str, plan: Plan) -> list[Stopping]:
    """What stops the experiments of a plan; those with the same key `until` together."""
    experiments: dict[Until, list[str]] = {}
    for name, until in plan.until.items():
        experiments.setdefault(until, []).append(name)
    return [
        Stopping(sweep, names, until, [reason for name in names for reason in plan.reasons.get(name, {}).values()])
        for until, names in experiments.items()
    ]


def _of_plan(facts_of: dict[str, Build], plan: Plan) -> dict[str, Build]:
    """{name: facts} of the builds of a plan; facts_of: {file: facts}."""
    return {facts_of[file].name: facts_of[file] for file in plan.builds if file in facts_of}


class _RecordReader:
    """Reads the records of a result set, each once, though several sweeps may use it."""

    def __init__(self, root: Path, facts_of: dict[str, Build], usable_cpus: int | None, is_own: bool) -> None:
        self.root = root
        self.facts_of = facts_of
        self.usable_cpus = usable_cpus
        self.is_own = is_own
        self.records: dict[str, dict[str, Any]] = {}
        self.specs: dict[bytes, str] = {}

    def read(self, sweep: str, plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The runs and the samples of a plan, both with the column `sweep`."""
        rows: list[dict[str, Any]] = []
        samples: list[tuple[Any, ...]] = []
        builds = _of_plan(self.facts_of, plan)
        for planned in plan.runs:
            found = self._record(planned.run)
            rows.append(make_run_row(found, planned, builds.get(found["spec"]["python"]), self.usable_cpus))
            samples += make_sample_rows(found)
        uses = pd.DataFrame(
            [
                (planned.run, use.experiment, use.role, use.reference, use.is_ceiling)
                for planned in plan.runs
                for use in planned.uses
            ],
            columns=["run", "experiment", "role", "reference", "is_ceiling"],
        )
        made = pd.DataFrame(rows)
        made = made.reindex(columns=list(dict.fromkeys([*made.columns, *MEASURED_COLUMNS])))  # where no run is ok
        runs = uses.merge(made, on="run").assign(machine=plan.machine, sweep=sweep)
        return runs, pd.DataFrame(samples, columns=["run", *SAMPLE_COLUMNS]).assign(sweep=sweep)

    def _record(self, run: str) -> dict[str, Any]:
        if run not in self.records:
            self.records[run] = self._read_record(run)
        return self.records[run]

    def _read_record(self, run: str) -> dict[str, Any]:
        """A record, or what stands for one that cannot be used."""
        path = Path(record_path(self.root, run))
        if not self.is_own and os.path.islink(path):
            return damaged_record(run, f"{path.name}: is a link")
        try:
            found = cast("dict[str, Any]", decode(path))
        except RecordError as error:
            return damaged_record(run, str(error).replace(str(path), path.name))
        spec = msgspec.json.encode(found["spec"], order="sorted")
        if found["run"] != run:
            return damaged_record(run, f"{path.name}: is the record of the run {found['run']}")
        if found["spec"]["python"] not in {build.name for build in self.facts_of.values()}:
            return damaged_record(
                run, f"{path.name}: is of the build {found['spec']['python']}, which the plan does not name"
            )
        if self.specs.setdefault(spec, run) != run:
            return damaged_record(run, f"{path.name}: contains the same run as {self.specs[spec]}.json")
        return found


# ---- several sets: labels, identity


def _make_labels_unique(sets: list[ResultSet]) -> None:
    """Give sets that share a label the date, or time, when they began as well."""
    for label in dict.fromkeys(result_set.label for result_set in sets):
        same = [result_set for result_set in sets if result_set.label == label]
        for result_set, name in zip(same, _distinct_times([one.began for one in same]), strict=True):
            result_set.label = f"{label} {name}" if len(same) > 1 else label


def _distinct_times(began: list[str]) -> list[str]:
    """The shortest names that differ for all timestamps: dates, else minutes, else (also if one is unknown) numbered dates."""
    for length in (len("2026-01-31"), len("2026-01-31T12:34")):
        names = [timestamp[:length].replace("T", " ") for timestamp in began]
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"{timestamp[:10]} ({number})".strip() for number, timestamp in enumerate(began, 1)]


def _qualify_experiments(sets: list[ResultSet]) -> None:
    """Put the sweep's name before that of the experiment, in all sets, where a set has several sweeps."""
    if any(len(result_set.sweeps) > 1 for result_set in sets):
        for result_set in sets:
            result_set.runs["experiment"] = result_set.runs["sweep"] + "." + result_set.runs["experiment"]
            result_set.stopping = [
                each._replace(experiments=[f"{each.sweep}.{name}" for name in each.experiments])
                for each in result_set.stopping
            ]


def _name_builds_apart(sets: list[ResultSet]) -> None:
    """Add the packages to the names, in all sets, of builds that have others in another sweep of a set."""
    shared = {name for result_set in sets for name in _shared_names(result_set)}
    for result_set in sets if shared else ():
        for sweep, builds in result_set.builds_of.items():
            names = {name: _with_packages(build) for name, build in builds.items() if name in shared}
            rows = result_set.runs["sweep"].eq(sweep)
            for column in ("python", "reference"):
                result_set.runs.loc[rows, column] = result_set.runs.loc[rows, column].replace(names)
            renamed = [msgspec.structs.replace(build, name=names.get(name, name)) for name, build in builds.items()]
            result_set.builds_of[sweep] = {build.name: build for build in renamed}


def _shared_names(result_set: ResultSet) -> list[str]:
    """The names that stand for builds with different packages in the sweeps of a set."""
    builds = [build for each in result_set.builds_of.values() for build in each.values()]
    different = Counter(name for name, _ in {(build.name, _with_packages(build)) for build in builds})
    return [name for name, count in different.items() if count > 1]


def _with_packages(build: Build) -> str:
    """The name of a build with the packages that it was asked to have: `3.14 with numpy 2.4.1`."""
    versions = [f"{name} {build.packages[name].version}" for name in sorted(build.imports) if name in build.packages]
    packages = versions or build.requires  # where they are not installed
    return f"{build.name} with {', '.join(packages)}" if packages else build.name


def _join(sets: list[ResultSet], problems: list[tuple[str, str, str]]) -> Frames:
    """All sets as one, with the identity of each row."""
    for result_set in sets:
        result_set.runs["machine"] = result_set.label
        result_set.samples["machine"] = result_set.label
        problems += [(result_set.label, file, text) for file, text in result_set.problems]
    if not sets:
        return Frames(pd.DataFrame(), pd.DataFrame(), [], problems)
    runs = identify(pd.concat([result_set.runs for result_set in sets], ignore_index=True))
    samples = pd.concat([result_set.samples for result_set in sets], ignore_index=True)
    keys = ["machine", "sweep", "run"]
    of_runs = runs.drop(columns=[*USED_COLUMNS, "workers_used", "start_method"], errors="ignore")
    return Frames(of_runs.merge(samples, on=keys), runs, sets, problems)
