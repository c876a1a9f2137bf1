"""Expands a config into the table of runs: every combination in every round, each named by its content.

Pure: it reads no file and starts nothing.
"""

import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from gil_scaling.plan.builds import Build
from gil_scaling.plan.catalog import Backend, Workload
from gil_scaling.plan.config import Config, named
from gil_scaling.record import PROTOCOL

ASKED, BASELINE, CEILING, CONTROL = "asked", "baseline", "ceiling", "control"


@dataclass(frozen=True)
class Combination:
    """One choice along every axis: everything that changes the measured times, except the round.

    switch_interval_s is None if the axis is collapsed; workers is a number or "default".
    """

    workload: str
    params: str  # as JSON, with sorted keys
    backend: str
    backend_params: str  # as JSON, with sorted keys, without those at their default
    workers: int | str
    switch_interval_s: float | None
    start: str
    scaling: str
    python: str
    warmups: int
    repeats: int


@dataclass(frozen=True)
class Use:
    """The use of a run in an experiment: its role and the reference build.

    role: asked by the config, or added as baseline, ceiling or control; is_ceiling: whether others are compared with it.
    """

    experiment: str
    role: str
    reference: str
    is_ceiling: bool


@dataclass
class Run:
    """One combination in one round: one process, one record."""

    name: str
    spec: dict[str, Any]
    workload: Workload
    backend: Backend
    build: Build
    timeout_s: float
    uses: list[Use]

    @property
    def sources(self) -> dict[str, str]:
        """{path: digest} of the files that are measured: of the workload, a custom backend and the build."""
        return {**self.build.files, **self.backend.files, **self.workload.files}

    @cached_property
    def combination(self) -> str:
        """The digest of what is the same in all rounds."""
        return digest({key: value for key, value in self.spec.items() if key != "round"})

    @property
    def expected(self) -> str:
        """The name of the file in expected/ that holds the digest of the right results.

        They may hold the order of a set, which depends on the hash seed: that of the round, unless the build sets one.
        """
        spec = self.spec
        on_workers = self.workload.takes_workers or spec["scaling"] == "weak"
        parts = [spec[key] for key in ("workload", "workload_digest", "params", "fingerprint", "scaling")]
        seed = spec["env"].get("PYTHONHASHSEED", str(spec["round"]))
        return digest([*parts, spec["workers"] if on_workers else None, seed])


def expand(
    config: Config,
    builds: Mapping[str, Sequence[Build]],
    workloads: Mapping[str, Workload],
    backends: Mapping[str, Backend],
    cpus: list[int] | None,
    auto_workers: list[int],
) -> list[Run]:
    """The runs of a config in the order of execution, equal runs of several experiments merged.

    config: checked; builds: by experiment name; workloads, backends: by name or path; cpus: ids or None for all;
    auto_workers: the numbers that `auto` stands for.
    """
    runs: dict[str, Run] = {}
    by_name = {backend.name: backend for backend in backends.values()}
    for experiment in config["experiments"]:
        for build, workload, combination, use in _uses(experiment, builds, workloads, backends, auto_workers):
            backend = by_name[combination.backend]
            for run in rounds(combination, build, workload, backend, cpus, experiment):
                merged = runs.setdefault(run.name, run)
                merged.uses.append(use)
                merged.timeout_s = max(merged.timeout_s, run.timeout_s)
    seed = config["seed"]
    return sorted(runs.values(), key=lambda run: (run.spec["round"], digest([seed, run.name])))


def _uses(
    experiment: Config,
    builds: Mapping[str, Sequence[Build]],
    workloads: Mapping[str, Workload],
    backends: Mapping[str, Backend],
    auto_workers: list[int],
) -> Iterator[tuple[Build, Workload, Combination, Use]]:
    """The combinations of an experiment, the baselines, ceilings and controls included."""
    experiment_builds = builds[experiment["name"]]
    reference = experiment["reference"] or experiment_builds[0].name
    for build in experiment_builds:
        for workload, params in _workloads(experiment, workloads):
            chosen = _combinations(experiment, build, workload, params, backends, auto_workers)
            ceilings = dict.fromkeys(_ceilings(experiment, build, workload, params, auto_workers))
            controls = dict.fromkeys(_controls(experiment, workload, chosen, backends), CONTROL)
            for combination in {**chosen, **ceilings, **controls}:
                role = chosen.get(combination) or controls.get(combination, CEILING)
                yield build, workload, combination, Use(experiment["name"], role, reference, combination in ceilings)


def auto_workers(usable: int, physical: int) -> list[int]:
    """The numbers that `workers: auto` stands for: 1, 2, 4 … up to twice the usable CPUs, and the physical cores.

    For example, auto_workers(usable=6, physical=3) is [1, 2, 3, 4, 8, 12].
    """
    powers = itertools.takewhile(lambda number: number < 2 * usable, (2**power for power in itertools.count()))
    return sorted({*powers, min(physical, usable), 2 * usable})


def collapses(workload: Workload, backend: Backend, build: Build) -> bool:
    """Whether the switch interval can have no effect: the GIL is off, or each GIL has one Python thread."""
    return not workload.starts_threads and (not build.gil or backend.one_thread_per_gil)


