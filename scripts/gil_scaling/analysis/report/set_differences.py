"""What is not the same in several result sets besides their times: machine, builds, config, sources of workloads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from gil_scaling.analysis import machine_kinds, phrases
from gil_scaling.analysis.packages import package_versions

_LABELS = (
    "machine",
    "sweep",
    "compare",
    "fail_if_below",
    "fail_if_slower",
    "remove",
    "why",
    "experiments",
)  # of a config: no difference by themselves
_BUILD_FACTS = (
    *("implementation", "version", "gil", "free_threaded", "compiler", "pgo", "lto", "jit"),
    *("options", "env", "configure_arguments"),
)
_MAX_VALUES = 4  # that differ, each with its machines
_KNOWN, _UNKNOWN, _ABSENT = "known", "not known", "–"

_Facts = Mapping[str, Any] | None  # of one result set, None if not known
_Sets = Sequence[Mapping[str, Any]]  # as in sets.json


class Difference(NamedTuple):
    """One thing that is not the same everywhere; values: as text, in the order of the sets."""

    part: str
    name: str
    what: str
    values: list[str]


def find_differences(sets: _Sets, tables: Mapping[str, pd.DataFrame]) -> list[Difference]:
    """All Differences of result sets: machines, builds that several have, their configs and sources."""
    runs = [tables["runs"][tables["runs"]["machine"] == each["label"]] for each in sets]
    builds = tables["builds"]
    names = [list(builds.loc[builds["machine"] == each["label"], "python"]) for each in sets]
    return [*_of_machines(sets, runs), *_of_builds(sets, names), *_of_configs(sets), *_of_runs(runs)]


def _compare(
    part: str, name: str, facts: Sequence[_Facts], is_there: Sequence[bool] | None = None
) -> Iterator[Difference]:
    """The Differences of mappings, one per set; a set whose facts are not known is no difference by itself.

    is_there: whether each set has what the facts describe; None: all have.
    """
    known = [values for values in facts if values is not None]
    for key in dict.fromkeys(key for values in known for key in values):
        if len({_format(values.get(key)) for values in known}) > 1:
            texts = [None if values is None else _format(values.get(key)) for values in facts]
            yield Difference(part, name, str(key).replace("_", " "), _fill(texts, is_there))


def _compare_known(
    part: str, name: str, facts: Sequence[_Facts], is_there: Sequence[bool] | None = None
) -> Iterator[Difference]:
    """The Difference that the facts are known in one set and not in another; arguments as for _compare."""
    texts = _fill([None if values is None else _KNOWN for values in facts], is_there)
    if {_KNOWN, _UNKNOWN} <= set(texts):
        yield Difference(part, name, "facts", texts)


def _fill(texts: Sequence[str | None], is_there: Sequence[bool] | None) -> list[str]:
    """The texts; where one is None, the reason."""
    reasons = [_UNKNOWN if there else _ABSENT for there in is_there or [True] * len(texts)]
    return [reason if text is None else text for text, reason in zip(texts, reasons, strict=True)]


def _format(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_format(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_format, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)


def group_values(values: Sequence[str], machines: pd.DataFrame) -> str:
    """The different values, one per machine, each with the machines that have it; many as their number and the first."""
    labels: dict[str, list[str]] = {}
    for label, value in zip(machines["machine"], values, strict=True):
        labels.setdefault(value, []).append(label)
    if len(labels) > _MAX_VALUES:
        return f"{len(labels)} values: {phrases.join_words(phrases.limit_words(list(labels), _MAX_VALUES, 'other'))}"
    return "; ".join(f"{value}: {machine_kinds.name_machines(having, machines)}" for value, having in labels.items())


def _of_machines(sets: _Sets, runs: Sequence[pd.DataFrame]) -> Iterator[Difference]:
    facts = [each["facts"] or None for each in sets]
    yield from _compare_known("machine", "", facts)
    yield from _compare("machine", "", facts)
    loops = [rows["reference_loop_before_s"].median() for rows in runs]
    name = "reference loop before each run, median"
    yield from _compare(
        "machine", "", [None if pd.isna(loop) else {name: phrases.format_seconds(loop)} for loop in loops]
    )


def _of_builds(sets: _Sets, names: Sequence[Sequence[str]]) -> Iterator[Difference]:
    for name in dict.fromkeys(name for each in names for name in each):
        is_there = [name in each for each in names]
        if not all(is_there):
            yield Difference("build", name, "is there", [_format(there) for there in is_there])
        builds = [each["builds"].get(name) for each in sets]
        facts = [
            build and {**{fact: build[fact] for fact in _BUILD_FACTS}, **_packages(build, builds)} for build in builds
        ]
        yield from _compare_known("build", name, facts, is_there)
        yield from _compare("build", name, facts, is_there)


def _packages(build: Mapping[str, Any], builds: Iterable[_Facts]) -> dict[str, str]:
    """{label: version} of the packages of a build that all of these builds have, as far as they are known.

    Environments that were made for a sweep hold nothing else, so where all builds have one, of all packages.
    """
    known = [each for each in builds if each]
    names = [set(package_versions(each)) for each in known]
    chosen = set.union(*names) if all(each.get("requires") for each in known) else set.intersection(*names)
    versions = package_versions(build)
    return {f"package {name}": versions.get(name, _ABSENT) for name in sorted(chosen)}


def _of_configs(sets: _Sets) -> Iterator[Difference]:
    """Of each sweep that several sets have: its keys, and those of the experiments that they share."""
    for sweep in dict.fromkeys(sweep for each in sets for sweep in each["sweeps"]):
        is_there = [sweep in each["sweeps"] for each in sets]
        configs = [each["configs"].get(sweep) for each in sets]
        top = [config and {key: value for key, value in config.items() if key not in _LABELS} for config in configs]
        yield from _compare_known("config", sweep, top, is_there)
        yield from _compare("config", sweep, top, is_there)
        experiments = [config and _by_name(config.get("experiments")) for config in configs]
        for name in dict.fromkeys(name for each in experiments if each for name in each):
            keys = _without_inherited([each.get(name) if each else None for each in experiments], top)
            may_have = [there and config is None for there, config in zip(is_there, configs, strict=True)]
            yield from _compare("config", f"{sweep}: {name}", keys, may_have)


def _by_name(experiments: Any) -> dict[str, dict[str, Any]]:
    listed = experiments if isinstance(experiments, list) else []
    return {str(experiment.get("name")): experiment for experiment in listed if isinstance(experiment, dict)}


def _without_inherited(experiments: Sequence[_Facts], top: Sequence[_Facts]) -> list[_Facts]:
    """Experiments without the keys that each has from the top level of its config, where these are compared."""
    pairs = [(experiment, above or {}) for experiment, above in zip(experiments, top, strict=True) if experiment]
    keys = dict.fromkeys(key for experiment, _ in pairs for key in experiment)
    own = [key for key in keys if any(experiment.get(key) != above.get(key) for experiment, above in pairs)]
    return [experiment and {key: experiment.get(key) for key in own} for experiment in experiments]


def _of_runs(runs: Sequence[pd.DataFrame]) -> Iterator[Difference]:
    """The workloads whose sources are not the same, and the versions of the measuring protocol."""
    sources = [_values("source", rows.groupby("workload")) for rows in runs]
    for name in dict.fromkeys(name for each in sources for name in each):
        facts = [{"source": each[name]} if name in each else None for each in sources]
        yield from _compare("workload", name, facts, [rows["workload"].eq(name).any() for rows in runs])
    protocols = [_values("protocol", [("", rows)]).get("", _UNKNOWN) for rows in runs]
    if len(set(protocols)) > 1:
        yield Difference("method", "", "version of the measuring protocol", protocols)


def _values(column: str, groups: Iterable[tuple[str, pd.DataFrame]]) -> dict[str, str]:
    """{name: the different known values of a column in its rows, as text}, without the names that have none."""
    values = {name: ", ".join(sorted({str(value) for value in rows[column].dropna()})) for name, rows in groups}
    return {name: text for name, text in values.items() if text}
