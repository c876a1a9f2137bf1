"""Reads result sets, also those of other people, and puts their tables together; what is damaged is named and left out."""

import tarfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import yaml

from scripts.analysis import tables
from scripts.analysis.columns import TABLES
from scripts.analysis.compare import checked
from scripts.analysis.pairing import COMBINATION, with_times

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
_MOST_FILES, _MOST_UNPACKED = 100_000, 2 * 2**30  # of an archive: members, bytes


class NoSet(Exception):
    """What is named is no result set; the message says why."""


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
            with _opened(Path(path)) as folder:
                found.append(_read(folder, label, noise_sweep))
        except NoSet as error:
            problems.append((label or Path(path).name, str(error)))
    if by_date:
        found.sort(key=lambda one: one.began)
    _tell_apart(found)
    _name_experiments(found)
    return found, problems


@contextmanager
def _opened(path):
    """The folder of a result set, or of one sweep, unpacked where it is an archive; raises NoSet."""
    if path.is_dir():
        yield path
        return
    with TemporaryDirectory() as folder:
        try:
            _unpack(path, folder)
        except (OSError, ValueError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise NoSet(f"cannot be unpacked: {error}") from None
        found = Path(folder)
        while not (found / "tables").is_dir() and not (found / "machine.json").exists():
            inner = [entry for entry in found.iterdir() if entry.is_dir()]
            if len(inner) != 1:
                break
            found = inner[0]
        yield found


def _unpack(path, folder):
    """Unpacks files alone, below the folder: Python's filter for data refuses what would lie outside it."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _refuse_large([one.file_size for one in archive.infolist()])
            archive.extractall(folder)
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            _refuse_large([one.size for one in archive])
            members = [one for one in archive if one.isfile()]
            archive.extractall(folder, members=members, filter="data")
    else:
        raise ValueError("neither a folder nor an archive (.tar.gz or .zip)" if path.exists() else "it is not there")


def _refuse_large(sizes):
    if len(sizes) > _MOST_FILES or sum(sizes) > _MOST_UNPACKED:
        raise ValueError(f"more than {_MOST_FILES:,} files or {_MOST_UNPACKED // 2**30} GiB in it")


def _read(folder, label, noise_sweep):
    problems = []
    is_sweep = (folder / "tables").is_dir()
    root = folder.parent if is_sweep else folder
    names = [folder.name] if is_sweep else _sweeps(root, noise_sweep)
    parts = [part for name in names if (part := _tables(root, name, problems))]
    if not parts:
        raise NoSet(
            "; ".join(["no sweep with tables in it that can be used", *(f"{file} {text}" for file, text in problems)])
        )
    together = {name: pd.concat([part[name] for _, part in parts], ignore_index=True) for name in USED}
    together["builds"] = together["builds"].drop_duplicates(["machine", "python"])
    machines = together["runs"]["machine"].dropna().unique()
    if len(machines) != 1:
        raise NoSet(f"its tables are of {len(machines)} machines")
    together["builds"]["machine"] = machines[0]  # earlier versions did not write it there
    names = sorted(together["builds"]["python"])
    builds = [_facts(root / "pythons" / f"{name}.json", root, checked.build_facts, problems) for name in names]
    noise = _noise(root, noise_sweep, problems)
    return ResultSet(
        label=label or machines[0],
        machine=machines[0],
        sweeps=[name for name, _ in parts],
        facts=_facts(root / "machine.json", root, checked.machine_facts, problems) or {},
        builds={one["name"]: one for one in builds if one},
        configs={name: _config(root / name / "config.yaml", root, problems) for name, _ in parts},
        tables=together,
        noise=noise,
        problems=problems,
    )


def _sweeps(root, noise_sweep):
    return sorted(path.parent.name for path in root.glob("*/tables") if path.parent.name != noise_sweep)


def _inside(path, root):
    """The path, where neither it nor a link in it leads out of the set; raises checked.Unusable."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise checked.Unusable("is a link that leads out of the result set")
    return path


def _tables(root, sweep, problems):
    """(name, tables) of a sweep, None where one is missing without which nothing can be compared."""
    found = {}
    for name in USED:
        path = root / sweep / "tables" / f"{name}.csv"
        try:
            found[name], mistakes = checked.table(_inside(path, root), name)
            problems += [(str(path.relative_to(root)), text) for text in mistakes]
        except checked.Unusable as error:
            problems.append((str(path.relative_to(root)), str(error)))
            if name in _NEEDED:
                return None
            found[name] = pd.DataFrame(columns=[column.name for column in TABLES[name]])
    found["runs"] = _without_repeats(found["runs"], f"{sweep}/tables/runs.csv", problems)
    for table in found.values():
        table["sweep"] = sweep
    return sweep, found


def _without_repeats(runs, file, problems):
    """The runs without those that stand there twice: a combination has one run a round."""
    is_again = runs.duplicated([*COMBINATION, "round"])
    if is_again.any():
        problems.append((file, f"{is_again.sum()} runs stand there twice"))
    return with_times(runs[~is_again])


def _facts(path, root, read, problems):
    try:
        return read(_inside(path, root))
    except checked.Unusable as error:
        problems.append((str(path.relative_to(root)), str(error)))
        return None


def _config(path, root, problems):
    try:
        text = checked.text(_inside(path, root))
        if any(
            isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)
        ):  # which may stand for billions of values
            raise checked.Unusable("holds aliases")
        found = yaml.safe_load(text)
    except checked.Unusable as error:
        problems.append((str(path.relative_to(root)), str(error)))
    except (yaml.YAMLError, RecursionError, ValueError):
        problems.append((str(path.relative_to(root)), "is no YAML"))
    else:
        return found if isinstance(found, dict) else {}
    return {}


def _noise(root, sweep, problems):
    """The table of the set's A/A test, None where there is none."""
    path = root / sweep / "tables" / "noise.csv"
    if not path.exists():
        return None
    try:
        found, mistakes = checked.table(_inside(path, root), "noise")
    except checked.Unusable as error:
        problems.append((str(path.relative_to(root)), str(error)))
        return None
    problems += [(str(path.relative_to(root)), text) for text in mistakes]
    return found


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
    """What tells moments apart: their dates, else their minutes, else numbers."""
    for length in (len("2026-01-31"), len("2026-01-31T12:34")):
        names = [moment[:length].replace("T", " ") for moment in began]
        if len(set(names)) == len(names):
            return names
    return [f"{moment[:10]} ({number})" for number, moment in enumerate(began, 1)]


def _name_experiments(sets):
    """Where a set has several sweeps, their experiments have the sweep's name before their own, in all sets."""
    is_several = any(len(one.sweeps) > 1 for one in sets)
    for one in sets:
        for table in one.tables.values():
            if is_several and "experiment" in table:
                table["experiment"] = table["sweep"].astype(str) + "." + table["experiment"].astype(str)
            table.drop(columns="sweep", inplace=True)


def together(sets):
    """{name: table} of all sets, with the tables that hold them against each other; and {label: own label} of the machines."""
    found = {name: pd.concat([one.tables[name] for one in sets], ignore_index=True) for name in USED}
    machines = {one.label: one.machine for one in sets}
    of_pairs = tables.compared(found["runs"], found["summary"], found["builds"], machines)
    return {**found, **{name: tables.shaped(table, name) for name, table in of_pairs.items()}}, machines
