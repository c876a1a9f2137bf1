"""The time of each build and backend divided by that of sequential on the reference build, by workers."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels
from gil_scaling.analysis.statistics.break_even import ALWAYS, FROM, NEVER
from gil_scaling.analysis.statistics.claims import NO_CLAIM

TITLE = "With how many workers is it first faster than sequential on the reference build?"
PLACE = 12
HEADLINE = "With how many workers does a build first pay off?"

_TIMES = ["time_reference", "time_reference_low", "time_reference_high"]
_DATA = ["panel", "series", "build", "workers", *_TIMES]
_RULE = "those with a time whose interval stays farthest from that of the reference"
_SHIFT = 1.02  # builds are drawn beside each other, by this factor
_MAX_SEQUENTIAL = 3  # builds, up to which the sequential time of each is drawn
_KINDS = {
    ALWAYS: "{series} already with the fewest workers ({counts} measured)",
    FROM: "{series} first with {value}",
    NEVER: "{series} with no number of workers ({counts} measured)",
    NO_CLAIM: "{series}: {rounds} are too few for a claim",
}
_UNCLEAR = "{series}: not shown"


def draw(tables: Tables) -> Drawn:
    """One panel per workload and backend, one line per build."""
    rows = _rows(tables)
    lines = rows[rows["backend_kind"] != "sequential"]
    if rows["build"].nunique() < 2:
        raise Missing("only one build has times relative to sequential on the reference build")
    if not (lines.groupby(["panel", "series"])["workers"].nunique() > 1).any():
        raise Missing("no backend was measured with two numbers of workers")
    figure, note = _figure(rows, looks.builds(tables["builds"]))
    reading = " ".join(filter(None, [*_reading(rows), note]))
    return Drawn(figure, answers(_break_evens(lines, tables["break_even"])), reading, rows[_DATA])


def _reading(rows: pd.DataFrame) -> list[str]:
    reference = rows["reference_build"].iloc[0]
    return [
        f"Time divided by that of sequential on {reference}, which is the thick line at 1; below it is faster.",
        "Thin lines: sequential on the other builds." if rows["build"].nunique() <= _MAX_SEQUENTIAL else "",
        drawing.interval_note(rows, drawing.RATIOS),
        drawing.SHADED,
    ]


def _rows(tables: Tables) -> pd.DataFrame:
    """The rows that have a speedup over the reference, with their relative times, in the order in which they are drawn."""
    rows = tables["summary"]
    is_strong = ~rows["role"].isin(CONTROLS) & (rows["scaling"] == "strong") & (rows["workers_asked"] != "default")
    rows = rows[is_strong & rows["speedup_reference"].notna()]
    ratios = rows[["speedup_reference", "speedup_reference_high", "speedup_reference_low"]].astype(float)
    return looks.in_order(tables, rows.assign(**dict(zip(_TIMES, 1 / ratios.to_numpy().T, strict=True))))


def _break_evens(lines: pd.DataFrame, break_even: pd.DataFrame) -> pd.DataFrame:
    """One row per workload, build other than the reference, and backend: its break-even, and `counts` of workers measured."""
    keys = ["panel", "build", "series", "start", "scaling"]
    lines = lines[lines["build"] != lines["reference_build"]]
    counts = lines.groupby([*keys, "reference_build"], sort=False)["workers"].unique().map(sorted)
    found = break_even.loc[
        break_even["axis"] == "workers", [*keys, "kind", "value", "value_low", "value_high", "rounds"]
    ]
    return counts.rename("counts").reset_index().merge(found, on=keys).sort_values(["panel", "build"], kind="stable")


def answers(break_evens: pd.DataFrame) -> list[str]:
    """With how many workers a build is first faster than sequential on the reference: one sentence per workload and build."""
    texts = break_evens.apply(_describe, axis=1, result_type="reduce")
    keys = [break_evens[name] for name in ("panel", "build", "reference_build")]
    return [
        f"{panel} on {build}, faster than sequential on {reference}: {'; '.join(parts)}."
        for (panel, build, reference), parts in texts.groupby(keys, sort=False)
    ]


def _describe(row: pd.Series) -> str:
    low, high = ("∞" if row[f"value_{end}"] == math.inf else f"{row[f'value_{end}']:.0f}" for end in ("low", "high"))
    workers = f"{phrases.format_count(row['value'], 'worker')} [{low}, {high}]"
    counts, rounds = phrases.join_words(map(str, row["counts"])), phrases.format_count(row["rounds"], "round")
    text = _KINDS.get(row["kind"], _UNCLEAR).format(series=row["series"], value=workers, counts=counts, rounds=rounds)
    return f"{text}, if at all" if row["kind"] == FROM and high == "∞" else text


def _figure(rows: pd.DataFrame, look: dict[str, dict[str, Any]]) -> tuple[Figure, str]:
    """The figure, and a note for its caption where not all panels are drawn."""
    names = [name for name in look if name in set(rows["build"])]
    is_sequential = rows["backend_kind"] == "sequential"
    rows = rows.assign(line=rows["build"])
    title = rows["panel"] + " · " + rows["series"]
    facets = rows[~is_sequential].assign(workload=rows["panel"], panel=title, title=title, build="")
    shown, note = choose_panels(facets, "time_reference", rule=_RULE)
    alone = rows[is_sequential & (rows["line"] != rows["reference_build"]) & (len(names) <= _MAX_SEQUENTIAL)]

    def draw_panel(axes: Axes, own: pd.DataFrame) -> None:
        panel = own["workload"].iloc[0]
        axes.axhline(1, color=looks.INK, lw=1.4)
        for value in alone.loc[alone["panel"] == panel, _TIMES[0]]:
            axes.axhline(value, color=looks.INK, lw=0.7)
        workers = own["workers"].astype(float)
        for name, line in own.groupby("line", sort=False):
            shift = _SHIFT ** (names.index(name) - (len(names) - 1) / 2)
            drawing.line_with_bars(
                axes, line.assign(place=workers * shift), "place", _TIMES[0], label=name, **look[name]
            )
        drawing.worker_axis(axes, workers)
        axes.set_xlim(workers.min() / 1.15, workers.max() * 1.15)
        drawing.scale_ratios(axes, rows.loc[rows["panel"] == panel, _TIMES])
        drawing.shade_beyond_cpus(axes, own["usable_cpus"].max())

    figure = draw_panels(shown, draw_panel, most=3, x_label="workers", y_label="relative time")
    return figure, note
