"""Reads result sets, also those of other people, and puts their tables together; what is damaged is named and left out."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from gil_scaling.analysis import checked, facts, phrases
from gil_scaling.analysis.exchange.archives import NoSet, opened
from gil_scaling.analysis.tables import build as tables
from gil_scaling.analysis.tables.pairing import COMBINATION, with_times

USED = (
    "summary",
    "runs",
    "fastest",
    "budget",
    "metrics",
    "builds",
    "quality",
    "failures",
)  # the tables that a comparison shows
_NEEDED = ("summary", "runs", "builds")
_OF_SUMMARY = ("runs", "fastest", "budget", "metrics")  # whose combinations the summary has, too


@dataclass
class ResultSet:
    """What one machine measured: some or all of its sweeps.

    machine: the machine's own label; sweeps: their names; facts: of the machine, {} where they are not known; builds:
    {name: facts}; configs: {sweep: config}; tables: {name: frame}, with the set's label as the machine; noise: the table of
    its A/A test, or None; problems: (file, what is wrong with it) of what was left out.
    """

    label: str
    machine: str
    sweeps: list
    facts: dict
    builds: dict
    configs: dict
    tables: dict
    noise: pd.DataFrame | None = None
    problems: list = field(default_factory=list)

    @property
    def began(self):
        """When its first run began, in UTC as text; "" where no run tells."""
        started = self.tables["runs"]["started"].dropna()
        return started.min() if len(started) else ""


def read_all(named, noise_sweep, by_date):
    """(the ResultSets of [(label or None, path)], [(label or file name, what is wrong)] of those that cannot be read).

    Sets without a label have the machine's own, those that would share one have their dates besides. noise_sweep: the name
    of the A/A test, which is read for its noise floor and is not compared. by_date: the oldest first, else as they are named.
    """
    found, problems = [], []
    for label, path in named:
        try:
            with opened(Path(path)) as folder:
                found.append(_read(folder, label, noise_sweep))
        except (NoSet, OSError) as error:
            text = str(error) if isinstance(error, NoSet) else f"cannot be read: {error.strerror}"
            problems.append((label or Path(path).name, text))
    if by_date:
        found.sort(key=lambda one: one.began)
    _tell_apart(found)
    _name_experiments(found)
    return found, problems


def _read(folder, label, noise_sweep):
    problems = []
    is_sweep = (folder / "tables").is_dir()
    root = folder.parent if is_sweep else folder
    names = [folder.name] if is_sweep else _sweeps(root, noise_sweep)
    sweeps = {name: found for name in names if (found := _sweep(root, name, problems))}
    if not sweeps:
        raise NoSet(
            "; ".join(["no sweep with tables in it that can be used", *(f"{file} {text}" for file, text in problems)])
        )
    found, machine = _joined(sweeps.values())
    builds = {
        name: _used(root / "pythons" / f"{name}.json", root, facts.build_facts, problems)
        for name in sorted(found["builds"]["python"])
    }
    configs = {name: _used(root / name / "config.yaml", root, facts.config, problems) for name in sweeps}
    noise = root / noise_sweep / "tables" / "noise.csv"
    return ResultSet(
        label=label or machine,
        machine=machine,
        sweeps=list(sweeps),
        facts=_used(root / "machine.json", root, facts.machine_facts, problems) or {},
        builds={name: facts for name, facts in builds.items() if facts},
        configs={name: config for name, config in configs.items() if config},
        tables=found,
        noise=_table(noise, root, "noise", problems) if noise.exists() else None,
        problems=problems,
    )


def _sweeps(root, noise_sweep):
    return sorted(path.parent.name for path in root.glob("*/tables") if path.parent.name != noise_sweep)


def _sweep(root, sweep, problems):
    """{name: table} of a sweep, None where one is missing without which nothing can be compared."""
    if not facts.NAME.fullmatch(sweep):
        problems.append((repr(sweep), "is no name of a sweep"))
        return None
    found = {}
    for name in USED:
        table = _table(root / sweep / "tables" / f"{name}.csv", root, name, problems)
        if table is None and name in _NEEDED:
            return None
        found[name] = checked.empty(name) if table is None else table
    found["runs"] = with_times(found["runs"])
    for name, is_left_out, why in _misfits(found):
        if is_left_out.any():
            text = f"{phrases.format_count(is_left_out.sum(), 'row')} left out, {why}"
            problems.append((f"{sweep}/tables/{name}.csv", text))
        found[name] = found[name][~is_left_out]
    return {name: table.assign(sweep=sweep) for name, table in found.items()}


def _misfits(found):
    """(table, which of its rows do not fit the others, why), to be taken out of found before the next is asked for."""
    for name, keys in (("builds", ["python"]), ("summary", COMBINATION), ("runs", [*COMBINATION, "round"])):
        yield name, found[name].duplicated(keys).to_numpy(), "standing there already"
    # Some tables say which time counts for all of a workload; another machine is told of later.
    in_all = [name for name in COMBINATION if name not in ("machine", "timed")]
    for name, other, keys in (("summary", "builds", ["python"]), *((name, "summary", in_all) for name in _OF_SUMMARY)):
        both = found[name].merge(found[other][keys].drop_duplicates(), "left", keys, indicator=True)
        yield name, both["_merge"].ne("both").to_numpy(), f"missing in {other}.csv"


def _joined(sweeps):
    """({name: table of all sweeps}, the label of the machine that they are of); raises NoSet."""
    found = {name: pd.concat([tables[name] for tables in sweeps], ignore_index=True) for name in USED}
    if found["runs"].empty or found["summary"].empty:
        raise NoSet("there is no run in it")
    machines = pd.concat([table["machine"] for table in found.values()]).dropna().unique()
    if len(machines) != 1:
        raise NoSet(f"its tables are of {len(machines)} machines")
    if not facts.NAME.fullmatch(machines[0]):
        raise NoSet("its machine's label is not a name")
    found["builds"] = found["builds"].drop_duplicates("python")
    return found, machines[0]


def _table(path, root, name, problems):
    """A table without the rows that cannot be used, None where it cannot be as a whole."""
    table, mistakes = _used(path, root, partial(checked.table, name=name), problems) or (None, [])
    problems += [(str(path.relative_to(root)), text) for text in mistakes]
    return table


def _used(path, root, read, problems):
    """What a file holds, None where it cannot be used."""
    try:
        return read(_inside(path, root))
    except facts.Unusable as error:
        problems.append((str(path.relative_to(root)), str(error)))
        return None


def _inside(path, root):
    """The path, where neither it nor a link in it leads out of the set; raises facts.Unusable."""
    try:
        is_inside = path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        raise facts.Unusable("is a link that leads nowhere") from None
    if not is_inside:
        raise facts.Unusable("is a link that leads out of the result set")
    return path


def _tell_apart(sets):
    """Gives each set a label of its own, which its tables have, too: its date, or time, where it shares the machine's."""
    for label in dict.fromkeys(one.label for one in sets):
        own = [one for one in sets if one.label == label]
        for one, name in zip(own, _names([one.began for one in own]), strict=True):
            one.label = f"{label} {name}" if len(own) > 1 else label
    for one in sets:
        for table in one.tables.values():
            if "machine" in table:
                table["machine"] = one.label


def _names(began):
    """What tells moments apart: their dates, else their minutes, else numbers, also where one is not known."""
    for length in (len("2026-01-31"), len("2026-01-31T12:34")):
        names = [moment[:length].replace("T", " ") for moment in began]
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"{moment[:10]} ({number})".strip() for number, moment in enumerate(began, 1)]


def _name_experiments(sets):
    """Where a set has several sweeps, their experiments have the sweep's name before their own, in all sets."""
    is_several = any(len(one.sweeps) > 1 for one in sets)
    for one in sets:
        for name, table in one.tables.items():
            if is_several and "experiment" in table:
                table["experiment"] = table["sweep"] + "." + table["experiment"]
            one.tables[name] = table.drop(columns="sweep")


def together(sets):
    """{name: table} of all sets, with the tables that hold them against each other; and {label: own label} of the machines."""
    found = {name: pd.concat([one.tables[name] for one in sets], ignore_index=True) for name in USED}
    machines = {one.label: one.machine for one in sets}
    of_pairs = tables.compared(found["runs"], found["summary"], found["builds"], machines)
    return {**found, **{name: tables.shaped(table, name) for name, table in of_pairs.items()}}, machines
