"""Which result sets the target `compare` reads: those that the config names, or all under results/."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from gil_scaling.plan import config
from gil_scaling.result_set import write_text

FOLDER = Path(".snakemake/gil-scaling")
RESULTS = Path("results")
OUTPUT = "compare"  # the folder under results/, which is no machine's
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar")


@dataclass(frozen=True)
class Comparison:
    """What is to be compared; file: the list of the sets, for the job to read, under a name that stands for their content."""

    file: str
    fail_if_slower: float | None
    folder: str = f"results/{OUTPUT}"

    @property
    def digest(self):
        """What stands for the sets and the state of their files."""
        return Path(self.file).stem


def make(settings, place, noise_sweep):
    """The Comparison of a checked config; raises config.ConfigError for sets that are not there, or share a label.

    place: Places.line, which tells where in the config a mistake stands.
    """
    named = [_named(item) for item in settings["compare"]]
    mistakes = list(_mistakes(named))
    if mistakes:
        raise config.ConfigError(place(["compare", index], text) for index, text in mistakes)
    sets = named or [(None, path) for path in _found()]
    content = {
        "sets": [{"label": label, "path": str(Path(path).absolute())} for label, path in sets],
        "by_date": not named,
        "noise_sweep": noise_sweep,
    }
    state = [
        [str(file), file.stat().st_size, file.stat().st_mtime_ns] for _, path in sets for file in _files(Path(path))
    ]
    digest = hashlib.sha256(json.dumps([content, state]).encode()).hexdigest()[:16]
    file = FOLDER / f"compare-{digest}.json"
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(content))
    return Comparison(str(file), settings["fail_if_slower"])


def _named(item):
    """(label or None, path) of an entry of `compare`."""
    return (None, item) if isinstance(item, str) else next(iter(item.items()))


def _mistakes(named):
    for index, (label, path) in enumerate(named):
        if not Path(path).exists():
            yield (
                index,
                f"{path!r} is not there. Expected: {config.load_schema()['$defs']['result_set']['description']}.",
            )
        elif label and label in [other for other, _ in named[:index]]:
            yield index, f"a second result set {label!r}. Give each a label of its own."


def _found():
    """The result sets under results/: folders that hold the tables of a sweep, and archives."""
    inside = sorted(RESULTS.iterdir()) if RESULTS.is_dir() else []
    return [
        str(path)
        for path in inside
        if (path.name.endswith(ARCHIVES) and path.is_file()) or (path.name != OUTPUT and any(path.glob("*/plan.json")))
    ]


def _files(path):
    """The files of a set that the comparison may read."""
    if path.is_file():
        return [path]
    root = path.parent if (path / "plan.json").is_file() else path
    patterns = ("machine.json", "pythons/*.json", "*/config.yaml", "*/plan.json", "runs")
    return sorted(file for pattern in patterns for file in root.glob(pattern) if file.exists())
