"""How much faster threads run a workload than its counterpart, such as separate objects than a shared one, build by build."""

from typing import cast

import pandas as pd
from matplotlib.figure import Figure

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels
from gil_scaling.analysis.statistics.claims import FASTER, SLOWER

TITLE = "How much faster is a workload than its counterpart?"
PLACE = 26
HEADLINE = TITLE
OF_SWEEP = True

_MAX_MARKS = 60
_MAX_NAMED = 3
_DATA = [
    *("panel", "build", "label", "time_s", "against_s", "gain", "gain_low", "gain_high"),
    *("interval", "pairing", "claim", "rounds"),
]


def draw(tables: Tables) -> Drawn:
    """One line per workload and its counterpart, one mark per build."""
    rows = _rows(tables)
    rule = "those with a gain whose interval stays farthest from 1"
    shown, note = choose_panels(rows, "gain", rule=rule, limit=_MAX_MARKS)
    axes = drawing.draw_dots(shown, "gain", looks.builds(tables["builds"]))
    axes.axvline(1, color=looks.INK, lw=1.5, zorder=1)
    axes.set_xlim(left=0)
    axes.set_xlabel("time of the counterpart / time of the workload")
    reading = (
        "Threads with the most workers up to the usable CPUs, both workloads run in the same way; right of the line at 1, the first "
        f"one is faster. {drawing.interval_note(rows, drawing.RATIOS)}"
    )
    text = " ".join(filter(None, [reading, note]))
    return Drawn(cast(Figure, axes.figure), answers(rows, tables["counterparts"]), text, rows[_DATA])


def _rows(tables: Tables) -> pd.DataFrame:
    """One row per workload with a counterpart and build: its typical threads; raises Missing."""
    rows = tables["counterparts"]
    if rows.empty:
        raise Missing("no workload was run in the same way as its counterpart")
    usable_cpus = rows["machine"].map(tables["summary"].groupby("machine")["usable_cpus"].max())
    rows = rows.assign(
        name=rows["panel"], panel=rows["panel"] + " vs " + rows["against_panel"], usable_cpus=usable_cpus
    )
    rows = representatives.typical_thread_rows(representatives.at_default_interval(rows), ["panel", "build"])
    if rows.empty:
        raise Missing("no threads ran a workload and its counterpart")
    return looks.in_order(tables, rows.assign(rounds_ok=rows["rounds"]))


def answers(rows: pd.DataFrame, counterparts: pd.DataFrame) -> list[str]:
    """The workloads that are shown to be faster or slower, a sentence each with the gain of sequential; then the others."""
    keys = ["build", "name", "against_panel"]
    bases = counterparts.rename(columns={"panel": "name"})
    bases = bases[bases["backend"] == "sequential"].drop_duplicates(keys).set_index(keys)
    is_shown = rows["claim"].isin([FASTER, SLOWER])
    sentences = []
    for row in rows[is_shown].to_dict("records"):
        how = phrases.describe_speed(row, "gain", row["claim"], f"the speed of {row['against_panel']}")
        key = tuple(row[name] for name in keys)
        base = (
            f" (sequential: {phrases.format_speed(bases.loc[key], 'gain', 'its speed')})" if key in bases.index else ""
        )
        sentences.append(f"{row['name']}, {row['label']} on {row['build']}, is {how}{base}.")
    for build, own in rows[~is_shown].groupby("build", sort=False):
        claims = phrases.describe_claims(list(own["claim"]), "workload")
        panels = phrases.join_words(phrases.limit_words(list(own["panel"]), _MAX_NAMED, "other"))
        sentences.append(f"Threads on {build}, {panels}: {claims}.")
    return sentences
