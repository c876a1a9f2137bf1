"""Reads result sets, one or many, from their records into frames: one row per sample, one row per run.

A sweep is a comparison of one result set: whatever follows is the same for both.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, cast

import msgspec
import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import BLOCK, CASE, DAMAGED, LINE, TIMES, WAY
from gil_scaling.analysis.documents import (
    Build,
    DocumentError,
    Plan,
    PlannedRun,
    Size,
    read_build,
    read_config,
    read_machine,
    read_plan,
)
from gil_scaling.analysis.exchange.unpack import ResultSetError, open_result_set
from gil_scaling.analysis.flags import flags as find_flags
from gil_scaling.analysis.flags import said as describe_noise
from gil_scaling.analysis.labels import label_combinations
from gil_scaling.analysis.occupancy import occupancy
from gil_scaling.decode import decode
from gil_scaling.record import RecordError

DEFAULT_INTERVAL_S = 0.005  # Python's default switch interval
_TIME_NAMES = [column.name for column in TIMES]
_SWITCHES = ("voluntary_switches", "involuntary_switches")
_USED = (*_TIME_NAMES, *_SWITCHES, "worker_peak_mb")
_OF_SAMPLE = (*_USED, "sample", "warmup", "workers_used", "start_method")


_MEASURED = (
    *_USED,
    *(
        "gil",
        "workers_used",
        "start_method",
        "peak_memory_mb",
        "memory_kind",
        "clock_cost_s",
        "metrics",
        "counts",
        "flags",
    ),
    *("occupancy", "tasks", "segments", "durations"),
)


class Source(NamedTuple):
    """A result set to read: a folder of a machine or of one sweep, or an archive; label None: the machine's own."""

    label: str | None
    path: Path


class NoiseTest(NamedTuple):
    """The A/A test of a machine: its runs, as in Frames but for their identity, and the builds that it compares."""

    runs: pd.DataFrame
    builds: dict[str, Build]


@dataclass
class ResultSet:
    """What one machine measured: some or all of its sweeps.

    label: unique among the sets, and the `machine` of its rows; machine: the machine's own label; facts: of the machine, {}
    where not known; configs: {sweep: config}; problems: (file, what is wrong) of what was left
    out; runs, samples: as in Frames.
    """

    label: str
    machine: str
    sweeps: list[str]
    facts: dict[str, Any]
    builds: dict[str, Build]
    configs: dict[str, dict[str, Any]]
    sizes: list[Size]
    runs: pd.DataFrame
    samples: pd.DataFrame
    noise: NoiseTest | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def began(self) -> str:
        """Start of its first run, in UTC as text; "" where no record has it."""
        started = self.runs["started"].dropna()
        return str(started.min()) if len(started) else ""


@dataclass(frozen=True)
class Frames:
    """The records of one or many result sets as frames.

    samples: one row per sample and use of its run; runs: one row per run and use, with the columns of runs.csv, those that
    columns.IDENTITY names, and for the tables: reference, role, is_ceiling, no_speedup, sharing, usable_cpus, gil, the lists
    `flags`, and as objects of the sample nearest to the run's median `tasks`, `segments` (columns as arrays) and
    `occupancy`; `durations` (median time of each task in s, by its number), `metrics` (a dictionary) and `counts` (as
    sum_counts returns them). sets: what they were read from; problems: (label, file or "", what is wrong).
    """

    samples: pd.DataFrame
    runs: pd.DataFrame
    sets: list[ResultSet]
    problems: list[tuple[str, str, str]]


def read_sweep(plan_path: Path | str) -> Frames:
    """The frames of one sweep, of results/<machine>/<sweep>/plan.json; raises DocumentError where a file is unusable."""
    plan_path = Path(plan_path)
    plan = read_plan(plan_path)
    root = plan_path.parent.parent
    found = _read_sweeps(root, {plan.sweep: plan}, _read_noise_plan(root, plan), strict=True)
    return _join([found], [])


