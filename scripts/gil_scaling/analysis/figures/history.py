"""How builds of several versions compare: sequential time and what threads give, from the oldest to the newest."""

import pandas as pd
from matplotlib.figure import Figure

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures._builds import build_looks

TITLE = "How did it change from version to version?"
PLACE = 90
OF_SWEEP = True
COMPARES = 9

_LEAST_VERSIONS = 3
_TIME, _SPEEDUP = "sequential time", "speedup of threads"


def draw(tables):
    """One row a workload: its sequential time on the left, what threads give on the right, against the builds."""
    looks = build_looks(tables["builds"])
    rows = _rows(tables["summary"])
    found = tables["builds"].set_index("python")
    if found.loc[found.index.isin(rows["python"]), "version"].nunique() < _LEAST_VERSIONS:
        raise _style.Missing("fewer than three versions")
    looks = {name: look for name, look in looks.items() if name in set(rows["python"])}
    free_threaded = found["free_threaded"].eq(True).to_dict()
    figure = _figure_of(rows, looks, free_threaded)
    reading = (
        "Builds from the oldest to the newest version, those of one kind joined. Left: sequential time over that of the "
        "reference build, less is better; right: speedup of threads over sequential on the same build, at the most workers up "
        f"to the usable CPUs. {_style.interval_note(rows)}"
    )
    columns = ["panel", "measure", "python", "workers", "value", "value_low", "value_high", "rounds_ok", "interval"]
    return _style.Drawn(figure, answers(rows, looks, free_threaded), reading, rows[columns])


def _rows(summary):
    """A row a workload, build and measure: value with its ends, and the claim that belongs to it."""
    rows = summary[(summary["role"] != "ceiling") & summary["speedup_reference"].notna()]
    if rows.empty:
        raise _style.Missing("no workload has a time beside the reference build's")
    rows = labels.series(labels.panels(choice.at_default_interval(rows)))
    alone = rows[rows["backend"] == "sequential"]
    threads = rows[rows["backend"].isin(labels.THREADS) & rows["speedup"].notna()]
    typical = [choice.typical_threads(own) for _, own in threads.groupby(["panel", "python"], sort=False)]
    inverse = {"value": "", "value_low": "_high", "value_high": "_low"}
    times = alone.assign(measure=_TIME, **{name: 1 / alone[f"speedup_reference{end}"] for name, end in inverse.items()})
    threads = pd.DataFrame(typical, columns=rows.columns).astype(rows.dtypes)
    speedups = {f"value{end}": threads[f"speedup{end}"] for end in ("", "_low", "_high")}
    return pd.concat([times, threads.assign(measure=_SPEEDUP, **speedups)])


def _figure_of(rows, looks, free_threaded):
    panels = sorted(rows["panel"].unique())
    figure = Figure(figsize=(11, 0.6 + 2.0 * len(panels)), layout="constrained")
    grid = figure.subplots(len(panels), 2, squeeze=False, sharex=True)
    for line, panel in zip(grid, panels, strict=True):
        for axes, measure in zip(line, (_TIME, _SPEEDUP), strict=True):
            own = rows[(rows["panel"] == panel) & (rows["measure"] == measure)].set_index("python")
            _draw_panel(axes, own, looks, free_threaded)
            axes.set_title(f"{panel} · {measure}")
            axes.set_ylim(0, 1.15 * max(1.0, own["value_high"].max()) if len(own) else None)
            axes.set_ylabel("time / reference" if measure == _TIME else "speedup", size=9)
            axes.set_xticks(range(len(looks)), looks)
    return figure


def _draw_panel(axes, rows, looks, free_threaded):
    """The builds side by side, those of one kind joined by a line."""
    axes.axhline(1, color="0.3", lw=1, zorder=1)
    names = [name for name in looks if name in rows.index]
    places = {name: place for place, name in enumerate(looks)}
    for kind in (False, True):
        own = [name for name in names if free_threaded[name] == kind]
        if own:
            colour = looks[own[-1]]["color"]
            axes.plot([places[name] for name in own], rows.loc[own, "value"], color=colour, lw=1, zorder=1)
    for name in names:
        middle, low, high = (float(rows.at[name, f"value{end}"]) for end in ("", "_low", "_high"))
        errors = [[middle - low], [high - middle]]
        axes.errorbar(places[name], middle, yerr=errors, ls="", ms=6, capsize=2, **looks[name])


def answers(rows, looks, free_threaded):
    """How the oldest and the newest build of each kind compare, two sentences a workload."""
    names = _ends(looks, free_threaded)
    found = []
    for panel, own in rows.groupby("panel", sort=True):
        alone = own[(own["measure"] == _TIME) & (own["python"] != own["reference"])].set_index("python")
        threads = own[own["measure"] == _SPEEDUP].set_index("python")
        parts = [f"{name} is {_against(alone.loc[name])}" for name in names if name in alone.index]
        if parts:
            found.append(f"{panel} at one worker: {'; '.join(parts)}.")
        parts = [f"on {name}, {_with(threads.loc[name])}" for name in names if name in threads.index]
        if parts:
            found.append(f"{panel}: {'; '.join(parts)}.")
    return found


def _ends(looks, free_threaded):
    """The oldest and the newest build without and with a free-threaded interpreter."""
    kinds = ([name for name in looks if free_threaded[name] == kind] for kind in (False, True))
    return [name for own in kinds if own for name in dict.fromkeys([own[0], own[-1]])]


def _against(row):
    return phrases.describe_speed(row, "speedup_reference", row["claim_reference"], f"the speed of {row['reference']}")


def _with(row):
    how = phrases.describe_speed(row, "speedup", row["claim"])
    return f"{row['series']} × {row['workers']:.0f} is {how}"
