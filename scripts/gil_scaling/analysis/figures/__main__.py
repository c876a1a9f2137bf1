"""Draws the figures of a sweep from the tables beside its plan, each as SVG with its data as CSV, and an index of them."""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

from gil_scaling.analysis import facts
from gil_scaling.analysis.figures import INDEX, _interim, _style, in_order, load, looks
from gil_scaling.analysis.figures.drawing import Missing
from gil_scaling.analysis.tables import build as tables
from gil_scaling.result_set import write_text

_IN_CAPTION = 4  # answers; the others open the report


def main(plan, folder):
    """Draws into the folder, which is made."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = tables.read(Path(plan).parent / "tables")
    draw_all(found, facts.known(Path(plan), facts.plan)["experiments"], folder)


def draw_all(found, experiments, folder, names=None):
    """Draws figures of the experiments, all or those of the names, with their index, whose entries it returns."""
    prepared = _interim.with_columns(found)
    prepared["backends"] = prepared["summary"][["backend", "backend_kind"]].drop_duplicates()
    entries = []
    for name in in_order() if names is None else names:
        whole = found if hasattr(load(name), "_style") else prepared
        (_style if hasattr(load(name), "_style") else looks).theme()
        is_of_sweep = getattr(load(name), "OF_SWEEP", False)
        own = {None: whole} if is_of_sweep else {one: tables.of_experiment(whole, one) for one in experiments}
        entries += [_draw(name, experiment, part, folder) for experiment, part in own.items()]
    write_text(folder / INDEX, json.dumps(entries, indent=1, ensure_ascii=False) + "\n")
    return entries


def _draw(name, experiment, part, folder):
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
    caption = _caption(drawn)
    about = {"Title": module.TITLE, "Description": caption, "Date": None, "Creator": None}
    drawn.figure.savefig(folder / f"{file}.svg", format="svg", dpi=150, metadata=about)
    plt.close(drawn.figure)
    drawn.data.to_csv(folder / f"{file}.csv", index=False)
    return {**entry, "answers": drawn.answers, "caption": caption}


def _caption(drawn):
    left = len(drawn.answers) - _IN_CAPTION
    more = [f"{left} more of these sentences stand at the top of the report."] if left > 0 else []
    return " ".join([*drawn.answers[:_IN_CAPTION], *more, drawn.reading])


if __name__ == "__main__":
    with facts.ending_where_unusable():
        main(*sys.argv[1:])
