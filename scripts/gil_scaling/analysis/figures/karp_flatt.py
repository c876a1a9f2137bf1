"""The experimentally determined serial fraction of each workload and backend, over builds and worker counts, as a heat map."""

import math

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.figures import _style

TITLE = "How serial is it?"
PLACE = 70

_COMBINATION = ["python", "workload", "params", "backend", "backend_params", "switch_interval_s", "start", "scaling"]
_FIT = ["worker_counts", "rounds", "serial", "serial_low", "serial_high"]
_DATA = ["panel", "series", "python", "workers", "karp_flatt", "usable_cpus", "rounds_ok"]


def draw(tables):
    """A line a workload and backend, a column a build and number of workers, in each cell the fraction."""
    rows = _rows(tables["summary"])
    if rows.empty:
        raise _style.Missing("no speedup with two workers or more")
    return _style.Drawn(_figure(rows), answers(rows, tables["scaling"]), _reading(rows), rows[_DATA])


def _reading(rows):
    beyond = rows["workers"].astype(float) > rows["usable_cpus"].astype(float)
    grey = " Grey numbers of workers: more than the CPUs that they may use; the missing CPUs count as serial."
    return (
        "Karp and Flatt's serial fraction: 0 (light) where the speedup is as large as the number of workers, 1 (dark) where "
        "there is none, above 1 where the sequence is faster. What uneven tasks make of it is taken out. A fraction that grows "
        "with the workers tells of costs that each worker adds, one that stays of work that cannot be shared out. "
        f"{phrases.capitalize(_rounds(rows))}, without intervals.{grey if beyond.any() else ''}"
    )


def _rounds(rows):
    counts = sorted(set(rows["rounds_ok"].dropna().astype(int)))
    span = phrases.format_count(counts[-1], "round")
    return f"from medians over {span if len(counts) == 1 else f'{counts[0]} to {span}'}"


def answers(rows, scaling):
    """Amdahl's serial fraction of each workload, build and backend that has a fit; else the ends of what the cells show."""
    rows = rows.assign(switch_interval_s=rows["switch_interval_s"].astype(float))
    scaling = scaling.assign(switch_interval_s=scaling["switch_interval_s"].astype(float))
    lines = rows.drop_duplicates(["panel", "series", "python"])[["panel", "series", *_COMBINATION]]
    fits = lines.merge(scaling[[*_COMBINATION, *_FIT]], on=_COMBINATION)
    fits = fits[fits["serial"].notna()]
    if len(fits):
        return [_of_fit(row) for row in fits.to_dict("records")]
    return [_of_ends(panel, own) for panel, own in rows.groupby("panel", sort=False)]


def _of_fit(row):
    name = f"Amdahl's serial fraction of {row['panel']} with {row['series']} on {row['python']}"
    counts = f"over {row['worker_counts']} worker counts"
    if math.isnan(row["serial_low"]):
        rounds = phrases.format_count(row["rounds"], "round")
        return f"{name} is about {phrases.format_ratio(row['serial'])} {counts}; {rounds} are too few for an interval."
    return f"{name} is {phrases.format_ratio_ci(row['serial'], row['serial_low'], row['serial_high'])} {counts}."


def _of_ends(panel, rows):
    least, most = (_cell(rows.loc[found]) for found in (rows["karp_flatt"].idxmin(), rows["karp_flatt"].idxmax()))
    if least == most:
        return f"{panel}: the serial fraction is about {least}, without an interval."
    return f"{panel}: the serial fraction goes from about {least} to about {most}, without intervals."


def _cell(row):
    return f"{_fraction(row['karp_flatt'])} with {row['series']} × {row['workers']} on {row['python']}"


def _fraction(value):
    """Two digits after the point, a large one in whole: 0.04, 6,792."""
    return phrases.format_ratio(value) if value < 10 else f"{value:,.0f}"


def _rows(summary):
    """The rows that have a fraction, in the order in which they are drawn, with panel, series and line."""
    is_shown = (summary["role"] != "ceiling") & (summary["workers_asked"] != "default") & summary["karp_flatt"].notna()
    rows = labels.series(labels.panels(summary[is_shown]))
    rows = rows.assign(rank=_style.rank(rows["backend"]), line=rows["panel"] + " · " + rows["series"])
    return rows.sort_values(["panel", "rank", "series", "python", "workers"], kind="stable", ignore_index=True)


def _figure(rows):
    lines = list(dict.fromkeys(rows["line"]))
    columns = sorted(set(zip(rows["python"], rows["workers"].astype(int), strict=True)))
    names = max(TextPath((0, 0), line, size=mpl.rcParams["font.size"]).get_extents().width for line in lines) / 72
    size = (0.3 + names + 0.55 * len(columns), 1.0 + 0.34 * len(lines))
    figure = mpl.figure.Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.grid(visible=False)
    colours = mpl.colormaps["Blues"]
    for row in rows.to_dict("records"):
        _draw_cell(axes, columns.index((row["python"], int(row["workers"]))), lines.index(row["line"]), row, colours)
    axes.set_yticks(range(len(lines)), lines)
    _name_columns(axes, columns, rows["usable_cpus"].astype(float).max())
    sns.despine(ax=axes, left=True, bottom=True)
    return figure


def _draw_cell(axes, column, line, row, colours):
    colour = colours(float(np.clip(row["karp_flatt"], 0, 1)))[:3]
    axes.add_patch(Rectangle((column - 0.49, line - 0.47), 0.98, 0.94, facecolor=colour, lw=0))
    ink = _style.ink_on(colour)
    axes.text(column, line, _fraction(row["karp_flatt"]), ha="center", va="center", color=ink, size=9)


def _name_columns(axes, columns, usable_cpus):
    """The numbers of workers above the columns, grey beyond the usable CPUs, and the builds above those, with lines between."""
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.set_xticks(range(len(columns)), [f"{workers}" for _, workers in columns])
    for label, (_, workers) in zip(axes.get_xticklabels(), columns, strict=True):
        label.set_color("0.55" if workers > usable_cpus else "0.15")
    names = [python for python, _ in columns]
    for name in dict.fromkeys(names):
        first, count = names.index(name), names.count(name)
        where = {"textcoords": "offset points", "ha": "center", "va": "bottom", "annotation_clip": False}
        axes.annotate(name, (first + (count - 1) / 2, -0.5), (0, 20), weight="bold", size=10, **where)
        if first:
            axes.axvline(first - 0.5, color="0.3", lw=1)
    axes.set_xlabel("workers")
    axes.xaxis.set_label_position("bottom")
