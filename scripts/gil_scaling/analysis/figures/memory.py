"""The peak of the memory of all processes against workers."""

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.figures import _style

TITLE = "What does a worker cost in memory?"
PLACE = 80
COMPARES = 8

_MEASURE = "peak_memory_mb"
_DATA = ["panel", "python", "series", "workers", _MEASURE, f"{_MEASURE}_low", f"{_MEASURE}_high", "memory_kind"]
_LITTLE_MB = 0.1
_MEANINGS = {
    "pss": "memory that processes share is counted once (PSS)",
    "rss": "memory that processes share is counted in each (RSS)",
}


def draw(tables):
    """One panel a workload and build, one line a backend."""
    rows = _rows(tables["summary"])
    if rows.empty:
        raise _style.Missing("no memory was measured")
    return _style.Drawn(_figure(rows), answers(rows), _reading(rows), rows[_DATA])


def _reading(rows):
    kinds = [_MEANINGS.get(kind, kind) for kind in sorted(set(rows["memory_kind"].dropna()))]
    counted = f", in which {phrases.join_words(kinds)}" if kinds else ""
    return (
        f"Peak of the whole process tree, in a sample of its own{counted}. Horizontal line: the sequence; hollow marks: a backend "
        f"with parameters of its own. "
        f"{_style.interval_note(rows)} {_style.SHADED}"
    )


def answers(rows):
    """What a worker adds to the sequence's memory, as a description: a sentence a build, of the workload that needs most."""
    found = []
    for python, of_build in rows.groupby("python", sort=False):
        panel = of_build.loc[of_build[_MEASURE].astype(float).idxmax(), "panel"]
        own = of_build[of_build["panel"] == panel]
        alone = own.loc[own["backend"] == "sequential", _MEASURE]
        parallel = own[own["backend"] != "sequential"]
        if len(alone) and len(parallel):
            parts = [_said(line, alone.iloc[0]) for _, line in parallel.groupby("series", sort=False)]
            said = f"about {_about(alone.iloc[0])} MiB in sequence; each worker adds {', '.join(parts)}"
            found.append(f"{panel} on {python}: {said}.")
    return found


def _said(line, alone_mb):
    """What each worker adds, where there are the most of them: `about 7.1 MiB with process × 4`."""
    row = line.loc[line["workers"].astype(float).idxmax()]
    each_mb = (row[_MEASURE] - alone_mb) / row["workers"]
    said = f"about {_about(each_mb)} MiB" if each_mb >= _LITTLE_MB else f"less than {_LITTLE_MB} MiB"
    return f"{said} with {row['series']} × {row['workers']}"


def _about(value_mb):
    """Two significant digits: 0.21, 7.1, 47, 1,200."""
    return f"{float(f'{value_mb:.1e}'):,.12g}"


def _rows(summary):
    """The rows that have a peak, in the order in which they are drawn, with panel and series."""
    is_shown = (summary["role"] != "ceiling") & (summary["workers_asked"] != "default") & summary["workers"].notna()
    rows = labels.series(labels.panels(summary[is_shown & summary[_MEASURE].notna()]))
    return rows.assign(rank=_style.rank(rows["backend"])).sort_values(
        ["panel", "python", "rank", "series", "workers"], kind="stable"
    )


def _figure(rows):
    figure, all_axes = _style.panels_of(rows, width=4.0, height=2.7)
    highest = rows.groupby("panel")[f"{_MEASURE}_high"].max()
    handles = {}
    for axes, own in all_axes:
        _draw_panel(axes, own)
        axes.set_ylim(0, 1.05 * highest[own["panel"].iloc[0]])
        handles.update(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    _style.legend_below(figure, handles)
    return figure


def _draw_panel(axes, rows):
    for name, line in rows.groupby("series", sort=False):
        colour, marker = _style.look(line["backend"].iloc[0])
        if name == "sequential":
            axes.axhline(line[_MEASURE].iloc[0], color=colour, lw=1.2, label=name)
            continue
        face = colour if line["backend_params"].iloc[0] == "{}" else "white"
        _style.line_with_bars(axes, line, "workers", _MEASURE, color=colour, marker=marker, mfc=face, label=name)
    _style.worker_axis(axes, {1, *rows["workers"]})
    kinds = sorted(set(rows["memory_kind"].dropna()))
    axes.set_ylabel(f"peak in MiB ({', '.join(kinds).upper()})" if kinds else "peak in MiB")
    _style.beyond_the_cpus(axes, rows["usable_cpus"].max())
