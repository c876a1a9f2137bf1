"""The plan of a call: the runs of a config, the state of their records, and what the Snakefile needs of them."""

import json
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any

from gil_scaling import record
from gil_scaling.decode import decode
from gil_scaling.launch import progress, sources
from gil_scaling.plan import catalog, config, machine, orders, plan_file, sizes, sweep
from gil_scaling.plan.builds import Build
from gil_scaling.plan.looks import Looks
from gil_scaling.plan.recovery import LastCall, note_last_call, read_last_call
from gil_scaling.plan.request import NOISE_SWEEP, Request
from gil_scaling.plan.sweep import Run
from gil_scaling.result_set import (
    BUILDS,
    LOOKS,
    SET_ASIDE,
    SIZES,
    TAX_SWEEP,
    expected_path,
    record_path,
    table_path,
    write_text,
)


@dataclass(frozen=True)
class State:
    """The state of a run's record: a status, "missing", or why it cannot be used.

    wall_s: of a run that is ok; call: the id of the call that measured it; expected: the digest of the results.
    """

    status: str
    wall_s: float | None = None
    call: str | None = None
    expected: str | None = None

    @property
    def is_failed(self) -> bool:
        """Whether there is a record that must be replaced."""
        return self.status not in ("missing", *record.DONE)


