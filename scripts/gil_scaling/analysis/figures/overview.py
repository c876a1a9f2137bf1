"""The speedup of every case and number of workers on every build, as a heat map."""

import numpy as np

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.heatmap import draw_worker_heatmap
from gil_scaling.analysis.statistics.claims import NO_CLAIM

TITLE = "What is faster than sequential, and what is slower?"
PLACE = 7
OF_SWEEP = True

_LIMIT = 3.0  # of the colours, as a power of two: 1/8 to 8
_DATA = ["panel", "series", "build", "workers", "workers_asked", "speedup", "speedup_low", "speedup_high", "claim"]


def draw(tables: Tables) -> Drawn:
    """A line per workload and backend, a column per build and number of workers, in each cell the speedup."""
    summary = tables["summary"]
    is_shown = ~summary["role"].isin(CONTROLS) & summary["backend_kind"].ne("sequential") & summary["speedup"].gt(0)
    if not is_shown.any():
        raise Missing("no backend beside sequential has a speedup")
    rows = looks.in_order(tables, summary[is_shown], first=("panel",))
    rows = rows.assign(value=np.log2(rows["speedup"].astype(float)))
    limit = float(np.clip(rows["value"].abs().max(), 1, _LIMIT))
    figure = draw_worker_heatmap(rows, "speedup", phrases.format_ratio, cmap=looks.SPEEDS, vmin=-limit, vmax=limit)
    sentences = [
        f"{build}: {phrases.describe_claims(list(own['claim'].fillna(NO_CLAIM)), 'combination')}, relative to sequential."
        for build, own in rows.groupby("build", sort=False)
    ]
    reading = (
        "Speedup over sequential on the same build: blue above 1, brown below, white at 1; grey numbers of workers: more than the "
        "usable CPUs. Estimates over the ratios of each round; the CSV file has the intervals."
    )
    return Drawn(figure, sentences, reading, rows[_DATA])
