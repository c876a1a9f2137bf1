"""The experimentally determined serial fraction of each workload and backend, over builds and worker counts, as a heat map."""

import math

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.figures import looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.heatmap import draw_worker_heatmap

TITLE = "How serial is it?"
PLACE = 70

_DATA = ["panel", "series", "build", "workers", "karp_flatt", "usable_cpus", "rounds_ok"]
_GROUP = ["build", "experiment", "panel", "series"]


def draw(tables: Tables) -> Drawn:
    """A line per workload and backend, a column per build and number of workers, in each cell the fraction."""
    summary = tables["summary"]
    is_shown = ~summary["role"].isin(CONTROLS) & (summary["workers_asked"] != "default") & summary["karp_flatt"].notna()
    if not is_shown.any():
        raise Missing("no speedup with two workers or more")
    rows = looks.in_order(tables, summary[is_shown], first=("panel",))
    rows = rows.assign(value=rows["karp_flatt"].clip(0, 1))
    figure = draw_worker_heatmap(rows, "karp_flatt", _format_fraction, cmap="Blues", vmin=0, vmax=1)
    return Drawn(figure, answers(rows, tables["scaling"]), _reading(rows), rows[_DATA])


def _reading(rows: pd.DataFrame) -> str:
    is_beyond = rows["workers"].astype(float) > rows["usable_cpus"].astype(float)
    grey = " Grey numbers of workers: more than the usable CPUs; the missing CPUs count as serial."
    counts = sorted(set(rows["rounds_ok"].dropna().astype(int)))
    rounds = phrases.format_count(counts[-1], "round")
    return (
        "Karp and Flatt's serial fraction: 0 (light) where the speedup equals the number of workers, 1 (dark) where there is none, "
        "above 1 where sequential is faster. What uneven tasks explain is taken out. A fraction that grows with the workers shows "
        "costs that each worker adds, a constant one work that cannot be shared out. From medians over "
        f"{rounds if len(counts) == 1 else f'{counts[0]} to {rounds}'}, without intervals.{grey if is_beyond.any() else ''}"
    )


def answers(rows: pd.DataFrame, scaling: pd.DataFrame) -> list[str]:
    """Amdahl's serial fraction of each workload, build and backend that has a fit; else the extremes of the cells."""
    lines = rows[_GROUP].drop_duplicates()
    fits = lines.merge(scaling[scaling["serial"].notna()], on=_GROUP)
    if len(fits):
        return [_describe_fit(row) for _, row in fits.iterrows()]
    return [_describe_extremes(panel, own) for panel, own in rows.groupby("panel", sort=False)]


def _describe_fit(row: pd.Series) -> str:
    name = f"Amdahl's serial fraction of {row['panel']} with {row['series']} on {row['build']}"
    counts = f"over {row['worker_counts']} worker counts"
    if math.isnan(row["serial_low"]):
        rounds = phrases.format_count(row["rounds"], "round")
        return f"{name} is about {phrases.format_ratio(row['serial'])} {counts}; {rounds} are too few for an interval."
    return f"{name} is {phrases.format_ratio_ci(row['serial'], row['serial_low'], row['serial_high'])} {counts}."


def _describe_extremes(panel: str, rows: pd.DataFrame) -> str:
    lowest, highest = (
        _describe_cell(rows.loc[at]) for at in (rows["karp_flatt"].idxmin(), rows["karp_flatt"].idxmax())
    )
    if lowest == highest:
        return f"{panel}: the serial fraction is about {lowest}, without an interval."
    return f"{panel}: the serial fraction ranges from about {lowest} to about {highest}, without intervals."


def _describe_cell(row: pd.Series) -> str:
    return f"{_format_fraction(row['karp_flatt'])} with {row['label']} on {row['build']}"


def _format_fraction(value: float) -> str:
    """Two digits after the point, a large one in whole: 0.04, 6,792."""
    return phrases.format_ratio(value) if value < 10 else f"{value:,.0f}"
