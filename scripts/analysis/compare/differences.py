"""In what result sets differ besides their times: machine, builds, config, workload sources. Read before any number."""

from typing import NamedTuple

from scripts.analysis import units

_LEFT_OUT = (
    "machine",
    "sweep",
    "compare",
    "fail_if_slower",
    "experiments",
)  # of a config: labels, and what is told apart
_BUILD = (
    "implementation",
    "version",
    "gil",
    "free_threaded",
    "compiler",
    "pgo",
    "lto",
    "options",
    "env",
    "configure_arguments",
)
_UNKNOWN, _ABSENT = "not known", "–"


class Difference(NamedTuple):
    """One thing that is not the same everywhere; values: as text, in the order of the sets."""

    part: str
    of: str
    what: str
    values: list


def differences(sets):
    """All Differences of ResultSets: of the machines, the builds that several have, their configs and sources."""
    return [*_of_machines(sets), *_of_builds(sets), *_of_configs(sets), *_of_runs(sets)]


def _differing(part, of, by_set):
    """The Differences of dictionaries, one a set; those of None are not known there."""
    names = dict.fromkeys(name for values in by_set if values is not None for name in values)
    for name in names:
        said = [_UNKNOWN if values is None else _said(values.get(name)) for values in by_set]
        if len(set(said)) > 1:
            yield Difference(part, of, name.replace("_", " "), said)


def _said(value):
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_said, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _of_machines(sets):
    yield from _differing("machine", "", [one.facts or None for one in sets])
    loops = [one.tables["runs"]["reference_loop_before_s"].median() for one in sets]
    if len({units.seconds(loop) for loop in loops}) > 1:
        yield Difference("machine", "", "a fixed loop before each run, median", list(map(units.seconds, loops)))


def _of_builds(sets):
    for name in dict.fromkeys(name for one in sets for name in one.builds):
        having = [one.builds.get(name) for one in sets]
        told = [build and {fact: build[fact] for fact in _BUILD} for build in having]
        if None in told:
            yield Difference("build", name, "is there", ["yes" if build else "no" for build in told])
        first = next(filter(None, told))
        for found in _differing("build", name, [build or first for build in told]):
            yield found._replace(
                values=[value if build else _ABSENT for value, build in zip(found.values, told, strict=True)]
            )


def _of_configs(sets):
    """Of each sweep that several sets have: its keys, and those of the experiments that they share."""
    for sweep in dict.fromkeys(sweep for one in sets for sweep in one.sweeps):
        configs = [one.configs.get(sweep) or None for one in sets]
        if sum(config is not None for config in configs) < 2:
            continue
        top = [config and {key: value for key, value in config.items() if key not in _LEFT_OUT} for config in configs]
        yield from _differing("config", sweep, _only_known(top))
        experiments = [config and _by_name(config.get("experiments")) for config in configs]
        for name in dict.fromkeys(name for own in experiments if own for name in own):
            own = [found and found.get(name) for found in experiments]
            if sum(one is not None for one in own) > 1:
                yield from _differing("config", f"{sweep}: {name}", _only_known(_without_inherited(own, top)))


def _only_known(values):
    """The values with the first that is known in place of those that are not: what is not there is told elsewhere."""
    first = next(value for value in values if value is not None)
    return [first if value is None else value for value in values]


def _by_name(experiments):
    found = experiments if isinstance(experiments, list) else []
    return {str(one.get("name")): one for one in found if isinstance(one, dict)}


def _without_inherited(own, top):
    """Experiments without the keys that each has from the top level of its config, where they are told of."""
    both = [(one, above) for one, above in zip(own, top, strict=True) if one]
    keys = dict.fromkeys(key for one, _ in both for key in one)
    told = [key for key in keys if any(one.get(key) != above.get(key) for one, above in both)]
    return [one and {key: one.get(key) for key in told} for one in own]


def _of_runs(sets):
    """The workloads whose sources are not the same, and the measuring protocols."""
    sources = [_values(one, "source", one.tables["runs"].groupby("workload")) for one in sets]
    for name in dict.fromkeys(name for own in sources for name in own):
        having = [own.get(name) for own in sources]
        if len(set(filter(None, having))) > 1:
            yield Difference("workload", name, "source", [value or _ABSENT for value in having])
    protocols = [_values(one, "protocol", [("", one.tables["runs"])]).get("") or _UNKNOWN for one in sets]
    if len(set(protocols)) > 1:
        yield Difference("method", "", "version of the measuring protocol", protocols)


def _values(one, column, groups):
    """{name: the different values of a column in its rows, as text}; without those that are not known."""
    found = {name: ", ".join(sorted({str(value) for value in rows[column].dropna()})) for name, rows in groups}
    return {name: text for name, text in found.items() if text}
