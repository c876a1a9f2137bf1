"""Expands a config into the table of runs: every combination in every round, each named by what it is.

Pure: it reads no file and starts nothing.
"""

import hashlib
import itertools
import json
import re
from dataclasses import dataclass, replace

from gil_scaling.plan.config import named
from gil_scaling.record import PROTOCOL

ASKED, BASELINE, CEILING = "asked", "baseline", "ceiling"


@dataclass(frozen=True)
class Combination:
    """One choice along every axis, and what its runs share: all that changes the number but the round.

    switch_interval_s is None where the axis has collapsed; workers is a number or "default".
    """

    workload: str
    params: str  # as JSON, with sorted keys
    backend: str
    backend_params: str  # likewise, without those at their default
    workers: int | str
    switch_interval_s: float | None
    start: str
    scaling: str
    python: str
    warmups: int
    repeats: int


@dataclass(frozen=True)
class Use:
    """Where a run is used: in which experiment, as what, against which reference build.

    role: asked, or added as baseline or ceiling; is_ceiling: whether it is what the others are held against.
    """

    experiment: str
    role: str
    reference: str
    is_ceiling: bool


@dataclass
class Run:
    """One combination in one round: one process, one record."""

    name: str
    spec: dict
    workload: object
    backend: object
    build: object
    timeout_s: float
    uses: list

    @property
    def expected(self):
        """The name under which the digest of the right results is kept."""
        spec = self.spec
        on_workers = self.workload.takes_workers or spec["scaling"] == "weak"
        parts = [spec[key] for key in ("workload", "workload_digest", "params", "fingerprint", "scaling")]
        return digest([*parts, spec["workers"] if on_workers else None])


def expand(config, builds, workloads, backends, cpus, auto_workers):
    """The runs of a config in the order in which they are to run, equal ones of several experiments merged.

    config: checked; builds: {experiment name: [Build]}; workloads: {name or path: catalog.Workload};
    backends: {name or path: catalog.Backend}; cpus: ids or None; auto_workers: the numbers that `auto` stands for.
    """
    runs = {}
    by_name = {backend.name: backend for backend in backends.values()}
    for experiment in config["experiments"]:
        own_builds = builds[experiment["name"]]
        reference = experiment["reference"] or own_builds[0].name
        for build in own_builds:
            for workload, params in _workloads(experiment, workloads):
                chosen = _combinations(experiment, build, workload, params, backends, auto_workers)
                ceilings = _ceilings(experiment, build, workload, params, auto_workers)
                for combination in dict.fromkeys([*chosen, *ceilings]):
                    role = chosen.get(combination, CEILING)
                    use = Use(experiment["name"], role, reference, combination in ceilings)
                    for number in range(1, experiment["rounds"] + 1):
                        backend = by_name[combination.backend]
                        run = _run(combination, number, build, workload, backend, cpus, experiment["timeout"])
                        merged = runs.setdefault(run.name, run)
                        merged.uses.append(use)
                        merged.timeout_s = max(merged.timeout_s, run.timeout_s)
    return sorted(runs.values(), key=lambda run: (run.spec["round"], digest([config["seed"], run.name])))


def auto_workers(usable, physical):
    """What `workers: auto` stands for: 1, 2, 4 … up to twice the usable CPUs, and the physical cores.

    For example, auto_workers(usable=6, physical=3) is [1, 2, 3, 4, 8, 12].
    """
    powers = itertools.takewhile(lambda number: number < 2 * usable, (2**power for power in itertools.count()))
    return sorted({*powers, min(physical, usable), 2 * usable})


def collapses(workload, backend, build):
    """Whether the switch interval can have no effect: with the GIL off, or with one Python thread for each GIL."""
    return not workload.starts_threads and (not build.gil or backend.one_thread_per_gil)


def digest(value):
    """Ten hexadecimal digits that stand for a value of JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]


def _workloads(experiment, workloads):
    """(workload, params) for each entry of `workloads` and each value of its swept parameters."""
    for item in experiment["workloads"]:
        text, given = named(item)
        for params in choices({**workloads[text].defaults, **given}):
            yield workloads[text], json.dumps(params, sort_keys=True)


def _backends(experiment, backends):
    """(backend, params) for each entry of `backends`; params at their default are left out, for they change nothing."""
    for item in experiment["backends"]:
        text, given = named(item)
        backend = backends[text]
        for params in choices(given):
            own = {name: value for name, value in params.items() if value != backend.defaults.get(name, _NONE)}
            yield backend, json.dumps(own, sort_keys=True)


_NONE = object()


def choices(params):
    """Each choice among the values of the swept parameters, as a mapping of parameters."""
    axes = [
        [(name, choice) for choice in (value["sweep"] if _is_swept(value) else [value])]
        for name, value in sorted(params.items())
    ]
    return map(dict, itertools.product(*axes))


def _is_swept(value):
    return isinstance(value, dict) and "sweep" in value


def _combinations(experiment, build, workload, params, backends, auto_workers):
    """{combination: role} of one workload on one build, the sequential baseline included."""
    base = _sequential(experiment, build, workload, params)
    chosen = {}
    for backend, backend_params in _backends(experiment, backends):
        intervals = _intervals(experiment, workload, backend, build)
        if backend.name == "sequential":
            chosen.update({replace(base, switch_interval_s=interval): ASKED for interval in intervals})
            continue
        own = replace(base, backend=backend.name, backend_params=backend_params)
        own = replace(own, start=experiment["start"], scaling=experiment["scaling"])
        for interval, count in itertools.product(intervals, _counts(experiment, auto_workers)):
            chosen[replace(own, switch_interval_s=interval, workers=count)] = ASKED
    if not workload.no_speedup:
        for interval in _intervals(experiment, workload, backends["sequential"], build):
            chosen.setdefault(replace(base, switch_interval_s=interval), BASELINE)
    return chosen


def _ceilings(experiment, build, workload, params, auto_workers):
    """The combinations that tell what the machine allows: processes in steady state, at each number of workers."""
    has_none = workload.shares or workload.waits or workload.starts_threads or workload.no_speedup
    if has_none or not experiment["ceiling"]:
        return []
    base = _sequential(experiment, build, workload, params)
    steady = replace(base, backend="process", start="together", scaling=experiment["scaling"])
    counts = _counts(experiment, auto_workers)
    return [replace(steady, workers=count) for count in counts if count != "default"]


def _sequential(experiment, build, workload, params):
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


def _counts(experiment, auto_workers):
    return auto_workers if experiment["workers"] == "auto" else experiment["workers"]


def _intervals(experiment, workload, backend, build):
    if collapses(workload, backend, build):
        return [None]
    default = build.facts["default_switch_interval_s"]
    found = [default if value == "default" else float(value) for value in experiment["switch_intervals"]]
    return list(dict.fromkeys(found))


def _run(combination, number, build, workload, backend, cpus, timeout_s):
    spec = {
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
        "round": number,
    }
    return Run(run_name(spec), spec, workload, backend, build, timeout_s, [])


def run_name(spec):
    """A readable stem and a short hash of everything that changes the number."""
    workers = "default" if spec["workers"] == "default" else f"w{spec['workers']}"
    stem = "-".join([spec["workload"], spec["backend"], workers, spec["python"], f"r{spec['round']}"])
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', stem)[:120]}-{digest(spec)}"
