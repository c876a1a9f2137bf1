"""How machines scale side by side: speedup at equal workers, efficiency at an equal share of their CPUs; never seconds."""

import math

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER
from gil_scaling.analysis.tables.shapes import SHARE, WORKERS

TITLE = "Does it scale the same on another machine?"
PLACE = 9
HEADLINE = "Does it scale the same on each machine?"
OF_SWEEP = True
COMPARES = 2

_FORMS = {
    FASTER: "further, {ratio} times {interval}",
    SLOWER: "less far, {ratio} times {interval}",
    SAME: "as far within 5 %, {ratio} times {interval}",
    NOT_SHOWN: "no difference shown, {ratio} times {interval}",
    NO_CLAIM: "{ratio} times, from {low} to {high}, of too few rounds for a claim",
}
_STYLES = {"thread": "-", "process": "--"}
_ENDS = ("", "_low", "_high")
_MOST_TICKS = 6


def draw(tables):
    """A row a workload and build: speedup against workers on the left, efficiency against the share of the CPUs on the right."""
    shapes = tables["shapes"]
    if shapes.empty:
        raise _style.Missing("one machine alone, or no combination that two have; snakemake compare reads several")
    rows = _rows(tables["summary"], shapes)
    machines = list(dict.fromkeys(tables["summary"]["machine"]))
    palette = sns.color_palette("dark" if len(machines) <= 10 else "husl", max(10, len(machines)))
    colours = dict(zip(machines, palette.as_hex(), strict=False))
    groups = list(rows.groupby(["panel", "build"], sort=False))
    figure = Figure(figsize=(10.5, 3.1 * len(groups)), layout="constrained")
    handles = {}
    for (left, right), ((panel, build), own) in zip(
        figure.subplots(len(groups), 2, squeeze=False), groups, strict=True
    ):
        _draw_speedups(left, own, colours)
        _draw_efficiencies(right, own, colours)
        for axes in (left, right):
            axes.set_title(f"{panel} · {build}")
            handles.update(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    sns.despine(fig=figure)
    _style.legend_below(figure, handles)
    columns = ["panel", "build", "machine", "series", "workers", "share", "usable_cpus", "speedup_ceiling"]
    columns += [f"{name}{end}" for name in ("speedup", "efficiency") for end in _ENDS]
    return _style.Drawn(figure, answers(shapes), _reading(rows), rows[columns])


def _reading(rows):
    ceiling = " Dotted: what processes reach there in steady state." if rows["speedup_ceiling"].notna().any() else ""
    return (
        "Left: speedup over sequential on the same machine and build, against workers. Right: speedup / workers against workers / "
        f"usable CPUs, at 100 % one worker for each CPU.{ceiling} No second of one machine is compared with one of another. At the "
        f"default switch interval. {_style.interval_note(rows)}"
    )


def _rows(summary, shapes):
    """The rows of the summary that stand on several machines, as they are drawn: the plainest threads and processes of each panel.

    Of a panel that has neither, the plainest backend of each kind.
    """
    shared = shapes[["workload", "params", "experiment"]].drop_duplicates()
    rows = summary[summary["speedup"].notna() & summary["role"].ne("ceiling") & summary["backend"].ne("sequential")]
    rows = choice.at_default_interval(rows[rows["build"].isin(shapes["build"])].merge(shared))
    rows = labels.series(labels.panels(rows))
    rows = rows.assign(kind=rows["backend"].map(labels.kind), rank=_style.rank(rows["backend"]))
    is_plain = rows["kind"].isin(_STYLES)
    rows = rows[is_plain | ~is_plain.groupby(rows["panel"]).transform("any")]
    plainest = rows.groupby(["panel", "kind"])["rank"].transform("min")
    workers = rows["workers"].astype(float)
    rows = rows.assign(
        share=workers / rows["usable_cpus"].astype(float),
        **{f"efficiency{end}": rows[f"speedup{end}"] / workers for end in _ENDS},
    )
    return rows[rows["rank"] == plainest].sort_values(["panel", "build", "machine", "rank", "workers"], kind="stable")


def _draw_speedups(axes, rows, colours):
    _draw_lines(axes, rows, "workers", "speedup", colours)
    for machine, own in rows[rows["speedup_ceiling"].notna()].groupby("machine", sort=False):
        limit = own.groupby(own["workers"].astype(float))["speedup_ceiling"].median()
        axes.plot(limit.index, limit, color=colours[machine], ls=":", lw=1.3)
    _style.worker_axis(axes, rows["workers"].astype(float))
    axes.axhline(1, color="0.5", lw=0.8, zorder=0)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("speedup")


def _draw_efficiencies(axes, rows, colours):
    _draw_lines(axes, rows, "share", "efficiency", colours)
    axes.set_xscale("log", base=2)
    axes.set_xticks(_ticks(rows["share"]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.axhline(1, color="0.5", lw=0.8, zorder=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("workers / usable CPUs")
    axes.set_ylabel("speedup / workers")


def _ticks(shares):
    """Each share, where they are few, else the powers of two between them."""
    if shares.nunique() <= _MOST_TICKS:
        return sorted(set(shares))
    least, most = math.ceil(math.log2(shares.min())), math.floor(math.log2(shares.max()))
    return [2.0**power for power in range(least, most + 1)]


def _draw_lines(axes, rows, across, measure, colours):
    """A line a machine and series, each a little beside the others."""
    lines = list(rows.groupby(["machine", "series"], sort=False))
    places = rows[across].astype(float)
    for place, ((machine, series), line) in enumerate(lines):
        _, marker = _style.look(line["backend"].iloc[0])
        style = _STYLES.get(line["kind"].iloc[0], "-")
        look = {"color": colours[machine], "marker": marker, "ls": style, "label": f"{machine}: {series}"}
        shift = min(0.03, 0.2 / len(lines)) * (place - (len(lines) - 1) / 2)
        _style.line_with_bars(axes, line.assign(beside=places[line.index] * 2**shift), "beside", measure, **look)
    axes.set_xlim(places.min() / 1.25, places.max() * 1.25)


def answers(shapes):
    """What threads reach on each machine, at equal workers and at an equal share of the CPUs, a sentence a workload and build."""
    rows = choice.at_default_interval(shapes[shapes["backend"].isin(labels.THREADS)])
    rows = labels.series(labels.panels(rows))
    found = []
    for _, own in rows.groupby(["panel", "build", "machine"], sort=False):
        own = own[own["backend"] == min(own["backend"], key=labels.THREADS.index)]
        told = _most(own[own["at"] == WORKERS]), _nearest(own[own["at"] == SHARE])
        first = own.iloc[0]
        parts = "; ".join(_said(row) for row in told if row is not None)
        found.append(f"{first['panel']} on {first['build']}, {first['series']}: {parts}.")
    return found


def _most(rows):
    """The row with the most workers that both machines have CPUs for, else with the fewest; None for none."""
    if rows.empty:
        return None
    workers = rows["workers"].astype(float)
    within = rows[workers.le(rows[["usable_cpus", "against_usable_cpus"]].astype(float).min(axis=1))]
    return within.loc[within["workers"].astype(float).idxmax()] if len(within) else rows.loc[workers.idxmin()]


def _nearest(rows):
    """The row whose share of the CPUs is the nearest to all of them; None for none."""
    if rows.empty:
        return None
    return rows.loc[(rows["workers"].astype(float) / rows["usable_cpus"].astype(float) - 1).abs().idxmin()]


def _said(row):
    low, high = phrases.format_ratio(row["gain_low"]), phrases.format_ratio(row["gain_high"])
    form = _FORMS[row["claim"]].format(
        ratio=phrases.format_ratio(row["gain"]), interval=f"[{low}, {high}]", low=low, high=high
    )
    machine, other = row["machine"], row["against_machine"]
    if row["at"] == WORKERS:
        speedups = phrases.format_ratio(row["speedup"]), phrases.format_ratio(row["against_speedup"])
        workers = phrases.format_count(row["workers"], "worker")
        return f"with {workers}, {machine} reaches a speedup of {speedups[0]}, {other} of {speedups[1]}: {form}"
    own, others = (
        f"{phrases.format_percent(row[f'{prefix}efficiency'])} ({phrases.format_count(row[f'{prefix}workers'], 'worker')})"
        for prefix in ("", "against_")
    )
    share = row["workers"] / row["usable_cpus"]
    what = "a worker for each CPU" if share == 1 else f"workers for {phrases.format_percent(share)} of the CPUs"
    return f"with {what}, {machine} reaches an efficiency of {own}, {other} of {others}: {form}"
