"""Which worker ran when, in a few hand-overs of the GIL: a panel a build, backend and switch interval on one time axis."""

import math

import matplotlib as mpl
from matplotlib.ticker import FuncFormatter

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures._one_run import asked, draw_bars, two_builds

TITLE = "Who holds the GIL when?"
PLACE = 55

_WINDOW_S = 12 * 0.005  # so many default intervals are shown
_COMBINATION = ["python", "workload", "params", "backend", "backend_params", "workers", "switch_interval_s", "start"]
_TOLD = ("hand_overs_per_s", "hold_p50_ms", "running_mean")
_DATA = ["panel", "python", "way", "round", "worker", "start_s", "end_s"]


def draw(tables):
    """One panel a build, backend and switch interval, below one another; one lane a worker."""
    rows = asked(tables["segments"], tables["summary"])
    if rows.empty:
        raise _style.Missing("no workload tells which worker ran when")
    pythons, chosen = two_builds(rows, tables)
    rows = _in_order(labels.ways(labels.panels(rows[rows["python"].isin(pythons)])))
    told = _told(rows, tables["metrics"])
    begins = {number: _began(run) for number, run in rows.groupby("number")}
    ends = {number: run["end_s"].max() - begins[number] for number, run in rows.groupby("number")}
    rows = _within(rows, rows["number"].map(begins))
    is_short = min(ends.values()) < _WINDOW_S
    shaded = ["Shaded: beyond the 1,000 stretches that a run records."] if is_short else []
    return _style.Drawn(_figure(rows, told, ends), answers(told), " ".join([_READING, *shaded, *chosen]), rows[_DATA])


_READING = (
    f"The first {_WINDOW_S * 1000:.0f} ms after the last worker began, of one run each, the one nearest to the median: a bar is a "
    "stretch in which that worker ran. Where bars of two lanes are never above one another, one worker runs at a time. The "
    "numbers are medians over the rounds: hand-overs a second, the median stretch, and the workers that ran at once on average."
)


def answers(told):
    """How often workers take turns, and how many run at once, a sentence a build and backend; told: as _told gives it."""
    found = []
    for (panel, python, name), own in told.groupby(["panel", "python", "name"], sort=False):
        own = own[own["running_mean"].notna()].sort_values("switch_interval_s")
        if own.empty:
            continue
        turns = own["switch_interval_s"].notna().any()
        gil = ", which share a GIL" if turns else ""
        parts = [_of_interval(row) if turns else _at_once(row) for row in own.to_dict("records")]
        note = (
            ""
            if own["running_mean_interval"].eq("ci95").all()
            else "; these are ranges of so few rounds that they make no claim"
        )
        found.append(f"{panel}, {name} on {python}{gil}: {'; '.join(parts)}{note}.")
    return found


def _of_interval(row):
    often = f"{_in(row, 'hand_overs_per_s')} hand-overs a second"
    held = f"median stretch {_in(row, 'hold_p50_ms')} ms"
    return f"interval {phrases.format_seconds(row['switch_interval_s'])}: {often}, {held}, {_at_once(row)}"


def _at_once(row):
    return f"{_in(row, 'running_mean', phrases.format_ratio)} running at once"


def _in(row, name, form=phrases.format_number):
    return f"{form(row[name])} [{form(row[f'{name}_low'])}, {form(row[f'{name}_high'])}]"


def _in_order(rows):
    """The rows in the order of their panels, which have a number: threads under a GIL, others, processes; long intervals first."""
    is_other = ~rows["backend"].isin(labels.THREADS)
    rows = rows.assign(is_other=is_other, is_free=rows["switch_interval_s"].isna())
    keys = ["panel", "is_other", "is_free", "python", "backend", "backend_params", "switch_interval_s", "workers"]
    rows = rows.sort_values(keys, ascending=[name != "switch_interval_s" for name in keys], kind="stable")
    return rows.assign(number=rows.groupby(_COMBINATION, dropna=False, sort=False).ngroup())


def _told(rows, metrics):
    """A row a panel with what its combination's metrics tell, each with its ends and the kind of its interval."""
    told = rows.drop_duplicates("number")
    told = told.assign(name=labels.ways(told.assign(switch_interval_s=math.nan))["way"])
    metrics = metrics.assign(switch_interval_s=metrics["switch_interval_s"].astype(float))
    for name in _TOLD:
        columns = {
            "value": name,
            "value_low": f"{name}_low",
            "value_high": f"{name}_high",
            "interval": f"{name}_interval",
        }
        own = metrics.loc[metrics["metric"] == name, [*_COMBINATION, *columns]].rename(columns=columns)
        told = told.merge(own, on=_COMBINATION, how="left")
    return told


def _began(run):
    """When the last worker began, in seconds of the run."""
    return run.groupby("worker")["start_s"].min().max()


def _within(rows, begins):
    """The parts of the stretches that lie in the window, with times from its beginning."""
    shifted = rows.assign(
        start_s=(rows["start_s"] - begins).clip(0, _WINDOW_S), end_s=(rows["end_s"] - begins).clip(0, _WINDOW_S)
    )
    return shifted[shifted["end_s"] > shifted["start_s"]]


def _figure(rows, told, ends):
    """The figure of the stretches in the window; ends: {number of a panel: where its records end}."""
    lanes = told["workers"].astype(int)
    heights = 0.42 + (0.17 * lanes).clip(upper=3.0)
    figure = mpl.figure.Figure(figsize=(10.5, 0.5 + heights.sum()), layout="constrained")
    ratios = {"height_ratios": heights}
    all_axes = figure.subplots(len(told), 1, sharex=True, gridspec_kw=ratios, squeeze=False)[:, 0]
    for axes, row in zip(all_axes, told.to_dict("records"), strict=True):
        _draw_panel(axes, rows[rows["number"] == row["number"]], row)
        if ends[row["number"]] < _WINDOW_S:
            axes.axvspan(ends[row["number"]], _WINDOW_S, color="0.5", alpha=0.12, lw=0)
    all_axes[-1].set_xlim(0, _WINDOW_S)
    all_axes[-1].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 1000:g}"))
    figure.supylabel("worker", size=10)
    all_axes[-1].set_xlabel("ms since the last worker began")
    return figure


def _draw_panel(axes, run, row):
    draw_bars(axes, run, [_style.look(row["backend"])[0]] * len(run))
    axes.grid(visible=False, axis="y")
    axes.set_ylim(row["workers"] - 0.45, -0.55)
    axes.set_yticks(range(row["workers"]) if row["workers"] <= 8 else [0, row["workers"] - 1])
    axes.tick_params(labelsize=8)
    axes.set_title(f"{row['way']} · {row['python']}", loc="left", size=9, pad=3)
    axes.set_title(_in_figures(row), loc="right", size=8.5, pad=3, weight="normal")


def _in_figures(row):
    """What the metrics tell, in a few words, to stand above the lanes."""
    if math.isnan(row["running_mean"]):
        return ""
    at_once = f"{phrases.format_ratio(row['running_mean'])} at once"
    if math.isnan(row["switch_interval_s"]):
        return at_once
    return f"{phrases.format_number(row['hand_overs_per_s'])} hand-overs/s, median stretch {phrases.format_number(row['hold_p50_ms'])} ms, {at_once}"
