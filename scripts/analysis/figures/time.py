"""The time of each backend and number of workers."""

import numpy as np

from scripts.analysis.figures import _bars, _style

TITLE = "How long does it take?"
PLACE = 2


def draw(tables, experiment):
    """One panel a workload and build, one point a backend and number of workers; returns the figure and its caption."""
    rows = _bars.rows_of(tables["summary"], experiment)
    caption = "The time that counts (total, or work where all workers wait for each other), on a scale from 0."
    return _bars.draw(rows, _draw_panel, f"{caption} {_style.interval_note(rows)}", "time in s")


def _draw_panel(axes, rows):
    for place, row in enumerate(rows.to_dict("records")):
        name = f"{row['timed']}_s"
        colour, marker = _bars.look(row["backend"])
        errors = np.abs([[row[name] - row[f"{name}_low"]], [row[f"{name}_high"] - row[name]]])
        axes.errorbar(row[name], place, xerr=errors, color=colour, marker=marker, ms=6, capsize=2)
    axes.set_xlim(left=0)
