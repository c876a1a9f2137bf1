"""How steady the machine was: spread over the rounds, drift, the order of the runs, and what else took the CPUs."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from scipy.stats import spearmanr

from gil_scaling.analysis import phrases
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.looks import ACCENT, INK
from gil_scaling.analysis.tables.quality import is_disturbed

TITLE = "How steady was the machine?"
PLACE = 100
OF_SWEEP = True

_TENTHS = 10
_OTHER = "#a86400"
_READING = (
    "Spread: standard deviation over mean of a combination's times over the rounds, one point each, sorted. Drift: a fixed "
    "loop before each run, over its median. Order: a run's time over the median of its combination, against its place in the "
    "round; the line is the median of each tenth. Others: CPU time of other processes, and steal time of the hypervisor, as "
    "shares of the CPUs. All runs that are ok, without intervals."
)
_DATA = ["run", "build", "workload", "backend", "round", "started", "minutes", "place", "relative", "drift"]
_DATA += ["others", "steal", "flags"]


def draw(tables: Tables) -> Drawn:
    """Four panels: spread, drift, order, and the CPU time of others."""
    if not (tables["runs"]["status"] == "ok").any():
        raise Missing("no run is ok")
    runs = _runs(tables["runs"], tables["summary"])
    spread = _spreads(runs)
    width, height = (looks.WIDTH - 1.6) / 2, 2.4
    figure, add = drawing.new_figure(2 * height + 1.8)
    places = [(left, top) for top in (0.35, height + 1.15) for left in (0.75, width + 1.5)]
    panels = [add(left, top, width, height) for left, top in places]
    _draw_spread(panels[0], spread, looks.builds(tables["builds"]))
    _draw_drift(panels[1], runs)
    _draw_order(panels[2], runs)
    _draw_others(panels[3], runs)
    return Drawn(figure, answers(runs, spread), _READING, runs[_DATA])


def _runs(runs: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """The runs that are ok, one row each, in the order in which they began, with the columns that the panels show."""
    runs = runs[runs["status"] == "ok"].drop_duplicates(["machine", "run"])
    began = pd.to_datetime(runs["started"], utc=True, errors="coerce", format="ISO8601")
    runs = runs.assign(began=began).sort_values("began", kind="stable")
    timed = set(summary.loc[summary["speedup"].notna(), "workload"])  # the time of others has no meaning
    seconds = runs["work_s"].where(runs["timed"] == "work", runs["total_s"])
    seconds = seconds.where(runs["workload"].isin(timed) | (not timed))
    of_combination = seconds.groupby(runs["combination"])
    since_first = runs["began"] - runs.groupby("machine")["began"].transform("min")
    loop = runs["reference_loop_before_s"].astype(float)
    usable_cpus = runs["machine"].map(summary.groupby("machine")["usable_cpus"].max()).astype(float)
    cpu_s = runs["wall_s"].astype(float) * usable_cpus
    return runs.assign(
        timed_s=seconds,
        minutes=since_first.dt.total_seconds() / 60,
        place=runs.groupby(["machine", "call", "round"], dropna=False)["began"].rank(method="first"),
        relative=(seconds / of_combination.transform("median")).where(of_combination.transform("count") > 1),
        drift=loop / loop.groupby(runs["machine"]).transform("median"),
        others=runs["other_cpu_s"].astype(float) / cpu_s,
        steal=runs["steal_s"].astype(float) / cpu_s,
    )


def _spreads(runs: pd.DataFrame) -> pd.DataFrame:
    """A row per combination of at least two rounds, with its coefficient of variation, in rising order."""
    repeated = runs[runs["relative"].notna()]
    times = repeated.groupby("combination")["timed_s"]
    rows = repeated.assign(variation=times.transform("std") / times.transform("mean")).drop_duplicates("combination")
    return rows.sort_values("variation", kind="stable")


def _draw_spread(axes: Axes, rows: pd.DataFrame, look: dict[str, dict[str, Any]]) -> None:
    for name, options in look.items():
        own = rows[rows["build"] == name]
        if len(own):
            axes.plot(own["variation"], np.arange(1, len(own) + 1) / len(own), ls="", ms=5, label=name, **options)
    _label(axes, "Spread", "coefficient of variation over the rounds", "share of the combinations", len(rows))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    if len(rows):
        axes.set_xlim(left=0)
        axes.legend(loc="lower right", fontsize=8)  # the points rise from the left; names of builds may be long


def _draw_drift(axes: Axes, runs: pd.DataFrame) -> None:
    across, unit = _time_of(runs)
    count = _draw_points(axes, across, runs["drift"], INK)
    _draw_medians(axes, across, runs["drift"])
    _label(axes, "Drift", f"{unit} since the first run", "fixed loop / its median", count)


def _draw_order(axes: Axes, runs: pd.DataFrame) -> None:
    count = _draw_points(axes, runs["place"], runs["relative"], INK)
    _draw_medians(axes, runs["place"], runs["relative"])
    _label(axes, "Order", "place in the round", "time / median of the combination", count)


def _draw_others(axes: Axes, runs: pd.DataFrame) -> None:
    across, unit = _time_of(runs)
    kinds = (("others", "other processes", _OTHER), ("steal", "the hypervisor", INK))
    count = sum(_draw_points(axes, across, runs[name], colour, label=label) for name, label, colour in kinds)
    _label(axes, "Others", f"{unit} since the first run", "share of the CPUs", count)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    if count:
        _add_legend(axes)


def _add_legend(axes: Axes) -> None:
    """A legend above the right end of the axes, beside the title."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, borderaxespad=0.2, fontsize=8, columnspacing=1)


