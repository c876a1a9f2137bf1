"""Makes the tables, and sets.json, of a sweep or of a comparison.

`python -m gil_scaling.analysis.tables results/<machine>/<sweep>/plan.json` writes them beside the plan;
`python -m gil_scaling.analysis.tables SETS.json FOLDER` writes those of several result sets into a folder. SETS.json contains
`sets` (a list of label, or null, and path of a folder or archive), `by_date` and `noise_sweep`.
"""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from gil_scaling.analysis import tables
from gil_scaling.analysis.documents import exit_on_error
from gil_scaling.analysis.identity import identify
from gil_scaling.analysis.read import Frames, ResultSet, Source, read_sets, read_sweep
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.tables.noise import find_floor, noise
from gil_scaling.analysis.tables.pairing import with_baselines
from gil_scaling.analysis.tables.taxes import Taxes, read_taxes
from gil_scaling.result_set import SETS, TABLES, write_text
from gil_scaling.stopping import level


def main(path: Path, folder: Path | None = None) -> None:
    """Write tables/ and sets.json of a plan, or of the result sets that a file names, into the folder."""
    if folder is None:
        frames, sweep = read_sweep(path), path.parent.name
        has_free_threads = frames.runs["gil"].eq(False).any()
        _write(frames, path.parent, sweep, None if has_free_threads else read_taxes(path.parent.parent, sweep))
        return
    wanted = json.loads(path.read_text(encoding="utf-8"))
    sources = [Source(one["label"], Path(one["path"])) for one in wanted["sets"]]
    frames = read_sets(sources, wanted["noise_sweep"], wanted["by_date"])
    for problem in frames.problems:
        print(": ".join(filter(None, problem)), file=sys.stderr)
    if not frames.sets:
        raise SystemExit(
            "nothing to compare: no result set with a finished run under results/, nor under compare: of the config"
        )
    _write(frames, folder, None)


def _write(frames: Frames, folder: Path, sweep: str | None, taxes: Taxes | None = None) -> None:
    levels = _find_levels(frames)
    tables.write(tables.make_at_levels(frames, levels, taxes), folder / TABLES)
    content = {
        "sweep": sweep,
        "experiments": list(levels),
        "levels": levels,
        "sets": [_describe(one) for one in frames.sets],
        "problems": frames.problems,
    }
    write_text(folder / SETS, json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n")


def _find_levels(frames: Frames) -> dict[str, float]:
    """{experiment: the level of its intervals}, of several result sets that of the one with the most looks."""
    levels = dict.fromkeys(frames.runs["experiment"], intervals.LEVEL)
    for stopping in (each for one in frames.sets for each in one.stopping):
        for experiment in stopping.experiments:
            levels[experiment] = max(levels.get(experiment, intervals.LEVEL), level(stopping.until.max_rounds))
    return levels


def _describe(result_set: ResultSet) -> dict[str, Any]:
    return {
        "label": result_set.label,
        "machine": result_set.machine,
        "sweeps": result_set.sweeps,
        "facts": result_set.facts,
        "builds": {name: msgspec.to_builtins(build) for name, build in result_set.builds.items()},
        "configs": result_set.configs,
        "sizes": msgspec.to_builtins(result_set.sizes),
        "snippets": result_set.snippets,
        "noise": _noise_floor(result_set),
        "stopping": [
            {
                "experiments": each.experiments,
                **msgspec.to_builtins(each.until),
                "reasons": Counter(each.reasons),
            }
            for each in result_set.stopping
        ],
    }


def _noise_floor(result_set: ResultSet) -> dict[str, Any] | None:
    """The noise floor of the machine's A/A test and when it was measured, None where it supports no claim."""
    if result_set.noise is None:
        return None
    runs, builds = result_set.noise
    table = noise(with_baselines(identify(runs)), {(result_set.machine, name): build for name, build in builds.items()})
    floor = find_floor(table)
    if floor is None:
        return None
    measured = runs["started"].dropna().max()
    return {
        **floor,
        "different_share": floor["different_share"][:3],
        "measured": f"{measured[:16].replace('T', ' ')} UTC",
    }


if __name__ == "__main__":
    gc.disable()  # what is made is nearly all kept until the end, so that looking for garbage finds none
    with exit_on_error():
        main(*map(Path, sys.argv[1:]))
