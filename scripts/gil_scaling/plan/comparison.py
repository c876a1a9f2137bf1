"""Which result sets the target `compare` reads: those that the config names, or all in the results folder."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gil_scaling.plan import config, orders
from gil_scaling.plan.config import Config
from gil_scaling.plan.recovery import STATE
from gil_scaling.plan.yaml_lines import Places
from gil_scaling.result_set import BUILDS, COMPARISON, CONFIG, MACHINE, PLAN, RECORDS, archive_name, write_text

# Of what calls and jobs of the comparison pass to each other; no machine has such a name.
FOLDER = STATE / f".{COMPARISON}"
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar")


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    named: (label or None, path) of the sets that the config names; none: all in the folder `results`; min_ceiling: the share
    of the process ceiling in fail_if_below, which sweeps have to reach, too.
    """

    named: list[tuple[str | None, str]]
    results: str
    noise_sweep: str
    fail_if_slower: float | None
    min_ceiling: float | None

    @property
    def digest(self) -> str:
        """A digest of the sets and of their files' sizes and times."""
        return Path(self.file).stem

    @cached_property
    def file(self) -> str:
        """The list of the sets, for the job, under a name that is a digest of their content."""
        sets = self.named or [(None, path) for path in _result_sets(Path(self.results))]
        content = {
            "sets": [{"label": label, "path": str(Path(path).absolute())} for label, path in sets],
            "by_date": not self.named,
            "noise_sweep": self.noise_sweep,
        }
        state = [_stamp(file) for _, path in sets for file in _files(Path(path))]
        file = FOLDER / f"compare-{orders.digest([content, state])}.json"
        if not file.exists():
            write_text(file, json.dumps(content))
        return str(file)


def read(settings: Config, places: Places, noise_sweep: str, results: str = "results", machine: str = "") -> Comparison:
    """The comparison of a checked config; raises config.ConfigError for sets that are missing or share a label.

    places: of the config, for the mistakes; machine: the label of this machine, whose sweeps may be named without a path.
    """
    named = [_locate(*_named(item), Path(results, machine)) for item in settings["compare"]]
    mistakes = list(_mistakes(named))
    if mistakes:
        raise config.ConfigError(places.line(["compare", index], text) for index, text in mistakes)
    below = settings["fail_if_below"]
    return Comparison(named, results, noise_sweep, settings["fail_if_slower"], below and below["ceiling"])


def _named(item: str | dict[str, str]) -> tuple[str | None, str]:
    """(label or None, path) of an entry of `compare`."""
    return (None, item) if isinstance(item, str) else next(iter(item.items()))


def _locate(label: str | None, path: str, machine: Path) -> tuple[str | None, str]:
    """(label or None, path) of an entry; a sweep of this machine may be named alone, and is then the label, too.

    The path of a folder that holds only its own archive is that of the archive.
    """
    sweep = machine / path
    is_name = Path(path).name == path and not os.path.exists(path)
    if is_name and os.path.isfile(sweep / PLAN):
        return label or path, str(sweep)
    return label, str(_result_set(Path(path)) or path)


def _mistakes(named: list[tuple[str | None, str]]) -> Iterator[tuple[int, str]]:
    for index, (label, path) in enumerate(named):
        if not os.path.exists(path):
            expected = config.load_schema()["$defs"]["result_set"]["description"]
            yield index, f"{path!r} does not exist. Expected: {expected}."
        elif label and label in [other for other, _ in named[:index]]:
            yield index, config.duplicate("result set", label)


def _result_sets(results: Path) -> list[str]:
    """The result sets in a folder: folders with the plan of a sweep, archives, and folders that hold only their own archive."""
    return [
        str(path) for folder in (sorted(results.iterdir()) if results.is_dir() else []) if (path := _result_set(folder))
    ]


def _result_set(path: Path) -> Path | None:
    if os.path.isfile(path):  # False where the folder may not be read
        return path if path.name.endswith(ARCHIVES) else None
    if path.name != COMPARISON and any(path.glob(f"*/{PLAN}")):
        return path
    bundle = path / archive_name(path.name)
    return bundle if os.path.isfile(bundle) else None


def _files(path: Path) -> list[Path]:
    """The files of a set that the comparison may read."""
    if path.is_file():
        return [path]
    root = path.parent if (path / PLAN).is_file() else path
    patterns = (MACHINE, f"{BUILDS}/*.json", f"*/{CONFIG}", f"*/{PLAN}", RECORDS)
    return sorted(file for pattern in patterns for file in root.glob(pattern))


def _stamp(file: Path) -> list[Any]:
    """What changes with the content of a file; nothing but its name where it is gone."""
    try:
        found = os.stat(file)
    except OSError:
        return [str(file)]
    return [str(file), found.st_size, found.st_mtime_ns]
