"""The time of each build and backend over that of the reference build in sequence, against workers."""

import math
from statistics import fmean

from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.statistics.break_even import ALWAYS, FROM, NEVER
from gil_scaling.analysis.statistics.claims import NO_CLAIM

TITLE = "From how many workers on is it faster than the reference build in sequence?"
PLACE = 12
HEADLINE = "From how many workers does a build pay?"

_COMBINATION = ["python", "workload", "params", "backend", "backend_params", "switch_interval_s", "start", "scaling"]
_TIMES = ["time_reference", "time_reference_low", "time_reference_high"]
_DATA = ["panel", "series", "python", "workers", *_TIMES]
_MARKERS = "os^DvPXh*"  # by build
_ASIDE = 1.02  # times the number of workers: so far beside each other stand the builds
_FEW = 3  # builds, up to which each one's sequence is drawn, too
_KINDS = {
    ALWAYS: "{series} with any number of workers, {counts}",
    FROM: "{series} first with {value}",
    NEVER: "{series} with none, {counts}",
    NO_CLAIM: "{series}: {rounds} are too few for a claim",
}
_UNCLEAR = "{series}: not shown"


def draw(tables):
    """One panel a workload and backend, one line a build."""
    rows = _rows(tables["summary"])
    counts = rows[rows["backend"] != "sequential"].groupby(["panel", "series"])["workers"].nunique()
    if rows["python"].nunique() < 2:
        raise _style.Missing("only one build has times, and the sequence on the reference build beside them")
    if not (counts > 1).any():
        raise _style.Missing("no backend was measured with two numbers of workers")
    gil = tables["builds"].set_index("python")["gil"].to_dict()
    return _style.Drawn(
        _figure(rows, gil), answers(_places(rows, tables["break_even"])), _reading(rows), rows[[*_DATA]]
    )


def _reading(rows):
    reference = rows["reference"].iloc[0]
    sequences = " Thin lines: each build's own sequence." if rows["python"].nunique() <= _FEW else ""
    return (
        f"Time over the time of {reference} in sequence; below the line at 1 it is faster. A panel a backend, a line a build: "
        f"solid with the GIL, dashed without.{sequences} {_style.interval_note(rows)} {_style.SHADED}"
    )


def answers(places):
    """With how many workers a build is first faster than the reference in sequence, a sentence a workload and build."""
    found = []
    for (panel, python), own in places.groupby(["panel", "python"], sort=False):
        parts = [_said(row) for row in own.to_dict("records")]
        found.append(f"{panel} on {python}, faster than {own['reference'].iloc[0]} in sequence: {'; '.join(parts)}.")
    return found


def _said(row):
    low, high = (_count(row[f"value_{end}"]) for end in ("low", "high"))
    value = f"{phrases.format_count(row['value'], 'worker')} [{low}, {high}]{', if at all' if high == '∞' else ''}"
    counts = f"{phrases.join_words(map(str, row['counts']))} measured"
    rounds = phrases.format_count(row["rounds"], "round")
    return _KINDS.get(row["kind"], _UNCLEAR).format(series=row["series"], value=value, counts=counts, rounds=rounds)


def _count(value):
    return "∞" if value == math.inf else f"{value:.0f}"


def _rows(summary):
    """The rows that have a speedup over the reference, in the order in which they are drawn, with panel, series and times."""
    is_shown = (
        (summary["role"] != "ceiling") & (summary["scaling"] == "strong") & (summary["workers_asked"] != "default")
    )
    rows = labels.series(labels.panels(summary[is_shown & summary["speedup_reference"].notna()]))
    ratios = rows[["speedup_reference", "speedup_reference_high", "speedup_reference_low"]].astype(float)
    rows = rows.assign(rank=_style.rank(rows["backend"]), **dict(zip(_TIMES, 1 / ratios.to_numpy().T, strict=True)))
    return rows.sort_values(["panel", "rank", "series", "python", "workers"], kind="stable")


def _places(rows, found):
    """A row a workload, build other than the reference, and backend: the break-even and the worker counts measured."""
    rows = rows[(rows["backend"] != "sequential") & (rows["python"] != rows["reference"])]
    rows = rows.assign(switch_interval_s=rows["switch_interval_s"].astype(float))
    groups = rows.groupby(["panel", "python", "series"], sort=False)
    counts = {key: sorted(set(own["workers"].astype(int))) for key, own in groups}
    rows = groups.head(1)
    keys = rows[["panel", "python", "series"]].itertuples(index=False, name=None)
    rows = rows[["panel", "series", "reference", *_COMBINATION]].assign(counts=[counts[key] for key in keys])
    found = found[found["axis"] == "workers"]
    found = found.assign(switch_interval_s=found["switch_interval_s"].astype(float))
    return rows.merge(
        found[[*_COMBINATION, "kind", "value", "value_low", "value_high", "rounds"]], on=_COMBINATION
    ).sort_values(["panel", "python"], kind="stable")