@dataclass(frozen=True)
class Plan:
    """The table of runs and the paths of a sweep.

    file: for the jobs to read; runs: in the order of execution; states: of their records; sizes_are_known: whether all
    sizes that are `auto` are calibrated; last_call: the one that measured this sweep last; looks: of the key `until`.
    """

    request: Request
    file: str
    runs: list[Run]
    states: dict[str, State]
    sizes_are_known: bool
    last_call: LastCall
    looks: Looks

    @cached_property
    def builds(self) -> dict[str, Build]:
        """All builds by name."""
        return {build.name: build for builds in self.request.builds.values() for build in builds}

    @cached_property
    def facts(self) -> dict[str, str]:
        """The facts of the machine and of the builds: {the file in the result set, without .json: its content}."""
        builds = {f"{BUILDS}/{build.facts_name}": _document(build.describe()) for build in self.builds.values()}
        return {"machine": _document(machine.facts()), **builds}

    @property
    def fact_files(self) -> list[str]:
        """The files of the facts, as rules name them."""
        return [f"{self.request.result_set}/{name}.json" for name in self.facts]

    @property
    def records(self) -> list[str]:
        """The records of all runs that are wanted as far as looks have decided, as rules name them."""
        return self._records(self.wanted)

    @property
    def wanted(self) -> list[Run]:
        """The runs that are wanted as far as looks have decided: without the key `until`, all."""
        return [run for run in self.runs if self.looks.wants(run)]

    def _records(self, runs: Iterable[Run]) -> list[str]:
        return [f"{self.request.result_set}/runs/{run.name}.json" for run in runs]

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The priority of each run: the first has the highest."""
        return {run.name: -index for index, run in enumerate(self.runs)}

    @cached_property
    def rounds(self) -> dict[int, list[Run]]:
        """The runs of each round."""
        rounds: dict[int, list[Run]] = {}
        for run in self.runs:
            rounds.setdefault(run.spec["round"], []).append(run)
        return rounds

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {run.name: run.spec["round"] for run in self.runs}

    @cached_property
    def _replaced_names(self) -> set[str]:
        return {run.name for run in self.replaced}

    @cached_property
    def _unfinished(self) -> dict[int, list[Run]]:
        """The runs of each round that are to be measured if they are wanted."""
        return {number: [run for run in runs if self._is_to_be_measured(run)] for number, runs in self.rounds.items()}

    def _is_to_be_measured(self, run: Run) -> bool:
        return run.name in self._replaced_names or self.states[run.name].status == "missing"

    @cached_property
    def todo(self) -> list[Run]:
        """The runs to measure: without a record, or with one that must be replaced."""
        return [run for run in self.wanted if self._is_to_be_measured(run)]

    @cached_property
    def replaced(self) -> list[Run]:
        """The runs whose record must be replaced: the failed ones, and those of a round that an interruption split."""
        split = {run.name for run in self.split}
        return [run for run in self.runs if run.name in split or self.states[run.name].is_failed]

    @cached_property
    def split(self) -> list[Run]:
        """The runs with a record of a round that the last call began and did not finish.

        Ratios pair the runs of one round, and only of one call: the machine may have changed since. So the round is
        measured again as a whole, with the older records that the call was to replace (`-F`).
        """
        last = self.last_call.id or ""
        of_round: dict[int, list[tuple[Run, str]]] = {}
        for run in (run for run in self.wanted if run.name in self.last_call.runs):
            of_round.setdefault(run.spec["round"], []).append((run, self.states[run.name].call or ""))
        return [
            run
            for runs in of_round.values()
            if any(call == last for _, call in runs) and any(call < last for _, call in runs)  # ids begin with the time
            for run, call in runs
            if call and call <= last
        ]

    def tables_of_others(self) -> list[str]:
        """The tables of the machine's A/A test and, where no build is without the GIL, of its sweep `tax`, if they are there."""
        builds = (build for each in self.request.builds.values() for build in each)
        names = {
            NOISE_SWEEP: ["noise", "runs"],
            TAX_SWEEP: ["without_gil"] if all(build.gil for build in builds) else [],
        }
        names.pop(self.request.sweep, None)
        paths = [table_path(sweep, name) for sweep, of_sweep in names.items() for name in of_sweep]
        return [f"{self.request.result_set}/{path}" for path in paths if (self.request.folder / path).exists()]

    def in_round(self, number: int) -> list[str]:
        """The records of one round, as rules name them."""
        return self._records(run for run in self.rounds.get(number, []) if self.looks.wants(run))

    @property
    def undecided(self) -> list[Run]:
        """The runs without a usable record that a later look may want; none without the key `until`.

        Those of rounds that are decided are among them: where a sweep has grown, the looks are taken again.
        """
        return [run for run in self.runs if self._is_to_be_measured(run)] if self.looks.rounds else []

    def round_before(self, name: str) -> list[str]:
        """The record that a run has to wait for, as rules name it, in a list of none or one: the last of the round before.

        It stands for its whole round, which priorities keep in order. Only runs without a record wait, and only for one that
        is to be made: where a record is made anew, Snakemake repeats what waits for it. A run whose record is to be replaced
        does not wait either: behind a job that is to be done, Snakemake does not look at the times of inputs.
        """
        if self.states[name].status != "missing":
            return []
        earlier = reversed(self._unfinished.get(self._numbers[name] - 1, []))
        return self._records(islice((run for run in earlier if self.looks.wants(run)), 1))

    def record_path(self, run: Run) -> Path:
        """The path of a run's record."""
        return Path(record_path(self.request.folder, run.name))

    @cached_property
    def repeat_mark(self) -> Path:
        """A file that is newer than all records to replace: as an input of their runs it makes Snakemake repeat them.

        Its name stands for these records, so that dry runs make no further ones.
        """
        stamps = [[run.name, self.record_path(run).stat().st_mtime_ns] for run in self.replaced]
        path = self.request.state / f"repeat-{orders.digest(stamps)}"
        if not path.exists():
            write_text(path, "The records to replace are older than this file.\n")
        return path

    def of_earlier_calls(self) -> list[Path]:
        """The files that earlier calls passed to their jobs, and that this one does not: plans, their stamps, and marks to repeat."""
        own = {Path(self.file).name, *(self.repeat_mark.name for _ in self.replaced[:1])}
        found = [path for kind in ("plan-*", "repeat-*") for path in self.request.state.glob(kind)]
        return [path for path in found if path.name not in own]

    def repeats(self, name: str) -> list[str]:
        """The inputs that make Snakemake repeat a run: one for a run whose record must be replaced, else none."""
        return [str(self.repeat_mark.absolute())] if name in self._replaced_names else []

    def set_aside(self, names: Iterable[str]) -> None:
        """Keeps the records of these runs that must be replaced in logs/set_aside: Snakemake removes them at the start."""
        aside = self.request.folder / SET_ASIDE
        wanted = set(names)
        for run in (run for run in self.replaced if run.name in wanted):
            aside.mkdir(parents=True, exist_ok=True)
            self.record_path(run).replace(aside / f"{run.name}.json")

    def note_last_call(self, call: str, names: Iterable[str]) -> None:
        """Notes the runs that a call is going to measure, for the call after an interruption; none when it has ended."""
        note_last_call(self.request.state, self.request.sweep, call, names)

    def stamps(self) -> dict[str, list[int] | None]:
        """The stamps of all files that are measured; see launch.sources."""
        return sources.stamps({path: digest for run in self.runs for path, digest in run.sources.items()})

    def restore_expected(self) -> None:
        """Writes the digests of the correct results that were lost again, as the records have them."""
        for run in self.runs:
            digest, path = self.states[run.name].expected, expected_path(self.request.folder, run.expected)
            if digest and not os.path.exists(path):
                write_text(path, json.dumps({"digest": digest}) + "\n")

    def summary(self, names: Collection[str]) -> str:
        """What is to be measured, with an estimate if earlier records of the same combinations allow one.

        names: of the runs.
        """
        walls: dict[str, list[float]] = {}
        for run in self.runs:
            wall_s = self.states[run.name].wall_s
            if wall_s is not None:
                walls.setdefault(run.combination, []).append(wall_s)
        wanted = [run for run in self.runs if run.name in names]
        known = [walls[run.combination] for run in wanted if run.combination in walls]
        if self.looks.rounds:
            text = f"{len(wanted)} runs to measure up to the look after round {self.looks.decided}, of at most {len(self.runs)}"
        else:
            text = f"{len(wanted)} of {len(self.runs)} runs to measure"
        if known:
            mean_s = sum(sum(times) / len(times) for times in known) / len(known)
            text += f", about {progress.duration(mean_s * len(wanted))}"
        again = [run.spec["round"] for run in self.split if run.name in names]
        if again:
            text += f"; {len(again)} of them again, because an interruption split round {again[0]}"
        return text


