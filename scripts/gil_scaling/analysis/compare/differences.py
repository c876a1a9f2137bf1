"""In what result sets differ besides their times: machine, builds, config, workload sources. Read before any number."""

from typing import NamedTuple

from gil_scaling.analysis import phrases

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
    "jit",
    "options",
    "env",
    "configure_arguments",
)
_KNOWN, _UNKNOWN, _ABSENT = "known", "not known", "–"


class Difference(NamedTuple):
    """One thing that is not the same everywhere; values: as text, in the order of the sets."""

    part: str
    of: str
    what: str
    values: list


def differences(sets):
    """All Differences of ResultSets: of the machines, the builds that several have, their configs and sources."""
    return [*_of_machines(sets), *_of_builds(sets), *_of_configs(sets), *_of_runs(sets)]


def _differing(part, of, by_set, is_there=None):
    """The Differences of dictionaries, one a set, None where not known: this alone is no difference.

    is_there: of each set without one, whether it has what they tell of; None: all have.
    """
    known = [values for values in by_set if values is not None]
    for name in dict.fromkeys(name for values in known for name in values):
        if len({_said(values.get(name)) for values in known}) > 1:
            said = [None if values is None else _said(values.get(name)) for values in by_set]
            yield Difference(part, of, str(name).replace("_", " "), _filled(said, is_there))


def _unknown(part, of, by_set, is_there=None):
    """The Difference that one set tells what something is, and another does not; as _differing takes them."""
    said = _filled([None if values is None else _KNOWN for values in by_set], is_there)
    if {_KNOWN, _UNKNOWN} <= set(said):
        yield Difference(part, of, "what it is", said)


def _filled(said, is_there):
    """The values as text; where one is None, why."""
    reasons = [_UNKNOWN if there else _ABSENT for there in is_there or [True] * len(said)]
    return [reason if text is None else text for text, reason in zip(said, reasons, strict=True)]


def _said(value):
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_said, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)


def _of_machines(sets):
    facts = [one.facts or None for one in sets]
    yield from _unknown("machine", "", facts)
    yield from _differing("machine", "", facts)
    loops = [one.tables["runs"]["reference_loop_before_s"].median() for one in sets]
    name = "a fixed loop before each run, median"
    yield from _differing(
        "machine", "", [None if loop != loop else {name: phrases.format_seconds(loop)} for loop in loops]
    )


def _of_builds(sets):
    names = [list(one.tables["builds"]["python"]) for one in sets]
    for name in dict.fromkeys(name for own in names for name in own):
        is_there = [name in own for own in names]
        if not all(is_there):
            yield Difference("build", name, "is there", ["yes" if there else "no" for there in is_there])
        facts = [one.builds.get(name) for one in sets]
        told = [build and {fact: build[fact] for fact in _BUILD} for build in facts]
        yield from _unknown("build", name, told, is_there)
        yield from _differing("build", name, told, is_there)


def _of_configs(sets):
    """Of each sweep that several sets have: its keys, and those of the experiments that they share."""
    for sweep in dict.fromkeys(sweep for one in sets for sweep in one.sweeps):
        is_there = [sweep in one.sweeps for one in sets]
        configs = [one.configs.get(sweep) for one in sets]
        top = [_without(config, _LEFT_OUT) for config in configs]
        yield from _unknown("config", sweep, top, is_there)
        yield from _differing("config", sweep, top, is_there)
        experiments = [None if config is None else _by_name(config.get("experiments")) for config in configs]
        for name in dict.fromkeys(name for own in experiments if own for name in own):
            own = _without_inherited([None if found is None else found.get(name) for found in experiments], top)
            may_have = [there and config is None for there, config in zip(is_there, configs, strict=True)]
            yield from _differing("config", f"{sweep}: {name}", own, may_have)


def _without(mapping, names):
    return None if mapping is None else {key: value for key, value in mapping.items() if key not in names}


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
    runs = [one.tables["runs"] for one in sets]
    sources = [_values("source", own.groupby("workload")) for own in runs]
    for name in dict.fromkeys(name for own in sources for name in own):
        told = [own.get(name) and {"source": own[name]} for own in sources]
        yield from _differing("workload", name, told, [own["workload"].eq(name).any() for own in runs])
    protocols = [_values("protocol", [("", own)]).get("", _UNKNOWN) for own in runs]
    if len(set(protocols)) > 1:
        yield Difference("method", "", "version of the measuring protocol", protocols)


def _values(column, groups):
    """{name: the different values of a column in its rows, as text}; without those that are not known."""
    found = {name: ", ".join(sorted({str(value) for value in rows[column].dropna()})) for name, rows in groups}
    return {name: text for name, text in found.items() if text}
