"""How machines scale side by side: speedup at equal workers, efficiency at an equal share of their CPUs; never seconds."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from gil_scaling.analysis import machine_kinds, phrases, representatives
from gil_scaling.analysis.columns import CONTROLS, SHARE, WORKERS
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER

TITLE = "Does it scale the same on another machine?"
PLACE = 9
HEADLINE = "Does it scale the same on each machine?"
OF_SWEEP = True

_CLAIMS = {
    FASTER: "larger on {machine}, {ratio}× [{low}, {high}]",
    SLOWER: "smaller on {machine}, {ratio}× [{low}, {high}]",
    SAME: "the same within 5 %, {ratio}× [{low}, {high}]",
    NOT_SHOWN: "no difference shown, {ratio}× [{low}, {high}]",
    NO_CLAIM: "{ratio}×, from {low} to {high}, too few rounds for a claim",
}
_DASHES = {"threads": "-", "processes": "--"}
_MEASURES = ("speedup", "efficiency")
_PANELS = {  # title, of the first after the names of the workload and the build: what is across, what is up
    "speedup by workers": ("workers", "speedup"),
    "speedup by share of the CPUs": ("share", "speedup"),
    "speedup / workers by share of the CPUs": ("share", "efficiency"),
}
_KINDS = "One hue per model of the CPUs, the darker the more of them."
_MAX_TICKS = 6
_MAX_COUNTS = 8  # worker counts with a tick each
_ENDS = ("", "_low", "_high")
_DATA = ["panel", "python", "machine", "series", "workers", "share", "usable_cpus", "speedup_ceiling"]
_DATA += [f"{name}{end}" for name in _MEASURES for end in _ENDS]


def draw(tables: Tables) -> Drawn:
    """One row per workload and build: speedup by workers, and speedup and efficiency by share of the CPUs."""
    shapes = tables["shapes"]
    if shapes.empty:
        raise Missing("only one machine, or no combination that two have; `snakemake compare` reads several")
    rows = looks.in_order(tables, _rows(tables["summary"], shapes))
    figure, note = _figure(_with_looks(rows, tables["machines"]), looks.backends(tables))
    reading = [_reading(rows), _KINDS if machine_kinds.is_many(tables["machines"]) else "", note]
    return Drawn(figure, answers(shapes), " ".join(filter(None, reading)), rows[_DATA])


def _reading(rows: pd.DataFrame) -> str:
    ceiling = " Dotted: what processes reach there in steady state." if rows["speedup_ceiling"].notna().any() else ""
    return (
        "Left: speedup over sequential on the same machine and build, by workers; dashed grey: ideal, one per worker. Middle: the "
        "same by workers / usable CPUs; at 100 % there is one worker per CPU. Right: speedup / workers, by the same share."
        f"{ceiling} No times of different machines are compared. At the default switch interval. {drawing.interval_note(rows, drawing.RATIOS)}"
    )


def _rows(summary: pd.DataFrame, shapes: pd.DataFrame) -> pd.DataFrame:
    """The rows of workloads and builds that several machines have: their plainest threads and processes.

    Of a panel with neither, the plainest backend of each kind.
    """
    rows = summary[
        summary["speedup"].notna() & ~summary["role"].isin(CONTROLS) & summary["backend_kind"].ne("sequential")
    ]
    rows = representatives.at_default_interval(rows.merge(shapes[["panel", "python"]].drop_duplicates()))
    is_plain = rows["backend_kind"].isin(_DASHES)
    rows = representatives.plainest_rows(
        rows[is_plain | ~is_plain.groupby(rows["panel"]).transform("any")], ["panel", "backend_kind"]
    )
    workers = rows["workers"].astype(float)
    efficiency = {f"efficiency{end}": rows[f"speedup{end}"] / workers for end in _ENDS}
    return rows.assign(share=workers / rows["usable_cpus"].astype(float), **efficiency)


def answers(shapes: pd.DataFrame) -> list[str]:
    """What threads reach on each machine, at equal workers and at an equal share of the CPUs: one sentence per build."""
    by = ["panel", "python", "machine"]
    rows = representatives.at_default_interval(shapes[shapes["backend_kind"] == "threads"])
    rows = representatives.plainest_rows(rows, by)
    cpus = rows[["usable_cpus", "against_usable_cpus"]].astype(float)
    rows = rows.assign(usable_cpus=cpus.min(axis=1), share=rows["workers"].astype(float) / cpus["usable_cpus"])
    equal = representatives.typical_rows(rows[rows["at"] == WORKERS], by)
    shared = rows[rows["at"] == SHARE]
    away = (shared["share"] - 1).abs()
    nearest = shared[away == away.groupby([shared[name] for name in by]).transform("min")]
    rows = pd.concat([equal.drop_duplicates(by), nearest.drop_duplicates(by)]).sort_values(by, kind="stable")
    texts = pd.Series([_describe(row) for _, row in rows.iterrows()], rows.index, dtype="str")
    subjects = rows["panel"] + " on " + rows["python"] + ", " + rows["series"]
    return [f"{subject}: {'; '.join(parts)}." for (subject, _), parts in texts.groupby([subjects, rows["machine"]])]


def _describe(row: pd.Series) -> str:
    ratio, low, high = (phrases.format_ratio(row[f"gain{end}"]) for end in _ENDS)
    claim = _CLAIMS[row["claim"]].format(ratio=ratio, low=low, high=high, machine=row["machine"])
    if row["at"] == WORKERS:
        speedups = phrases.format_ratio(row["speedup"]), phrases.format_ratio(row["against_speedup"])
        return (
            f"with {phrases.format_count(row['workers'], 'worker')}, speedup {speedups[0]} on {row['machine']} and "
            f"{speedups[1]} on {row['against_machine']}: {claim}"
        )
    sides = [
        f"{phrases.format_percent(row[f'{side}efficiency'])} on {row[f'{side}machine']} "
        f"({phrases.format_count(row[f'{side}workers'], 'worker')})"
        for side in ("", "against_")
    ]
    share = (
        "one worker per CPU" if row["share"] == 1 else f"workers for {phrases.format_percent(row['share'])} of the CPUs"
    )
    return f"with {share}, efficiency {' and '.join(sides)}: {claim}"


def _with_looks(rows: pd.DataFrame, machines: pd.DataFrame) -> pd.DataFrame:
    """The rows with the columns colour and name (in the legend) of their machines: of many those of their kind."""
    if not machine_kinds.is_many(machines):
        colours = looks.machines(machines["machine"])
        return rows.assign(colour=rows["machine"].map(colours), name=rows["machine"])
    kinds = machine_kinds.kinds(machines)
    colours = looks.machine_kinds(kinds.values())
    names = {
        label: f"{model}, {machine_kinds.describe_cpus(labels, machines)}"
        for model, labels in kinds.items()
        for label in labels
    }
    rows = rows.assign(colour=rows["machine"].map(colours), name=rows["machine"].map(names))
    return rows.sort_values("usable_cpus", kind="stable")  # the legend shows the colour of the largest of a kind


def _figure(rows: pd.DataFrame, look: dict[str, looks.Look]) -> tuple[Figure, str]:
    """The figure, and a note for its caption where not all panels are drawn; rows: with their looks."""
    rows = rows.assign(panel=rows["panel"] + " · " + rows["python"])
    first, *_ = _PANELS
    parts = [
        rows.assign(build=title, title=rows["panel"] + f" · {title}" if title == first else title) for title in _PANELS
    ]
    shown, note = choose_panels(pd.concat(parts, ignore_index=True))

    def draw_panel(axes: Axes, own: pd.DataFrame) -> None:
        across, measure = _PANELS[own["build"].iloc[0]]
        _draw_lines(axes, own.assign(across=own[across].astype(float)), measure, look)
        axes.axhline(1, color="0.5", lw=0.8, zorder=0)
        if across == "workers":
            counts = sorted(set(own[across].astype(float)))
            axes.plot(counts, counts, color="0.6", ls="--", lw=1)
            _draw_ceilings(axes, own)
            drawing.worker_axis(axes, counts if len(counts) <= _MAX_COUNTS else [2**power for power in range(20)])
        else:
            _scale_shares(axes, own[across])
        axes.set_xlim(own[across].min() / 1.25, own[across].max() * 1.25)
        if measure == "speedup":
            drawing.scale_ratios(axes, own[["speedup_low", "speedup_high"]].astype(float))
        else:
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))

    return draw_panels(shown, draw_panel, is_shared_x=False, is_legend_above=True), note


def _draw_lines(axes: Axes, rows: pd.DataFrame, measure: str, look: dict[str, looks.Look]) -> None:
    """A line per machine and backend, beside each other by a little."""
    lines = list(rows.groupby(["machine", "series"], sort=False))
    for place, ((_, series), line) in enumerate(lines):
        shift = 2 ** (min(0.03, 0.2 / len(lines)) * (place - (len(lines) - 1) / 2))
        first = line.iloc[0]
        options = {"color": first["colour"], "marker": look[first["backend"]].marker}
        options |= {"ls": _DASHES.get(first["backend_kind"], "-"), "label": f"{first['name']}: {series}"}
        drawing.line_with_bars(axes, line.assign(place=line["across"] * shift), "place", measure, **options)


def _draw_ceilings(axes: Axes, rows: pd.DataFrame) -> None:
    for colour, own in rows[rows["speedup_ceiling"].notna()].groupby("colour", sort=False):
        ceiling = own.groupby("workers")["speedup_ceiling"].median()
        axes.plot(ceiling.index.astype(float), ceiling, color=colour, ls=":", lw=1.3)


def _scale_shares(axes: Axes, shares: pd.Series) -> None:
    """Percentages across: a tick at each share, where they are few, else at some powers of two between them."""
    powers = 2.0 ** np.arange(np.floor(np.log2(shares.max())), np.ceil(np.log2(shares.min())) - 1, -1)
    axes.set_xscale("log", base=2)
    powers = powers[:: -(-len(powers) // _MAX_TICKS)]
    axes.xaxis.set_major_locator(
        FixedLocator(sorted(set(shares)) if shares.nunique() <= _MAX_TICKS else sorted(powers))
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
    axes.xaxis.set_minor_locator(NullLocator())