def make(request: Request, find_size: Callable[..., tuple[int, float]] | None = sizes.find) -> Plan:
    """The plan of a request; raises config.ConfigError.

    find_size: as sizes.find; None if nothing may be measured now: then sizes that are not known are the defaults.
    """
    settings, calibrated = with_sizes(request, find_size)
    runs = expand(request, settings)
    folder = request.folder
    return Plan(
        request=request,
        file=plan_file.write(request.state, request, settings, runs, calibrated.used),
        runs=runs,
        states={run.name: _state(Path(record_path(folder, run.name)), run) for run in runs},
        sizes_are_known=calibrated.are_known,
        last_call=read_last_call(request.state, request.sweep),
        looks=Looks(folder / request.sweep / LOOKS, settings["experiments"]),
    )


def with_sizes(request: Request, find: Callable[..., tuple[int, float]] | None) -> tuple[config.Config, sizes.Sizes]:
    """The settings of a request with a number for each auto size, and the machine's sizes; find as in make.

    Raises config.ConfigError.
    """
    settings = {**request.settings, "experiments": [dict(each) for each in request.settings["experiments"]]}
    try:
        found = sizes.Sizes(request.folder / SIZES, find and partial(find, cpus=request.cpus))
        for experiment in settings["experiments"]:
            builds = {build.name: build for build in request.builds[experiment["name"]]}
            experiment["workloads"] = found.settled(experiment["workloads"], builds[experiment["reference"]])
    except sizes.SizeError as error:
        raise config.ConfigError([f"{error}."]) from None
    return settings, found


def expand(request: Request, settings: config.Config) -> list[Run]:
    """The runs of a request's settings, or of changed ones, on its builds and CPUs."""
    workloads, backends = _catalogue(settings["experiments"])
    usable = machine.allowed_cpus() if request.cpus is None else request.cpus
    auto_workers = sweep.auto_workers(machine.usable(request.cpus), len(machine.physical_cpus(usable)))
    return sweep.expand(settings, request.builds, workloads, backends, request.cpus, auto_workers)


def _catalogue(
    experiments: list[config.Config],
) -> tuple[dict[str, catalog.Workload], dict[str, catalog.Backend]]:
    """All workloads and backends by name or path; three backends serve as baseline, ceiling and control."""
    workloads, backends = (
        {config.named(item)[0] for experiment in experiments for item in experiment[key]}
        for key in ("workloads", "backends")
    )
    return (
        {text: catalog.read_workload(text, ".") for text in sorted(workloads)},
        {text: catalog.read_backend(text, ".") for text in sorted({"sequential", "process", "thread", *backends})},
    )


def _state(path: Path, run: Run) -> State:
    if not path.exists():
        return State("missing")
    try:
        found = decode(path)
    except record.RecordError as error:
        return State(str(error))
    if found["spec"] != run.spec:
        return State(f"{path}: the record of another run")
    measured, wall_s = found["measured"], found["wall_s"] if found["status"] == "ok" else None
    return State(found["status"], wall_s, found["call"]["id"], measured and measured["expected"])


def _document(facts: dict[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True, indent=1)