def _figure(rows, gil):
    lines = rows[rows["backend"] != "sequential"]
    pythons = sorted(set(rows["python"]))
    panels = list(dict.fromkeys(lines["panel"]))
    figure, all_axes = _style.wrapped(panels, list(dict.fromkeys(lines["series"])), 3.6, 3.0)
    for (panel, series), axes in all_axes.items():
        of_panel = rows[rows["panel"] == panel]
        own = of_panel[of_panel["series"] == series]
        if own.empty:
            axes.set_axis_off()
            continue
        _draw_base(axes, of_panel)
        ends = [_draw_build(axes, line, pythons, gil) for name, line in own.groupby("python", sort=False)]
        _mark_axes(axes, of_panel)
        _label_ends(axes, ends)
        _style.beyond_the_cpus(axes, own["usable_cpus"].max())
    return figure


def _dashes(python, gil):
    return "-" if gil.get(python) else "--"


def _draw_base(axes, rows):
    """The reference build in sequence, and of few builds the others'."""
    colour, _ = _style.look("sequential")
    axes.axhline(1, color=colour, lw=1.4)
    if rows["python"].nunique() <= _FEW:
        for value in rows.loc[(rows["backend"] == "sequential") & (rows["python"] != rows["reference"]), _TIMES[0]]:
            axes.axhline(value, color=colour, lw=0.7)


def _draw_build(axes, line, pythons, gil):
    """Draws the line of one build, a little aside for each; its last point and its name."""
    python, colour = line["python"].iloc[0], _style.look(line["backend"].iloc[0])[0]
    number = pythons.index(python)
    line = line.assign(place=line["workers"].astype(float) * _ASIDE ** (number - (len(pythons) - 1) / 2))
    options = {"color": colour, "marker": _MARKERS[number % len(_MARKERS)], "ls": _dashes(python, gil), "label": python}
    _style.line_with_bars(axes, line, "place", _TIMES[0], **options)
    last = line.loc[line["place"].idxmax()]
    return last["place"], last[_TIMES[0]], python


def _mark_axes(axes, rows):
    counts = sorted(set(rows["workers"].astype(int)))
    _style.worker_axis(axes, counts)
    axes.set_xlim(counts[0] / 1.15, counts[-1] * 1.15 * (counts[-1] / counts[0]) ** 0.25)
    axes.set_yscale("log", base=2)
    axes.set_ylim(min(0.5, rows[_TIMES].min().min() / 1.1), max(2, rows[_TIMES].max().max() * 1.1))
    axes.yaxis.set_major_locator(LogLocator(base=2))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylabel(f"time / {rows['reference'].iloc[0]} in sequence")


def _label_ends(axes, ends):
    """The builds' names beside the ends of their lines, moved apart where they would overlap."""
    low, high = map(math.log2, axes.get_ylim())
    heights = spread([math.log2(value) for _, value, _ in ends], gap=0.07 * (high - low))
    place = max(workers for workers, _, _ in ends) * 1.22
    for (workers, value, python), height in zip(ends, heights, strict=True):
        lead = {"arrowstyle": "-", "lw": 0.5, "color": "0.4", "shrinkA": 0, "shrinkB": 3}
        box = {"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 0.6}
        options = {"va": "center", "size": 8.5, "color": "0.15", "arrowprops": lead, "bbox": box}
        axes.annotate(python, (workers, value), (place, 2**height), **options)


def spread(values, gap):
    """The values moved apart, as little as possible, to be at least a gap from each other, in their order.

    The least sum of squares, by pooling neighbours. For example, 1, 1 and 5 with a gap of 2 become 0, 2 and 5.
    Source: Barlow et al., Statistical Inference under Order Restrictions (1972), section 1.2.
    """
    places = sorted(range(len(values)), key=values.__getitem__)
    pools = []
    for rank, place in enumerate(places):
        pool = [values[place] - rank * gap]
        while pools and fmean(pools[-1]) > fmean(pool):
            pool = pools.pop() + pool
        pools.append(pool)
    levels = [fmean(pool) for pool in pools for _ in pool]
    moved = {place: level + rank * gap for rank, (place, level) in enumerate(zip(places, levels, strict=True))}
    return [moved[place] for place in range(len(values))]