def digest(value: Any) -> str:
    """The first ten hexadecimal digits of the hash of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]


def _workloads(experiment: Config, workloads: Mapping[str, Workload]) -> Iterator[tuple[Workload, str]]:
    """(workload, params as JSON) for each entry of `workloads` and each choice of its swept parameters."""
    for item in experiment["workloads"]:
        text, given = named(item)
        for params in choices({**workloads[text].defaults, **given}):
            yield workloads[text], json.dumps(params, sort_keys=True)


def _backends(experiment: Config, backends: Mapping[str, Backend]) -> Iterator[tuple[Backend, str]]:
    """(backend, params as JSON) for each entry of `backends`, without params at their default: they change nothing."""
    for item in experiment["backends"]:
        text, given = named(item)
        backend = backends[text]
        for params in choices(given):
            changed = {name: value for name, value in params.items() if value != backend.defaults.get(name, _NONE)}
            yield backend, json.dumps(changed, sort_keys=True)


_NONE = object()


def choices(params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each choice among the values of the swept parameters, as {parameter: value}."""
    axes = [
        [(name, choice) for choice in (value["sweep"] if _is_swept(value) else [value])]
        for name, value in sorted(params.items())
    ]
    return map(dict, itertools.product(*axes))


def _is_swept(value: Any) -> bool:
    return isinstance(value, dict) and "sweep" in value


def _combinations(
    experiment: Config,
    build: Build,
    workload: Workload,
    params: str,
    backends: Mapping[str, Backend],
    auto_workers: list[int],
) -> dict[Combination, str]:
    """{combination: role} of one workload on one build, the sequential baseline included."""
    base = sequential(experiment, build, workload, params)
    chosen: dict[Combination, str] = {}
    for backend, backend_params in _backends(experiment, backends):
        intervals = _intervals(experiment, workload, backend, build)
        if backend.name == "sequential":
            chosen.update({replace(base, switch_interval_s=interval): ASKED for interval in intervals})
            continue
        asked = replace(base, backend=backend.name, backend_params=backend_params)
        asked = replace(asked, start=experiment["start"], scaling=experiment["scaling"])
        for interval, count in itertools.product(intervals, _counts(experiment, auto_workers)):
            chosen[replace(asked, switch_interval_s=interval, workers=count)] = ASKED
    if not workload.no_speedup:
        for interval in _intervals(experiment, workload, backends["sequential"], build):
            chosen.setdefault(replace(base, switch_interval_s=interval), BASELINE)
    return chosen


def _ceilings(
    experiment: Config, build: Build, workload: Workload, params: str, auto_workers: list[int]
) -> list[Combination]:
    """The combinations that measure what the machine allows: processes in steady state, at each number of workers."""
    has_none = workload.shares or workload.waits or workload.starts_threads or workload.no_speedup
    if has_none or workload.is_coroutine or not experiment["ceiling"]:
        return []
    base = sequential(experiment, build, workload, params)
    steady = replace(base, backend="process", start="together", scaling=experiment["scaling"])
    counts = _counts(experiment, auto_workers)
    return [replace(steady, workers=count) for count in counts if count != "default"]


def _controls(
    experiment: Config, workload: Workload, chosen: Iterable[Combination], backends: Mapping[str, Backend]
) -> list[Combination]:
    """One thread alone, where threads are measured with several workers only: what it gains is no gain of concurrency."""
    kinds = {backend.name: backend.kind for backend in backends.values()}
    threads = [each for each in chosen if kinds.get(each.backend) == "threads"]
    if not experiment["control"] or workload.waits or workload.no_speedup or any(each.workers == 1 for each in threads):
        return []
    alone = [replace(each, backend="thread", backend_params="{}", workers=1) for each in threads]
    return list(dict.fromkeys(alone))


def sequential(experiment: Config, build: Build, workload: Workload, params: str) -> Combination:
    """The tasks of a workload one after the other; experiment: its keys warmups and repeats count."""
    return Combination(
        workload=workload.name,
        params=params,
        backend="sequential",
        backend_params="{}",
        workers=1,
        switch_interval_s=None,
        start="natural",
        scaling="strong",
        python=build.name,
        warmups=experiment["warmups"],
        repeats=experiment["repeats"],
    )


def _counts(experiment: Config, auto_workers: list[int]) -> list[Any]:
    return auto_workers if experiment["workers"] == "auto" else list(experiment["workers"])


def _intervals(experiment: Config, workload: Workload, backend: Backend, build: Build) -> list[float | None]:
    if collapses(workload, backend, build):
        return [None]
    default = build.facts["default_switch_interval_s"]
    values = [default if value == "default" else float(value) for value in experiment["switch_intervals"]]
    return list(dict.fromkeys(values))


def rounds(
    combination: Combination,
    build: Build,
    workload: Workload,
    backend: Backend,
    cpus: list[int] | None,
    experiment: Config,
) -> Iterator[Run]:
    """The runs of one combination, one per round; experiment: its keys rounds and timeout count."""
    base = {
        **vars(combination),
        "params": json.loads(combination.params),
        "backend_params": json.loads(combination.backend_params),
        "backend_digest": backend.digest,
        "workload_digest": workload.digest,
        "cpus": cpus,
        "fingerprint": build.fingerprint,
        "options": build.options,
        "env": build.env,
        "protocol": PROTOCOL,
    }
    for number in range(1, experiment["rounds"] + 1):
        spec = {**base, "round": number}
        yield Run(run_name(spec), spec, workload, backend, build, experiment["timeout"], [])


def run_name(spec: Mapping[str, Any]) -> str:
    """A readable stem and a short hash of everything that changes the measured times."""
    workers = "default" if spec["workers"] == "default" else f"w{spec['workers']}"
    stem = "-".join([spec["workload"], spec["backend"], workers, spec["python"], f"r{spec['round']}"])
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', stem)[:120]}-{digest(spec)}"