def _time_of(runs: pd.DataFrame) -> tuple[pd.Series, str]:
    is_long = runs["minutes"].max() > 180
    return (runs["minutes"] / 60, "hours") if is_long else (runs["minutes"], "minutes")


def _draw_points(axes: Axes, across: pd.Series, values: pd.Series, colour: str, **options: Any) -> int:
    """Draw the known points, as pixels, and return how many there are."""
    known = across.notna() & values.notna()
    if known.any():
        look: dict[str, Any] = {"ms": 3.5, "mew": 0, "alpha": 0.45, "color": colour, "rasterized": True}
        axes.plot(across[known], values[known], "o", **look, **options)
    return int(known.sum())


def _draw_medians(axes: Axes, across: pd.Series, values: pd.Series) -> None:
    """The median of each tenth of the points, from left to right, at the tenth's median place."""
    known = pd.DataFrame({"across": across, "value": values}).dropna().sort_values("across", kind="stable")
    if len(known) >= 2 * _TENTHS:
        tenths = known.groupby(np.arange(len(known)) * _TENTHS // len(known)).median()
        axes.plot(tenths["across"], tenths["value"], color=ACCENT, lw=2.5)


def _label(axes: Axes, title: str, across: str, up: str, count: int) -> None:
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    if not count:
        axes.text(0.5, 0.5, "not recorded, or of one round alone", transform=axes.transAxes, ha="center", va="center")


def answers(runs: pd.DataFrame, spread: pd.DataFrame) -> list[str]:
    """How much the times vary, whether the order matters, and how many runs were disturbed."""
    disturbed = runs["flags"].fillna("").map(lambda flags: is_disturbed(flags.split(";"))).sum()
    sentences = [
        _describe_spread(spread),
        _describe_order(runs),
        _describe_drift(runs["reference_loop_before_s"].dropna()),
        f"{disturbed:,} of {phrases.format_count(len(runs), 'run')} were disturbed: noisy or drifting.",
    ]
    return [sentence for sentence in sentences if sentence]


def _describe_spread(rows: pd.DataFrame) -> str | None:
    if rows.empty:
        return None
    row = rows.iloc[-1]
    median, largest = phrases.format_percent(rows["variation"].median()), phrases.format_percent(row["variation"])
    return (
        f"Over the rounds the times of a combination vary by {median} in the median of "
        f"{phrases.format_count(len(rows), 'combination')}, by up to {largest} ({row['panel']} on {row['build']}, {row['label']}; "
        "coefficient of variation)."
    )


def _describe_order(runs: pd.DataFrame) -> str | None:
    known = runs[["place", "relative"]].astype(float).dropna()
    if len(known) < 3 or (known.nunique() < 2).any():
        return None
    correlation = float(spearmanr(known["place"], known["relative"]).statistic)
    return (
        f"Place in the round and time have a rank correlation of {'−' if correlation < 0 else ''}{abs(correlation):.2f} over "
        f"{phrases.format_count(len(known), 'run')} (Spearman; a description, not a test)."
    )


def _describe_drift(loops: pd.Series) -> str | None:
    if loops.empty:
        return None
    median, shortest, longest = (
        phrases.format_seconds(float(value)) for value in (loops.median(), loops.min(), loops.max())
    )
    return f"A fixed loop took {median} before a run in the median, from {shortest} to {longest}."
