"""How steady the machine was: spread over the rounds, drift, the order of the runs, and what else took the CPUs."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from scipy.stats import spearmanr

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures._builds import build_looks
from gil_scaling.analysis.tables.pairing import COMBINATION, with_times
from gil_scaling.analysis.tables.quality import is_disturbed

TITLE = "How steady was the machine?"
PLACE = 100
OF_SWEEP = True

_TENTHS = 10
_INK, _ACCENT, _OTHER = "#2c3e50", "#b0124f", "#a86400"
_READING = (
    "Spread: standard deviation over mean of a combination's times over the rounds, one point each, sorted. Drift: a fixed "
    "loop before each run, over its median. Order: a run's time over the median of its combination, against its place in the "
    "round; the line is the median of each tenth. Others: CPU time of other processes, and what the hypervisor took, as shares "
    "of the CPUs. A description of all runs that are ok, without intervals."
)


def draw(tables):
    """Four panels: spread, drift, order, and what others took."""
    if not (tables["runs"]["status"] == "ok").any():
        raise _style.Missing("no run is ok")
    runs = _runs(tables["runs"], tables["summary"])
    spread = _spreads(runs)
    figure = Figure(figsize=(11, 7.4), layout="constrained")
    (top_left, top_right), (bottom_left, bottom_right) = figure.subplots(2, 2)
    _draw_spread(top_left, spread, build_looks(tables["builds"]))
    _draw_drift(top_right, runs)
    _draw_order(bottom_left, runs)
    _draw_others(bottom_right, runs)
    columns = ["run", "python", "workload", "backend", "round", "started", "minutes", "place", "relative", "drift"]
    return _style.Drawn(figure, answers(runs, spread), _READING, runs[[*columns, "others", "steal", "flags"]])


def _runs(runs, summary):
    """The runs that are ok, one row each, in the order in which they began, with what the panels show of them."""
    runs = with_times(runs[runs["status"] == "ok"].drop_duplicates("run"))
    began = pd.to_datetime(runs["started"], utc=True, errors="coerce", format="ISO8601")
    runs = runs.assign(began=began).sort_values("began", kind="stable")
    timed = set(summary.loc[summary["speedup"].notna(), "workload"])  # elsewhere the time says nothing
    seconds = runs["timed_s"].where(runs["workload"].isin(timed) | (not timed))
    of_combination = seconds.groupby([runs[name] for name in COMBINATION], dropna=False)
    is_repeated = of_combination.transform("count") > 1
    loop = runs["reference_loop_before_s"].astype(float)
    cpu_s = runs["wall_s"].astype(float) * float(summary["usable_cpus"].max())
    return runs.assign(
        timed_s=seconds,
        minutes=(runs["began"] - runs["began"].min()).dt.total_seconds() / 60,
        place=runs.groupby(["call", "round"], dropna=False)["began"].rank(method="first"),
        relative=(seconds / of_combination.transform("median")).where(is_repeated),
        drift=loop / loop.median(),
        others=runs["other_cpu_s"].astype(float) / cpu_s,
        steal=runs["steal_s"].astype(float) / cpu_s,
    )


def _spreads(runs):
    """A row a combination of at least two rounds, with its coefficient of variation, from the least on."""
    repeated = runs[runs["relative"].notna()]
    times = repeated.groupby(COMBINATION, dropna=False)["timed_s"]
    rows = repeated.assign(variation=times.transform("std") / times.transform("mean")).drop_duplicates(COMBINATION)
    return labels.ways(labels.panels(rows)).sort_values("variation", kind="stable") if len(rows) else rows


def _draw_spread(axes, rows, looks):
    for name, look in looks.items():
        own = rows[rows["python"] == name]
        if len(own):
            axes.plot(own["variation"], np.arange(1, len(own) + 1) / len(own), ls="", ms=5, label=name, **look)
    _label(axes, "Spread", "coefficient of variation over the rounds", "share of the combinations", len(rows))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    if len(rows):
        axes.set_xlim(left=0)
        axes.legend(loc="lower right", fontsize=8)


def _draw_drift(axes, runs):
    across, unit = _time_of(runs)
    drawn = _draw_points(axes, across, runs["drift"], _INK)
    _draw_medians(axes, across, runs["drift"])
    _label(axes, "Drift", f"{unit} since the first run", "fixed loop / its median", drawn)


def _draw_order(axes, runs):
    drawn = _draw_points(axes, runs["place"], runs["relative"], _INK)
    _draw_medians(axes, runs["place"], runs["relative"])
    _label(axes, "Order", "place in the round", "time / median of the combination", drawn)


def _draw_others(axes, runs):
    across, unit = _time_of(runs)
    kinds = (("others", "other processes", _OTHER), ("steal", "the hypervisor", _INK))
    drawn = sum(_draw_points(axes, across, runs[name], colour, label=label) for name, label, colour in kinds)
    _label(axes, "Others", f"{unit} since the first run", "share of the CPUs", drawn)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    if drawn:
        axes.legend(loc="upper right", fontsize=8, frameon=True, markerscale=2)


def _time_of(runs):
    is_long = runs["minutes"].max() > 180
    return (runs["minutes"] / 60, "hours") if is_long else (runs["minutes"], "minutes")


def _draw_points(axes, across, values, colour, **options):
    """Draws what is known of the points, as pixels, and returns how many there are."""
    known = across.notna() & values.notna()
    if known.any():
        axes.plot(
            across[known], values[known], "o", ms=3.5, mew=0, alpha=0.45, color=colour, rasterized=True, **options
        )
    return int(known.sum())


def _draw_medians(axes, across, values):
    """The median of each tenth of the points, from the left to the right, at the tenth's median place."""
    known = pd.DataFrame({"across": across, "value": values}).dropna().sort_values("across", kind="stable")
    if len(known) >= 2 * _TENTHS:
        tenths = known.groupby(np.arange(len(known)) * _TENTHS // len(known)).median()
        axes.plot(tenths["across"], tenths["value"], color=_ACCENT, lw=2.5)


def _label(axes, title, across, up, drawn):
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    if not drawn:
        axes.text(0.5, 0.5, "not recorded, or of one round alone", transform=axes.transAxes, ha="center", va="center")


def answers(runs, spread):
    """How much the times vary, whether the order matters, and how many runs were disturbed."""
    disturbed = runs["flags"].fillna("").map(lambda flags: is_disturbed(flags.split(";"))).sum()
    found = [_of_spread(spread), _of_order(runs), _of_drift(runs["reference_loop_before_s"].dropna())]
    return [
        *filter(None, found),
        f"{disturbed:,} of {phrases.format_count(len(runs), 'run')} were disturbed: noisy or drifting.",
    ]


def _of_spread(rows):
    if rows.empty:
        return None
    most = rows.iloc[-1]
    return (
        f"Over the rounds the times of a combination vary by {phrases.format_percent(rows['variation'].median())} in the median of "
        f"{phrases.format_count(len(rows), 'combination')}, by {phrases.format_percent(most['variation'])} at most ({most['panel']} on "
        f"{most['python']}, {most['way']}; coefficient of variation)."
    )


def _of_order(runs):
    known = runs[["place", "relative"]].astype(float).dropna()
    if len(known) < 3 or (known.nunique() < 2).any():
        return None
    correlation = float(spearmanr(known["place"], known["relative"]).statistic)
    return (
        f"Place in the round and time have a rank correlation of {'−' if correlation < 0 else ''}{abs(correlation):.2f} over "
        f"{phrases.format_count(len(known), 'run')} (Spearman; a description, not a test)."
    )


def _of_drift(loops):
    if loops.empty:
        return None
    middle, least, most = (phrases.format_seconds(float(value)) for value in (loops.median(), loops.min(), loops.max()))
    return f"A fixed loop took {middle} before a run in the median, from {least} to {most}."
