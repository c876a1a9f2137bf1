"""The peak of the memory of all processes against workers."""

import pandas as pd
from matplotlib.axes import Axes

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels

TITLE = "What does a worker cost in memory?"
PLACE = 80

_PEAK = "peak_memory_mb"
_DATA = ["panel", "build", "series", "workers", _PEAK, f"{_PEAK}_low", f"{_PEAK}_high", "memory_kind"]
_MIN_MB = 0.1  # per worker, to be given as a number
_MEANINGS = {
    "pss": "memory that processes share is counted once (PSS)",
    "rss": "memory that processes share is counted in each (RSS)",
}


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one line per backend."""
    summary = tables["summary"]
    is_shown = ~summary["role"].isin(CONTROLS) & (summary["workers_asked"] != "default") & summary["workers"].notna()
    rows = summary[is_shown & summary[_PEAK].notna()]
    if rows.empty:
        raise Missing("no memory was measured")
    rows = looks.in_order(tables, rows)
    shown, note = choose_panels(rows, _PEAK, rule="those with the highest peak", is_ratio=False)
    look, counts = looks.backends(tables), {1.0, *shown["workers"].astype(float)}
    kinds = sorted(set(rows["memory_kind"].dropna()))
    figure = draw_panels(
        shown,
        lambda axes, own: _draw_panel(axes, own, look, counts),
        x_label="workers",
        y_label=f"peak in MiB ({', '.join(kinds).upper()})" if kinds else "peak in MiB",
        is_shared_y=True,
    )
    return Drawn(figure, answers(rows), " ".join(filter(None, [_reading(shown, kinds), note])), rows[_DATA])


def _reading(rows: pd.DataFrame, kinds: list[str]) -> str:
    meanings = phrases.join_words(_MEANINGS.get(kind, kind) for kind in kinds)
    return (
        f"Peak of the whole process tree, in a separate sample{f'; {meanings}' if meanings else ''}. Horizontal line: sequential; "
        f"hollow marks: a backend with parameters. {drawing.interval_note(rows)} {drawing.SHADED}"
    )


def answers(rows: pd.DataFrame) -> list[str]:
    """What a worker adds to the memory of sequential, without a claim: a sentence per build, on the workload that needs most."""
    sentences = []
    for build, of_build in rows.groupby("build", sort=False):
        panel = of_build.loc[of_build[_PEAK].astype(float).idxmax(), "panel"]
        own = of_build[of_build["panel"] == panel]
        is_sequential = own["backend_kind"] == "sequential"
        if is_sequential.any() and not is_sequential.all():
            base_mb = own.loc[is_sequential, _PEAK].iloc[0]
            parts = [_describe_worker(line, base_mb) for _, line in own[~is_sequential].groupby("series", sort=False)]
            text = f"sequential needs about {_format_mb(base_mb)} MiB; each worker adds {', '.join(parts)}"
            sentences.append(f"{panel} on {build}: {text}.")
    return sentences


def _describe_worker(line: pd.DataFrame, base_mb: float) -> str:
    """What each worker adds at the highest number of workers: `about 7.1 MiB with process × 4`."""
    row = line.loc[line["workers"].astype(float).idxmax()]
    each_mb = (row[_PEAK] - base_mb) / row["workers"]
    amount = f"about {_format_mb(each_mb)} MiB" if each_mb >= _MIN_MB else f"less than {_MIN_MB} MiB"
    return f"{amount} with {row['label']}"


def _format_mb(value_mb: float) -> str:
    """Two significant digits: 0.21, 7.1, 47, 1,200."""
    return f"{float(f'{value_mb:.1e}'):,.12g}"


def _draw_panel(axes: Axes, rows: pd.DataFrame, look: dict[str, looks.Look], counts: set[float]) -> None:
    for name, line in rows.groupby("series", sort=False):
        colour, marker, _ = look[line["backend"].iloc[0]]
        if line["backend_kind"].iloc[0] == "sequential":
            axes.axhline(line[_PEAK].iloc[0], color=colour, lw=1.2, label=name)
            continue
        face = colour if line["backend_params"].iloc[0] == "{}" else "white"
        drawing.line_with_bars(axes, line, "workers", _PEAK, color=colour, marker=marker, mfc=face, label=name)
    drawing.worker_axis(axes, counts)
    axes.set_xlim(min(counts) / 1.15, max(counts) * 1.15)
    axes.set_ylim(0, 1.05 * float(rows[f"{_PEAK}_high"].max()))
    drawing.few_ticks(axes)
    drawing.shade_beyond_cpus(axes, rows["usable_cpus"].max())
