"""The time of each backend and number of workers."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from gil_scaling.analysis import choice
from gil_scaling.analysis.figures import _bars, _style

TITLE = "How long does it take?"
PLACE = 30


def draw(tables):
    """One panel a workload and build, one point a backend and number of workers."""
    rows = _bars.rows_of(tables["summary"])
    rows = rows[rows["speedup"].notna()]
    rows = rows.assign(timed=choice.common_timed(rows))
    if rows.empty:
        raise _style.Missing("what was measured is not a time but what the workloads name")
    reading = "The time that counts (total, or work where all workers wait for each other), on a scale from 0."
    ends = [f"{timed}_s{end}" for timed in sorted(set(rows["timed"])) for end in ("", "_low", "_high")]
    return _style.Drawn(
        _bars.draw(rows, _draw_panel, "time in s"),
        [],
        f"{reading} {_style.interval_note(rows)}",
        rows[["panel", "python", "way", "timed", *ends]],
    )


def _draw_panel(axes, rows):
    for place, row in enumerate(rows.to_dict("records")):
        name = f"{row['timed']}_s"
        colour, marker = _style.look(row["backend"])
        errors = np.abs([[row[name] - row[f"{name}_low"]], [row[f"{name}_high"] - row[name]]])
        axes.errorbar(row[name], place, xerr=errors, color=colour, marker=marker, ms=6, capsize=2)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(5))