def _read_noise_plan(root: Path, plan: Plan) -> Plan | None:
    """The plan of the machine's A/A test, None where there is none, or where it is the sweep itself."""
    path = root / plan.noise_sweep / "plan.json"
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
    return _join(sets, problems)


def _read_set(folder: Path, label: str | None, noise_sweep: str) -> ResultSet:
    """A result set of a folder, of a machine or of one sweep; raises ResultSetError where there is none."""
    is_sweep = (folder / "plan.json").is_file()
    root = folder.parent if is_sweep else folder
    names = [folder.name] if is_sweep else sorted(path.parent.name for path in root.glob("*/plan.json"))
    problems: list[tuple[str, str]] = []
    plans = {}
    for name in names:
        plan = _use(root / name / "plan.json", root, read_plan, problems)
        if plan is not None and name == plan.sweep:
            plans[name] = plan
        elif plan is not None:
            problems.append((f"{name}/plan.json", f"is the plan of the sweep {plan.sweep!r}"))
    noise_plan = plans.pop(noise_sweep, None) if not is_sweep else None
    if not plans:
        details = [f"{file} {text}" for file, text in problems]
        raise ResultSetError("; ".join(["no sweep in it that can be used", *details]))
    machines = {plan.machine for plan in plans.values()}
    if len(machines) > 1:
        raise ResultSetError(f"its sweeps are of {len(machines)} machines")
    found = _read_sweeps(root, plans, noise_plan, strict=False, problems=problems)
    found.label = label or found.machine
    return found


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
    facts = use(root / "machine.json", read_machine)
    all_plans = [*plans.values(), *([noise_plan] if noise_plan else [])]
    files = dict.fromkeys(name for plan in all_plans for name in plan.builds)
    builds = {build.name: build for name in files if (build := use(root / name, read_build))}
    reader = _RecordReader(root, builds, (facts or {}).get("usable_cpus"), strict)
    read = [reader.read(plan) for plan in plans.values()]
    runs, samples = (pd.concat(parts, ignore_index=True) for parts in zip(*read, strict=True))
    if not strict and not runs["status"].eq("ok").any():
        raise ResultSetError("there is no run in it that is ok")
    configs = {name: use(root / name / "config.yaml", read_config) for name in plans}
    return ResultSet(
        label=machine,
        machine=machine,
        sweeps=list(plans),
        facts=facts or {},
        builds=_of_plans(builds, plans.values()),
        configs={name: config for name, config in configs.items() if config},
        sizes=[size for plan in plans.values() for size in plan.sizes],
        runs=runs,
        samples=samples,
        noise=NoiseTest(reader.read(noise_plan)[0], _of_plans(builds, [noise_plan])) if noise_plan else None,
        problems=problems,
    )


def _of_plans(builds: dict[str, Build], plans: Iterable[Plan]) -> dict[str, Build]:
    """The builds that some plans use."""
    files = {name for plan in plans for name in plan.builds}
    return {name: build for name, build in builds.items() if f"pythons/{name}.json" in files}


