"""Draw the figures of a sweep or of a comparison: each as SVG with its data as CSV, and an index of them.

`python -m gil_scaling.analysis.figures FOLDER [CORES]`
"""

import io
import json
import multiprocessing
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from gil_scaling.analysis import machine_kinds, tables
from gil_scaling.analysis.documents import exit_on_error
from gil_scaling.analysis.figures import _svg, in_order, load, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing
from gil_scaling.analysis.folders import replaced
from gil_scaling.result_set import FIGURES, INDEX, SETS, TABLES, write_text

_IN_CAPTION = 4  # answers; the others open the report


def main(folder: Path | str, cores: str = "1") -> None:
    """Draw the tables and sets.json of a folder into its figures/, in place of those that are there."""
    folder = Path(folder)
    experiments = json.loads((folder / SETS).read_text(encoding="utf-8"))["experiments"]
    with replaced(folder / FIGURES) as new:
        found = {**tables.read(folder / TABLES), **tables.read_why(folder / TABLES)}
        draw_all(found, experiments, new, cores=int(cores))


def draw_all(
    read: Mapping[str, pd.DataFrame],
    experiments: Sequence[str],
    folder: Path,
    names: Iterable[str] | None = None,
    *,
    cores: int = 1,
) -> list[dict[str, Any]]:
    """Draw figures of the experiments, all or those of the names, with their index, whose entries it returns.

    cores: how many figures are drawn at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    looks.theme()
    whole = {**read, "backends": read["summary"][["backend", "backend_kind"]].drop_duplicates()}
    parts = {name: _without_name(tables.of_experiment(whole, name), name) for name in experiments}
    is_shared = {name: whole["summary"]["panel"].str.endswith(f" ({name})").any() for name in experiments}
    jobs = [
        (name, experiment, part, folder)
        for name in names or in_order()
        for experiment, part in ({None: whole} if getattr(load(name), "OF_SWEEP", False) else parts).items()
    ]
    entries = _draw_at_once(jobs, cores)
    for entry in entries:
        prefix = f"{entry['experiment']}: " if is_shared.get(entry["experiment"]) else ""
        entry["answers"] = [f"{prefix}{sentence}" for sentence in entry["answers"]]
    write_text(folder / INDEX, json.dumps(entries, indent=1, ensure_ascii=False) + "\n")
    return entries


def _draw_at_once(jobs: Sequence[tuple[Any, ...]], cores: int) -> list[dict[str, Any]]:
    """The entries of several jobs of _draw, done by forked processes, which have all tables and modules already.

    By this process on other systems than Linux, whose libraries may not survive a fork, and where there are no semaphores, as
    in a container without /dev/shm.
    """
    if cores == 1 or sys.platform != "linux":
        return [_draw(*job) for job in jobs]
    context = multiprocessing.get_context("fork")
    try:
        pool = ProcessPoolExecutor(min(cores, len(jobs)), context, _take, (jobs,))  # it notices a killed process
    except (OSError, NotImplementedError):
        return [_draw(*job) for job in jobs]
    with pool:
        return list(pool.map(_draw_job, range(len(jobs))))


_taken: list[tuple[Any, ...]] = []  # the jobs, in a forked process


def _take(jobs: Sequence[tuple[Any, ...]]) -> None:
    _taken[:] = jobs


def _draw_job(place: int) -> dict[str, Any]:
    return _draw(*_taken[place])


def _without_name(part: Mapping[str, pd.DataFrame], experiment: str) -> dict[str, pd.DataFrame]:
    """The tables of an experiment without its name in those of the panels, where it distinguishes nothing."""
    return {
        name: table.assign(panel=table["panel"].str.removesuffix(f" ({experiment})"))
        if "panel" in table and len(table)
        else table
        for name, table in part.items()
    }


def _draw(name: str, experiment: str | None, part: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, Any]:
    module = load(name)
    file = name if experiment is None else f"{name}-{experiment}"
    entry = {
        "name": file,
        "figure": name,
        "experiment": experiment,
        "title": module.TITLE,
        "headline": getattr(module, "HEADLINE", None),
        "answers": [],
        "caption": None,
        "missing": None,
    }
    try:
        drawn = module.draw(part)
    except Missing as missing:
        return {**entry, "missing": str(missing)}
    caption = _caption(drawn, is_many=machine_kinds.is_many(part["machines"]))
    about = {"Title": module.TITLE, "Description": caption, "Date": None, "Creator": None}
    picture = io.StringIO()
    drawn.figure.savefig(picture, format="svg", dpi=150, metadata=about)
    (folder / f"{file}.svg").write_text(_svg.compact(picture.getvalue()), encoding="utf-8")
    plt.close(drawn.figure)
    drawn.data.to_csv(folder / f"{file}.csv", index=False)
    return {**entry, "answers": drawn.answers, "caption": caption}


def _caption(drawn: Drawn, *, is_many: bool) -> str:
    """The first answers and how to read the figure; without answers where there is one for each of many machines."""
    left = len(drawn.answers) - _IN_CAPTION
    if is_many and left > 0:
        return drawn.reading
    more = [f"The top of the report has {left} more of these sentences."] if left > 0 else []
    return " ".join([*drawn.answers[:_IN_CAPTION], *more, drawn.reading])


if __name__ == "__main__":
    with exit_on_error():
        main(*sys.argv[1:])
