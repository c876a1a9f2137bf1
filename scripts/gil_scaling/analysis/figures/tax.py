"""What each build costs at one worker: its sequential time over that of the reference build, a line per workload."""

from typing import Any, cast

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gil_scaling.analysis import phrases
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels
from gil_scaling.analysis.packages import COMPARED_FACTS
from gil_scaling.analysis.statistics.claims import NO_CLAIM

TITLE = "What does each build cost before a thread is added?"
PLACE = 3
HEADLINE = "What does each build cost at one worker?"
OF_SWEEP = True

_LIMIT = 1.15  # PEP 779: what pyperformance may lose in the mean
_MAX_MARKS = 120
_DATA = ["panel", "build", "reference_build", "time", "time_low", "time_high", "claim_reference", "rounds_ok"]


def draw(tables: Tables) -> Drawn:
    """One line per workload, the costliest on top, one mark per build."""
    rows = _rows(tables["summary"])
    builds = tables["builds"]
    shown, note = choose_panels(
        rows, "time", rule="those with a time whose interval stays farthest from 1", limit=_MAX_MARKS
    )
    axes = _draw(shown, looks.builds(builds))
    reading = [
        f"Sequential time over that of {_reference(rows)}, which is 1; the costliest workload is on top.",
        drawing.interval_note(shown, drawing.RATIOS),
    ]
    if rows["build"].isin(builds.loc[builds["free_threaded"].eq(True), "build"]).any():
        axes.axvline(_LIMIT, color="0.35", ls=":", lw=1.5, zorder=1)
        _write_above(axes, _LIMIT, f" PEP 779: {_LIMIT}", "left")
        reading.append("PEP 779 allows 1.15 for the mean over pyperformance, not for each workload.")
    return Drawn(
        cast(Figure, axes.figure), answers(rows, builds), " ".join(filter(None, [*reading, note])), rows[_DATA]
    )


def _rows(summary: pd.DataFrame) -> pd.DataFrame:
    """The sequential rows of all builds but the reference, with their time over the reference's; raises Missing."""
    is_shown = summary["backend_kind"].eq("sequential") & summary["speedup_reference"].notna()
    rows = summary[is_shown & summary["build"].ne(summary["reference_build"])]
    if rows.empty:
        raise Missing("no workload has sequential times of two builds")
    ends = {"time": "", "time_low": "_high", "time_high": "_low"}  # of the inverse
    rows = rows.assign(**{name: 1 / rows[f"speedup_reference{end}"] for name, end in ends.items()})
    return rows.assign(cost=rows.groupby("panel")["time"].transform("max")).sort_values(
        ["cost", "panel"], ascending=[False, True], kind="stable"
    )


def _reference(rows: pd.DataFrame) -> str:
    names = rows["reference_build"].unique()
    return str(names[0]) if len(names) == 1 else "the reference build"


def _draw(rows: pd.DataFrame, look: dict[str, dict[str, Any]]) -> Axes:
    axes = drawing.draw_dots(rows, "time", look)
    name = _reference(rows)
    axes.axvline(1, color=look.get(name, {"color": looks.INK})["color"], lw=1.5, zorder=1)
    _write_above(axes, 1, f"{name} = 1 ", "right")
    axes.set_xlabel(f"sequential time / that of {name}")
    return axes


def _write_above(axes: Axes, across: float, text: str, side: str) -> None:
    axes.text(across, 1.01, text, transform=axes.get_xaxis_transform(), ha=side, va="bottom")


def answers(rows: pd.DataFrame, builds: pd.DataFrame) -> list[str]:
    """What each build costs, a sentence each: the range over the workloads, and on how many a difference is shown."""
    facts = builds.set_index("build").to_dict("index")
    sentences = []
    for name in looks.builds(builds):
        for reference, own in rows[rows["build"] == name].groupby("reference_build", sort=False):
            claims = phrases.describe_claims(list(own["claim_reference"].fillna(NO_CLAIM)), "workload")
            gil = phrases.describe_gil(facts[name]["gil"])
            differences = _describe_differences(facts[name], facts.get(reference, {}))
            sentences.append(
                f"{name}, {gil}, against {reference}, time at one worker: {_describe_range(own)}; {claims}{differences}."
            )
    return sentences


def _describe_range(rows: pd.DataFrame) -> str:
    ends = rows.sort_values("time").iloc[[0, -1]].drop_duplicates("panel").to_dict("records")
    texts = [
        f"{phrases.format_percent_ci(*(row[key] - 1 for key in ('time', 'time_low', 'time_high')))} ({row['panel']})"
        for row in ends
    ]
    return f"from {texts[0]} to {texts[1]}" if len(texts) > 1 else texts[0]


def _describe_differences(build: dict[str, Any], reference: dict[str, Any]) -> str:
    """What else than the GIL two builds differ in, as the end of a sentence."""
    differing = [text for name, text in COMPARED_FACTS.items() if build.get(name) != reference.get(name)]
    return f"; the two differ in {phrases.join_words(differing)}" if differing else ""