class _RecordReader:
    """Reads the records of a result set, each once, though several sweeps may use it."""

    def __init__(self, root: Path, builds: dict[str, Build], usable_cpus: int | None, is_own: bool) -> None:
        self.root = root
        self.builds = builds
        self.usable_cpus = usable_cpus
        self.is_own = is_own
        self.records: dict[str, dict[str, Any]] = {}
        self.specs: dict[bytes, str] = {}

    def read(self, plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The runs and the samples of a plan, both with the column `sweep`."""
        rows, samples = [], []
        for planned in plan.runs:
            found = self._record(planned.run)
            rows.append(_run_row(found, planned, self.builds.get(found["spec"]["python"]), self.usable_cpus))
            samples += _sample_rows(found)
        uses = pd.DataFrame(
            [
                (planned.run, use.experiment, use.role, use.reference, use.is_ceiling)
                for planned in plan.runs
                for use in planned.uses
            ],
            columns=["run", "experiment", "role", "reference", "is_ceiling"],
        )
        made = pd.DataFrame(rows)
        made = made.reindex(columns=list(dict.fromkeys([*made.columns, *_MEASURED])))  # where no run is ok
        runs = uses.merge(made, on="run").assign(machine=plan.machine, sweep=plan.sweep)
        return runs, pd.DataFrame(samples, columns=["run", *_OF_SAMPLE]).assign(sweep=plan.sweep)

    def _record(self, run: str) -> dict[str, Any]:
        if run not in self.records:
            self.records[run] = self._read_record(run)
        return self.records[run]

    def _read_record(self, run: str) -> dict[str, Any]:
        """A record, or what stands for one that cannot be used."""
        path = self.root / "runs" / f"{run}.json"
        if not self.is_own and os.path.islink(path):
            return _damaged(run, f"{path.name}: is a link")
        try:
            found = cast("dict[str, Any]", decode(path))
        except RecordError as error:
            return _damaged(run, str(error).replace(str(path), path.name))
        spec = msgspec.json.encode(found["spec"], order="sorted")
        if found["run"] != run:
            return _damaged(run, f"{path.name}: is the record of the run {found['run']}")
        if found["spec"]["python"] not in self.builds:
            return _damaged(
                run, f"{path.name}: is of the build {found['spec']['python']}, which the plan does not name"
            )
        if self.specs.setdefault(spec, run) != run:
            return _damaged(run, f"{path.name}: contains the same run as {self.specs[spec]}.json")
        return found


def _damaged(run: str, problem: str) -> dict[str, Any]:
    spec: dict[str, Any] = dict.fromkeys(
        (
            "python",
            "workload",
            "backend",
            "switch_interval_s",
            "round",
            "protocol",
            "cpus",
            "workload_digest",
            "backend_digest",
        )
    )
    spec.update(params={}, backend_params={}, start="natural", scaling="strong", workers="default")
    times = dict.fromkeys(("started", "wall_s", "snakemake_cpu_s", "waited_s", "attempts"))
    return {
        **times,
        "run": run,
        "spec": spec,
        "status": DAMAGED,
        "reason": problem,
        "state": {},
        "noise": [],
        "call": {"id": None},
        "measured": None,
    }


def _run_row(
    found: dict[str, Any], planned: PlannedRun, build: Build | None, usable_cpus: int | None
) -> dict[str, Any]:
    spec, measured = found["spec"], found["measured"]
    asked = spec["workers"]
    workers = measured["samples"][-1]["workers"] if measured else (asked if asked != "default" else math.nan)
    usable = len(spec["cpus"]) if spec["cpus"] else usable_cpus or math.nan
    row = {
        "run": planned.run,
        "waits": planned.waits,
        "no_speedup": planned.no_speedup,
        "sharing": planned.sharing,
        "backend_kind": planned.backend_kind,
        "python": spec["python"],
        "workload": spec["workload"],
        "params": _as_text(msgspec.json.encode(spec["params"])),
        "backend": spec["backend"],
        "backend_params": _as_text(msgspec.json.encode(spec["backend_params"])),
        "workers": workers,
        "workers_asked": str(asked),
        "switch_interval_s": spec["switch_interval_s"],
        "start": spec["start"],
        "scaling": spec["scaling"],
        "timed": "work" if spec["start"] == "together" else "total",
        "round": spec["round"],
        "status": found["status"],
        "reason": found["reason"],
        "call": found["call"]["id"],
        "started": found["started"],
        "wall_s": found["wall_s"],
        "snakemake_cpu_s": found["snakemake_cpu_s"],
        "usable_cpus": usable,
        "source": "+".join(filter(None, [spec["workload_digest"], spec["backend_digest"]])) or None,
        "protocol": spec["protocol"],
        **_state_columns(found),
    }
    if found["status"] == "ok" and build is not None:
        row.update(_measured_columns(found, row, build, math.inf if planned.waits else usable))
    return row


@lru_cache(maxsize=1000)
def _as_text(content: bytes) -> str:
    """Encoded JSON as a text with sorted keys."""
    return json.dumps(json.loads(content), sort_keys=True)


def _state_columns(found: dict[str, Any]) -> dict[str, Any]:
    """The state of the machine before, during and after a run; None where the record lacks it."""
    before, after, meanwhile = (found["state"].get(part, {}) for part in ("before", "after", "meanwhile"))
    return {
        "load_1min": before.get("load_1min"),
        **{name: meanwhile.get(name) for name in ("other_cpu_s", "steal_s", "throttled_s")},
        "reference_loop_before_s": before.get("reference_loop_s"),
        "reference_loop_after_s": after.get("reference_loop_s"),
        "waited_s": found["waited_s"],
        "attempts": found["attempts"],
        "noise": describe_noise(found["noise"]),
    }


def _measured_columns(found: dict[str, Any], row: dict[str, Any], build: Build, usable_cpus: float) -> dict[str, Any]:
    """What a run that is ok measured, over the samples that count."""
    measured = found["measured"]
    samples = [sample for sample in measured["samples"] if not sample["warmup"]]
    columns: dict[str, Any] = {}
    for name in _USED:
        values = [_VALUES[name](sample) for sample in samples]
        columns[name] = None if None in values else median(values)
    timed = f"{row['timed']}_s"
    nearest = min(samples, key=lambda sample: abs(sample[timed] - columns[timed]))
    metrics = [sample["metrics"] for sample in samples]
    return {
        **columns,
        "gil": measured["gil_after"],
        "workers_used": min(sample["workers_used"] for sample in samples),
        "start_method": nearest["start_method"],
        "peak_memory_mb": found["peak_memory_mb"],
        "memory_kind": found["memory_kind"],
        "clock_cost_s": measured["clock_cost_s"],
        "metrics": take_medians(metrics),
        "counts": sum_counts(metrics),
        "flags": find_flags(found, samples, build, usable_cpus),
        "occupancy": occupancy(nearest, row["timed"]),
        "tasks": _as_arrays(nearest["tasks"]),
        "segments": _as_arrays(nearest["segments"]),
        "durations": _median_durations(samples) if row["backend"] == "sequential" else None,
    }


def _sample_rows(found: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """A row per sample: the run, then the columns of _OF_SAMPLE."""
    for number, sample in enumerate(found["measured"]["samples"] if found["measured"] else []):
        values = {name: _VALUES[name](sample) for name in _USED}
        own = (number, sample["warmup"], sample["workers_used"], sample["start_method"])
        yield (found["run"], *values.values(), *own)


def _cores_used(sample: dict[str, Any]) -> float | None:
    cpu_s, work_s = sample["task_cpu_s"], sample["work_s"]
    return cpu_s / work_s if cpu_s is not None and work_s > 0 else None


def _largest_peak(sample: dict[str, Any]) -> float | None:
    return max((value for value in sample["worker_peak_mb"] or () if value is not None), default=None)


def _getter(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda sample: sample[name]


_VALUES = {
    **{name: _getter(name) for name in _USED},
    "cores_used": _cores_used,
    "worker_peak_mb": _largest_peak,
}


def _as_arrays(columns: dict[str, list[Any]] | None) -> dict[str, Any] | None:
    """Columns as arrays, which take a quarter of the memory of lists of numbers."""
    if columns is None:
        return None
    return {
        name: np.array(values, dtype=float if name.endswith("_s") else np.int32) for name, values in columns.items()
    }


def _median_durations(samples: list[dict[str, Any]]) -> list[float] | None:
    """Median time of each task over the samples, by the task's number; None where samples lack some or all."""
    tasks = [sample["tasks"] for sample in samples]
    if any(columns is None for columns in tasks) or len({tuple(columns["index"]) for columns in tasks}) > 1:
        return None
    times = [np.subtract(columns["end_s"], columns["start_s"]) for columns in tasks]
    durations: list[float] = np.median(times, axis=0).tolist()
    return durations


def take_medians(metrics: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each metric over dictionaries of them; for words, the last value."""
    result = {}
    for name in metrics[-1]:
        values = [own.get(name) for own in metrics]
        is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        result[name] = median(values) if is_number else values[-1]  # type: ignore[type-var]
    return result


def sum_counts(metrics: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """{name: (count, total)} summed over the samples, of the metrics x that have an x_of beside them.

    metrics: a dictionary per sample.
    """
    found: dict[str, tuple[int, int]] = {}
    for own in metrics:
        for name, total in own.items():
            stem = name.removesuffix("_of")
            if stem != name and _is_whole(total) and _is_whole(own.get(stem)):
                before = found.get(stem, (0, 0))
                found[stem] = (before[0] + own[stem], before[1] + total)
    return found


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# ---- several sets: labels, identity


def _make_labels_unique(sets: list[ResultSet]) -> None:
    """Give sets that share a label the date, or time, when they began as well."""
    for label in dict.fromkeys(result_set.label for result_set in sets):
        same = [result_set for result_set in sets if result_set.label == label]
        for result_set, name in zip(same, _distinct_times([one.began for one in same]), strict=True):
            result_set.label = f"{label} {name}" if len(same) > 1 else label


def _distinct_times(began: list[str]) -> list[str]:
    """Shortest form that tells timestamps apart: dates, else minutes, else numbers, also where one is not known."""
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
    of_runs = runs.drop(columns=[*_USED, "workers_used", "start_method"], errors="ignore")
    return Frames(of_runs.merge(samples, on=keys), runs, sets, problems)


def identify(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with the columns of columns.IDENTITY, reference_build, and the keys of groups of cases.

    block: what shares a baseline; family: a case at any switch interval; line: a case at any number of workers; way: a case of any workload.

    Where the switch interval has no effect, the case is that of the interval nearest to the default among those in force in
    the same case of another build, so that builds are compared by their cases alone.
    """
    known = runs["python"].notna()
    text = {name: runs[name].astype("str").where(known, runs["run"]) for name in dict.fromkeys((*CASE, "python"))}
    stem = _joined(text, CASE)
    interval = _representative_interval(stem, runs["switch_interval_s"].astype(float))
    interval_text = interval.map(lambda value: "" if math.isnan(value) else repr(value))
    case_key = stem + "|" + interval_text
    readable = (
        text["experiment"] + "-" + text["workload"] + "-" + text["backend"] + "-" + _workers_text(text["workers_asked"])
    )
    case = readable + "-" + _digests(case_key)
    several = runs["machine"].nunique() > 1
    prefix = runs["machine"] + " · " if several else ""
    of_machine = {**text, "machine": runs["machine"]}
    made = runs.assign(
        case=case,
        combination=runs["machine"] + "/" + text["python"] + "/" + case,
        block=_joined(of_machine, BLOCK),
        family=stem,
        line=_joined(text, LINE) + "|" + interval_text,
        way=_joined(text, WAY) + "|" + interval_text,
        build=prefix + text["python"],
        reference_build=prefix + runs["reference"],
    )
    return label_combinations(made)


def _joined(text: dict[str, pd.Series], names: Iterable[str]) -> pd.Series:
    parts = [text[name] for name in names]
    first, *others = parts
    return first.str.cat(others, sep="|")


def _workers_text(asked: pd.Series) -> pd.Series:
    return asked.where(asked.eq("default"), "w" + asked)


def _digests(keys: pd.Series) -> pd.Series:
    different = {key: hashlib.sha256(key.encode()).hexdigest()[:8] for key in keys.unique()}
    return keys.map(different)


def _representative_interval(stem: pd.Series, interval: pd.Series) -> pd.Series:
    """The interval itself; where it is not in force, the nearest to the default of the same case elsewhere, NaN for none."""
    in_force = pd.DataFrame({"stem": stem, "interval": interval, "distance": (interval - DEFAULT_INTERVAL_S).abs()})
    in_force = in_force.dropna().sort_values(["distance", "interval"], kind="stable")
    nearest = in_force.drop_duplicates("stem").set_index("stem")["interval"]
    return interval.fillna(stem.map(nearest).astype(float))


load = read_sweep  # the earlier name, until its users have moved on
