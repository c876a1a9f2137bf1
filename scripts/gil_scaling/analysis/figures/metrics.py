"""Which metrics of the workloads are better or worse than sequential, or than on another build: a table coloured by claim."""

import pandas as pd
from matplotlib.figure import Figure

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.columns import BASELINE, BETTER, WORSE
from gil_scaling.analysis.figures import looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.heatmap import categories, draw_heatmaps

TITLE = "Which metrics are better or worse?"
PLACE = 24
HEADLINE = TITLE
OF_SWEEP = True

_MAX_LINES = 30
_READING = (
    "Each metric that the workload declares to be better if lower or higher, divided by the same of sequential (without it, of "
    "the fewest workers), or of another build; where a value is 0 or negative, the difference (with a sign). At the switch "
    "interval nearest to 5 ms and the most workers up to the usable CPUs. Brackets: 95 % confidence intervals where there is "
    "a claim."
)
_DATA = [
    *("pair", "kind", "panel", "label", "metric", "better", "value", "against_value"),
    *(f"{name}{end}" for name in ("ratio", "difference") for end in ("", "_low", "_high")),
    *("interval", "pairing", "claim", "rounds"),
]


def draw(tables: Tables) -> Drawn:
    """A line per workload and combination, a column per metric of each pair."""
    rows = _rows(tables)
    lines = list(dict.fromkeys(rows["line"]))
    shown = rows[rows["line"].isin(lines[:_MAX_LINES])]
    more = len(lines) > _MAX_LINES
    note = f" Of {len(lines)} lines {_MAX_LINES} are drawn; metric_changes.csv has all." if more else ""
    return Drawn(_draw(shown), answers(rows), _READING + note, rows[_DATA])


def _rows(tables: Tables) -> pd.DataFrame:
    """The rows of metrics with a claim at the default interval and the typical number of workers; raises Missing."""
    rows = tables["metric_changes"]
    rows = rows[rows["claim"].notna()]
    if rows.empty:
        raise Missing(
            "no workload declares which values of a metric are better, or there is nothing to compare them with"
        )
    usable_cpus = rows["machine"].map(tables["summary"].groupby("machine")["usable_cpus"].max())
    rows = representatives.at_default_interval(rows.assign(usable_cpus=usable_cpus))
    rows = representatives.typical_rows(rows, ["machine", "panel", "build", "backend", "kind"])
    is_baseline = rows["kind"] == BASELINE
    against = rows["against_label"].where(is_baseline, rows["against_build"])
    rows = rows.assign(
        label=representatives.labels_without_interval(rows),
        against=against,
        pair=rows["build"] + " against " + against,
    )
    rows = looks.in_order(tables, rows)
    return rows.assign(line=rows["panel"] + ", " + rows["label"])


def _draw(rows: pd.DataFrame) -> Figure:
    values, options, handles = categories(looks.METRIC_CLAIMS, rows["claim"])
    texts = [phrases.format_change(row) for row in rows.to_dict("records")]
    cells = rows.assign(group=rows["pair"], column=rows["metric"], value=values, text=texts)
    cells = cells.drop_duplicates(["line", "group", "column"])
    columns = cells[["group", "column"]].drop_duplicates()
    places = columns["group"].map({group: place for place, group in enumerate(dict.fromkeys(columns["group"]))})
    ordered = columns.loc[places.sort_values(kind="stable").index]
    return draw_heatmaps(
        cells, columns=list(ordered.itertuples(index=False, name=None)), cell=(1.6, 0.2), handles=handles, **options
    )


def answers(rows: pd.DataFrame) -> list[str]:
    """The metrics that are shown to be better or worse: one sentence per combination and what it is compared with."""
    shown = rows[rows["claim"].isin([BETTER, WORSE])]
    sentences = []
    for (line, build, against), own in shown.groupby(["line", "build", "against"], sort=False):
        parts = "; ".join(phrases.describe_metric(row) for row in own.to_dict("records"))
        sentences.append(f"{line} on {build}, compared with {against}: {parts}.")
    return sentences
