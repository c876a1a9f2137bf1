"""What all figures share: colours, panels, labels, the way they are written."""

import json

import matplotlib as mpl
import seaborn as sns
from matplotlib.ticker import FuncFormatter, NullLocator

from scripts.analysis import units

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

_SETTINGS = {
    "svg.hashsalt": "gil-scaling",
    "svg.fonttype": "path",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "legend.frameon": False,
}


def look(backend):
    """The colour and marker of a backend."""
    return BACKENDS.get(backend, _OTHER)


def theme():
    """Sets what all figures look like."""
    mpl.use("svg")
    sns.set_theme(context="notebook", style="whitegrid", font_scale=0.85, rc=_SETTINGS)


def panels(rows):
    """The rows with a column `panel`: the workload and those of its parameters that differ within the rows."""
    params = rows["params"].map(json.loads)
    labels = []
    for workload, own in zip(rows["workload"], params, strict=True):
        others = params[rows["workload"] == workload]
        varied = [name for name in own if others.map(lambda other, name=name: str(other.get(name))).nunique() > 1]
        labels.append(", ".join([workload, *(f"{name}={_short(own[name])}" for name in varied)]))
    return rows.assign(panel=labels)


def _short(value):
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"


def series(rows):
    """The rows with a column `series`: the backend, its parameters, and the switch interval where there are several."""
    named = rows["backend"] + rows["backend_params"].map(_listed)
    intervals = rows["switch_interval_s"]
    if intervals.nunique() > 1:
        named += intervals.map(lambda value: "" if value != value else f", {units.seconds(value)}")
    return rows.assign(series=named)


def _listed(params):
    return "".join(f", {name}={_short(value)}" for name, value in json.loads(params).items())


def grid(rows, panel_height, panel_width=4.2):
    """A FacetGrid with a row a workload and a column a build."""
    facets = sns.FacetGrid(
        rows,
        row="panel",
        col="python",
        height=panel_height,
        aspect=panel_width / panel_height,
        sharex=False,
        sharey=False,
        margin_titles=False,
        despine=True,
        row_order=sorted(rows["panel"].unique()),
        col_order=list(dict.fromkeys(rows["python"])),
    )
    facets.figure.set_layout_engine("constrained")
    return facets.set_titles("{row_name} · {col_name}")


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


def empty(message):
    """A figure that says what is missing."""
    figure = mpl.figure.Figure(figsize=(9, 1.2))
    figure.text(0.5, 0.5, message, ha="center", va="center")
    return figure
