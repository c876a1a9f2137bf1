"""What all figures share: colours, axes, notes, and what drawing one gives."""

import math

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.ticker import FuncFormatter, NullLocator

from gil_scaling.analysis import labels
from gil_scaling.analysis.figures.drawing import Drawn, Missing  # noqa: F401 - for the figures that import this module

# One colour a backend everywhere: seaborn's colour-blind palette, kin in neighbouring hues, told apart by markers too.
_COLOURS = sns.color_palette("colorblind", 10).as_hex()
BACKENDS = {
    "sequential": ("#333333", "o"),
    "thread": (_COLOURS[0], "o"),
    "thread_pool": (_COLOURS[9], "s"),
    "process": (_COLOURS[3], "o"),
    "process_pool": (_COLOURS[1], "s"),
    "process_fork": (_COLOURS[6], "^"),
    "process_forkserver": (_COLOURS[5], "v"),
    "process_spawn": (_COLOURS[8], "D"),
    "multiprocessing_pool": ("#7a3803", "h"),
    "interpreter": ("#01523b", "p"),
    "interpreter_pool": (_COLOURS[2], "P"),
    "asyncio": (_COLOURS[4], "X"),
    "asyncio_to_thread": (_COLOURS[7], "d"),
    "asyncio_threads": ("#8a3a77", "<"),
}
_OTHER = ("#777777", "*")

PARTS = {  # of the workers' time: work in green, what is not work in other hues
    "useful": ("useful", _COLOURS[2]),
    "extra_cpu": ("extra CPU", "#9fd8c4"),
    "waiting": ("waiting", _COLOURS[7]),
    "startup": ("start-up", _COLOURS[8]),
    "imbalance": ("imbalance", _COLOURS[9]),
    "teardown": ("teardown", _COLOURS[3]),
}

SHADED = "Shaded: more workers than CPUs that they may use."

_SETTINGS = {
    "svg.hashsalt": "gil-scaling",
    "svg.fonttype": "path",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "text.parse_math": False,  # a $ in a name is a $
}


def look(backend):
    """The colour and marker of a backend."""
    return BACKENDS.get(backend, _OTHER)


def rank(backends):
    """The place of each backend in the order in which they are drawn; those of users are the last."""
    order = {name: place for place, name in enumerate(BACKENDS)}
    return backends.map(lambda name: order.get(name, len(order))).astype(int)


def theme():
    """Sets what all figures look like."""
    mpl.use("svg")
    sns.set_theme(context="notebook", style="whitegrid", font_scale=0.85, rc=_SETTINGS)


def panels_of(rows, width, height, most=3):
    """A figure with a panel for each panel and build of the rows, see wrapped; with it, pairs of axes and their rows."""
    figure, all_axes = wrapped(labels.in_order(rows["panel"]), labels.in_order(rows["python"]), width, height, most)
    found = []
    for (panel, python), axes in all_axes.items():
        own = rows[(rows["panel"] == panel) & (rows["python"] == python)]
        if own.empty:
            axes.remove()
        else:
            found.append((axes, own))
    return figure, found


def tables_of(lines, columns, most=3):
    """A figure of tables below each other, all with these lines, each with so many of the columns: figure, {column: (axes, place)}.

    A cell has the width and height 1; the middle of the first line, on top, is at 0, that of a column at its place.
    """
    parts = [columns[start : start + most] for start in range(0, len(columns), most)]
    height = 0.6 + 0.62 * len(lines)
    size = (1.8 + 3.0 * len(parts[0]), height * len(parts))
    figure = mpl.figure.Figure(figsize=size, layout="constrained")
    found = {}
    for axes, own in zip(figure.subplots(len(parts), squeeze=False)[:, 0], parts, strict=True):
        axes.set_xlim(-0.5, len(parts[0]) - 0.5)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xticks(range(len(own)), own)
        axes.set_yticks(range(len(lines)), lines)
        axes.grid(visible=False)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        sns.despine(ax=axes, left=True, bottom=True)
        found.update((name, (axes, place)) for place, name in enumerate(own))
    return figure, found


def ink_on(colour):
    """Black or white, whichever has more contrast on a colour (r, g, b); by WCAG's relative luminance."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if luminance > 0.179 else "white"


def add_legend(figure, loc, columns=1):
    """One legend for all panels, beside them; returns {label: handle}."""
    handles = {}
    for axes in figure.axes:
        handles.update(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    if handles:
        figure.legend(handles.values(), handles.keys(), loc=loc, ncols=columns or len(handles))
    return handles


def legend_below(figure, handles):
    """One legend for all panels, below them, in as many columns as fit; handles: {label: handle}."""
    column = 0.75 + 0.078 * max(map(len, handles))  # inches
    columns = max(1, min(len(handles), int(figure.get_figwidth() / column)))
    figure.set_figheight(figure.get_figheight() + 0.24 * math.ceil(len(handles) / columns))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=columns)


def line_with_bars(axes, rows, across, measure, **options):
    """A line over a column, with bars from measure_low to measure_high where there are such."""
    middle, low, high = (rows[f"{measure}{end}"].astype(float) for end in ("", "_low", "_high"))
    errors = np.abs([middle - low, high - middle])
    axes.errorbar(rows[across].astype(float), middle, errors, ms=5, capsize=2, **options)


def wrapped(panels, pythons, width, height, most=3):
    """A figure with panels for all pairs, each one's pythons on lines of at most so many: figure, {(panel, python): axes}."""
    columns = min(len(pythons), most)
    lines = math.ceil(len(pythons) / columns)
    shape = (lines * len(panels), columns)
    figure = mpl.figure.Figure(figsize=(width * columns, height * shape[0]), layout="constrained")
    grid = figure.subplots(*shape, squeeze=False)
    found = {}
    for number, axes in enumerate(grid.flat):
        panel, place = panels[number // (lines * columns)], number % (lines * columns)
        if place < len(pythons):
            axes.set_title(f"{panel} · {pythons[place]}")
            found[panel, pythons[place]] = axes
        else:
            axes.set_axis_off()
    sns.despine(fig=figure)
    return figure, found


def worker_axis(axes, counts):
    """A log2 axis of worker counts with a tick at each."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(sorted(set(map(int, counts))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("workers")


def interval_note(rows):
    """How many rounds the rows rest on and what their intervals are, for captions."""
    counts = sorted(set(rows["rounds_ok"].dropna().astype(int)))
    if not counts:
        return "No run was ok."
    span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    kinds = set(rows["interval"].dropna())
    kind = (
        "95 % intervals" if kinds == {"ci95"} else "ranges, which make no claim" if kinds == {"range"} else "intervals"
    )
    return f"Medians over {span} round{'s' if counts[-1] > 1 else ''}; the bars are {kind}."


def beyond_the_cpus(axes, usable_cpus):
    """Shades the worker counts beyond the usable CPUs, after everything else is drawn on an axis of workers."""
    left, right = axes.get_xlim()
    if right > usable_cpus * 1.05:
        axes.axvspan(max(left, usable_cpus * 1.05), right, color="0.5", alpha=0.12, lw=0, zorder=0)
        axes.set_xlim(left, right)
