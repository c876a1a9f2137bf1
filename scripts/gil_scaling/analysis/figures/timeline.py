"""The tasks of each worker on the time axis of one run: the sequence, threads and processes side by side."""

import math

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.ticker import FuncFormatter, MaxNLocator

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures._one_run import asked, draw_bars, two_builds

TITLE = "Who did what when?"
PLACE = 50

_PROCESSES = ("process", "process_pool", "process_fork", "process_forkserver", "process_spawn", "multiprocessing_pool")
_KINDS = (("sequential",), labels.THREADS, (*_PROCESSES, "interpreter", "interpreter_pool", "asyncio"))
_COMBINATION = ["backend", "backend_params", "switch_interval_s", "workers", "start", "scaling"]
_DATA = ["panel", "python", "way", "round", "task", "worker", "start_s", "end_s", "cpu_s"]


def draw(tables):
    """A row of panels a workload, in it one panel a build and kind of backend."""
    rows = asked(tables["tasks"], tables["summary"])
    rows = rows[rows["backend"].isin([name for names in _KINDS for name in names])]
    if rows.empty:
        raise _style.Missing("no run of these backends recorded its tasks one by one")
    pythons, chosen = two_builds(rows, tables)
    rows = _of_kinds(labels.ways(labels.panels(rows[rows["python"].isin(pythons)])), pythons)
    return _style.Drawn(_figure(rows), answers(rows), " ".join([_READING, *chosen]), rows[_DATA])


_READING = (
    "One bar a task, in alternating shades, of one run of each combination: the one whose time is nearest to the median. "
    "The panels of a row share their time axis, which begins with the run; the dotted line is where the sequence of the same "
    "build ended. Under the GIL threads have tasks under way at the same time, but run them in turns."
)


def _of_kinds(rows, pythons):
    """Of each workload, build and kind of backend the tasks of one combination, with columns kind and place."""
    places = {name: (kind, place) for kind, names in enumerate(_KINDS) for place, name in enumerate(names)}
    kinds, ranks = (rows["backend"].map(lambda name, part=part: places[name][part]) for part in (0, 1))
    rows = rows.assign(kind=kinds, place=ranks, build=rows["python"].map(pythons.index))
    keys = ["panel", "build", "kind"]
    rows = rows.assign(number=rows.groupby([*keys, *_COMBINATION], dropna=False, sort=False).ngroup())
    chosen = [_preferred(own)["number"] for _, own in rows.groupby(keys)]
    order = [*keys, "worker", "start_s"]
    return rows[rows["number"].isin(chosen)].sort_values(order, kind="stable", ignore_index=True)


def _preferred(rows):
    """The row of the combination that stands for a kind: the plain backend, near the default interval, as many workers as CPUs."""
    one_each = rows.drop_duplicates("number")
    away = np.abs(np.log(one_each["switch_interval_s"] / choice.DEFAULT_INTERVAL_S)).fillna(0)
    one_each = one_each.assign(away=away, length=one_each["backend_params"].str.len())
    ranks = one_each[["place", "length", "away"]].apply(tuple, axis=1)
    return choice.typical(one_each[ranks == ranks.min()])


def answers(rows):
    """How many tasks were under way at once and on how many CPUs, a sentence a workload; rows: of the runs drawn."""
    found = []
    for panel, own in rows.groupby("panel", sort=False):
        parallel = own[own["backend"] != "sequential"]
        told = parallel if len(parallel) else own
        parts = [_said(run) for _, run in told.groupby(["build", "kind"], sort=False)]
        found.append(f"{panel}, tasks under way at once on average in the runs drawn: {'; '.join(parts)}.")
    return found


def _said(run):
    """How many tasks were under way at once, and the CPUs that they used: `thread × 2 on 3.14: 1.92, on 0.98 CPUs`."""
    span_s = run["end_s"].max() - run["start_s"].min()
    under_way = (run["end_s"] - run["start_s"]).sum() / span_s if span_s > 0 else math.nan
    used = run["cpu_s"].astype(float).sum(skipna=False) / span_s if span_s > 0 else math.nan
    said = f"{run['way'].iloc[0]} on {run['python'].iloc[0]}: {phrases.format_ratio(under_way)}"
    return said if math.isnan(used) else f"{said}, on {phrases.format_ratio(used)} CPUs"


def _figure(rows):
    panels = list(dict.fromkeys(rows["panel"]))
    columns = sorted(set(rows[["build", "kind"]].itertuples(index=False, name=None)))
    lanes = [int(rows.loc[rows["panel"] == panel, "worker"].max()) + 1 for panel in panels]
    heights = [1.2 + min(0.26 * count, 5.0) for count in lanes]
    figure = mpl.figure.Figure(figsize=(max(4.0, 2.0 * len(columns)), sum(heights)), layout="constrained")
    parts = figure.subfigures(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, panel, count in zip(parts, panels, lanes, strict=True):
        part.suptitle(panel, x=0.01, ha="left", weight="bold", size=10)
        grid = part.subplots(1, len(columns), sharex=True, sharey=True, squeeze=False)[0]
        own = rows[rows["panel"] == panel]
        _draw_row(dict(zip(columns, grid, strict=True)), own, count)
    return figure


def _draw_row(axes_of, rows, lanes):
    """Draws the panels of one workload; axes_of: {(build, kind): axes}."""
    sequences = {build: own["end_s"].max() for (build, kind), own in rows.groupby(["build", "kind"]) if kind == 0}
    for (build, kind), axes in axes_of.items():
        own = rows[(rows["build"] == build) & (rows["kind"] == kind)]
        if own.empty:
            axes.set_axis_off()
            continue
        _draw_panel(axes, own)
        if kind and build in sequences:
            axes.axvline(sequences[build], color=_style.look("sequential")[0], ls=":", lw=1.2)
    first = next(axes for axes in axes_of.values() if axes.axison)
    first.set_ylim(lanes - 0.4, -0.6)
    first.set_xlim(left=0)
    first.set_ylabel("worker")
    factor, unit = _unit(rows["end_s"].max())
    for axes in axes_of.values():
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * factor:g} {unit}" if value else "0"))


def _unit(longest_s):
    """What to multiply seconds with, and the unit, for an axis that ends there."""
    return next(found for least_s, *found in ((1, 1, "s"), (1e-3, 1e3, "ms"), (0, 1e6, "µs")) if longest_s >= least_s)


def _draw_panel(axes, run):
    colour = np.array(to_rgb(_style.look(run["backend"].iloc[0])[0]))
    shades = [colour, 1 - 0.55 * (1 - colour)]
    turns = run.groupby("worker").cumcount()
    draw_bars(axes, run, [shades[turn % 2] for turn in turns])
    axes.grid(visible=False, axis="y")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.tick_params(labelsize=8)
    name = f"{run['way'].iloc[0]} · {run['python'].iloc[0]}"
    axes.set_title(name if len(name) <= 24 else name.replace(" · ", "\n"), size=9)
