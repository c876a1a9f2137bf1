"""Speedup against workers, with what is ideal and what the tasks and the machine allow."""

import pandas as pd
from matplotlib.axes import Axes

from gil_scaling.analysis import phrases, representatives
from gil_scaling.analysis.columns import CONTROLS, FASTER
from gil_scaling.analysis.figures import drawing, looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.panels import choose_panels, draw_panels

TITLE = "Does it scale, and what limits it?"
PLACE = 10
HEADLINE = "What do threads give, with the GIL and without?"

_LIMITS = {"speedup_bound": ("bound", ":"), "speedup_ceiling": ("ceiling", "-.")}
_MEANINGS = {
    "bound": "bound: what the tasks and the CPUs allow",
    "ceiling": "ceiling: what processes reach in steady state on this machine",
}
_LINE = ["panel", "build", "series"]
_DATA = [*_LINE, "workers", "speedup", "speedup_low", "speedup_high", *_LIMITS, "claim", "is_predicted"]
_MAX_PREDICTED = 4  # builds named in a sentence on predictions


def draw(tables: Tables) -> Drawn:
    """One panel per workload and build, one line per backend."""
    summary = tables["summary"]
    rows = summary[summary["speedup"].notna() & ~summary["role"].isin(CONTROLS)]
    if not (rows["backend"] != "sequential").any():
        raise Missing("no speedup: only sequential is ok, or the workloads do not measure a time")
    look = looks.backends(tables)
    rows = looks.in_order(tables, rows)
    shown, note = choose_panels(rows)
    predictions = tables["predictions"].astype(dict.fromkeys(_LINE, "str"))  # an empty table has no texts
    predicted = _predicted(rows, predictions)
    counts = {1.0, *shown["workers"].astype(float), *predicted.merge(shown[_LINE])["workers"].astype(float)}
    figure = draw_panels(
        shown,
        lambda axes, own: _draw_panel(axes, own, predicted.merge(own[_LINE].drop_duplicates()), look, counts),
        x_label="workers",
        y_label="speedup",
        is_shared_y=True,
    )
    limits = [_MEANINGS[label] for column, (label, _) in _LIMITS.items() if shown[column].notna().any()]
    reading = [
        f"Speedup over sequential on the same build. {drawing.interval_note(shown, drawing.RATIOS)}",
        f"{'; '.join(['Grey lines: ideal: one per worker', *limits])}.",
        drawing.SHADED,
        _describe_predictions(predictions, rows),
        note,
    ]
    sentences = [*answers(rows, summary, tables["builds"]), *predicted_answers(predicted, rows)]
    data = pd.concat([rows.assign(is_predicted=False), predicted.assign(is_predicted=True)], ignore_index=True)
    return Drawn(figure, sentences, " ".join(filter(None, reading)), data.reindex(columns=_DATA))


def _predicted(rows: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """The predictions of the lines, with the workers predicted as `workers`, and the backend."""
    made = predictions[predictions["predicted_workers"].notna()].rename(columns={"predicted_workers": "workers"})
    return made.merge(rows[_LINE].drop_duplicates())


def _describe_predictions(predictions: pd.DataFrame, summary: pd.DataFrame) -> str:
    """What the dashed lines are, and for how many of the lines that scale there is no prediction, by reason."""
    parts = []
    if predictions["predicted_workers"].notna().any():
        parts.append(
            "Dashed: predicted from the fitted scaling laws, with 95 % prediction intervals, which hold if no other limit begins."
        )
    reasons = _that_scale(predictions, summary)["reason"].value_counts()
    if len(reasons):
        lines = [f"{reason} ({phrases.format_count(count, 'line')})" for reason, count in reasons.items()]
        parts.append(f"No prediction where {'; '.join(lines)}; only lines that are faster with the most workers count.")
    return " ".join(parts)


def _that_scale(predictions: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """The predictions of lines that are faster than sequential with the most workers that were measured."""
    fast = summary.loc[summary["claim"] == FASTER, [*_LINE, "workers"]]
    return predictions.merge(fast.rename(columns={"workers": "measured_workers"}).drop_duplicates())


def predicted_answers(predicted: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """The predicted speedups of the plainest threads that scale, a sentence per workload."""
    threads = predicted[predicted["backend_kind"] == "threads"]
    sentences = []
    for panel, own in _that_scale(threads, summary).groupby("panel", sort=False):
        parts = [_describe_prediction(row) for _, row in representatives.plainest_rows(own, ["build"]).iterrows()]
        shown = phrases.limit_words(parts, _MAX_PREDICTED, "other")
        sentences.append(f"{panel}, predicted with more workers than measured: {'; '.join(shown)}.")
    return sentences


def _describe_prediction(row: pd.Series) -> str:
    speedup = phrases.format_speed(row, "speedup", "sequential")
    return f"{row['series']} × {row['workers']} on {row['build']} (measured up to {row['measured_workers']}): {speedup}"


def answers(rows: pd.DataFrame, summary: pd.DataFrame, builds: pd.DataFrame) -> list[str]:
    """What threads give on each build, a sentence per workload and machine."""
    gil, one_worker = builds.set_index("build")["gil"].to_dict(), representatives.OneWorker(summary)
    of_panel = ["panel", "machine"]
    threads = rows[rows["backend_kind"] == "threads"]
    threads = threads.assign(place=threads.groupby(of_panel, sort=False).ngroup())
    plain = representatives.plainest_rows(threads, of_panel)
    plain = plain.assign(place_of_build=plain.groupby([*of_panel, "build"], sort=False).ngroup())
    shown = representatives.typical_row_of_each(plain, [*of_panel, "build"]).sort_values(["place", "place_of_build"])
    parts: dict[tuple[str, str], list[str]] = {}
    for row in shown.to_dict("records"):
        how = phrases.describe_speed(row, "speedup", row["claim"]) + one_worker.describe(row)
        text = f"{row['label']} on {row['build']}, {phrases.describe_gil(gil[row['build']])}, is {how}"
        parts.setdefault((row["panel"], row["machine"]), []).append(text)
    return [f"{panel}: {'; '.join(texts)}." for (panel, _), texts in parts.items()]


def _draw_panel(
    axes: Axes, rows: pd.DataFrame, predicted: pd.DataFrame, look: dict[str, looks.Look], counts: set[float]
) -> None:
    axes.plot(sorted(counts), sorted(counts), color="0.6", ls="--", lw=1, label="ideal")
    parallel = rows[rows["backend_kind"] != "sequential"]
    for column, (label, style) in _LIMITS.items():
        limit = parallel[parallel[column].notna()].groupby("workers")[column].median()
        if len(limit):
            axes.plot(limit.index.astype(float), limit, color="0.35", ls=style, lw=1.3, label=label)
    axes.axhline(1, color=looks.INK, lw=1, label="sequential")
    lines = list(parallel.groupby("series", sort=False))
    for place, (name, line) in enumerate(lines):
        shift = 2 ** (0.03 * (place - (len(lines) - 1) / 2))  # bars stand beside those of the others
        backend = look[line["backend"].iloc[0]]
        beside = line.assign(beside=line["workers"].astype(float) * shift)
        drawing.line_with_bars(
            axes, beside, "beside", "speedup", color=backend.colour, marker=backend.marker, label=name
        )
        _draw_prediction(axes, beside, predicted[predicted["series"] == name], backend.colour)
    drawing.worker_axis(axes, counts)
    axes.set_xlim(min(counts) / 1.15, max(counts) * 1.15)
    highest = pd.concat([rows[["speedup_high", *_LIMITS]], predicted[["speedup_high"]]]).max().max()
    axes.set_ylim(
        0, 1.15 * max(1.0, float(highest))
    )  # room for what was measured and the bound, not for an ideal far above
    drawing.few_ticks(axes)
    drawing.shade_beyond_cpus(axes, rows["usable_cpus"].max())


def _draw_prediction(axes: Axes, line: pd.DataFrame, predicted: pd.DataFrame, colour: str) -> None:
    """Draw a line on to its predicted speedup, dashed, from the largest count that the prediction rests on."""
    if predicted.empty:
        return
    start = line[line["workers"] == predicted["measured_workers"].iloc[0]].assign(place=lambda rows: rows["beside"])
    end = predicted.assign(place=predicted["workers"])
    axes.plot(*pd.concat([start, end])[["place", "speedup"]].astype(float).to_numpy().T, color=colour, ls="--", lw=1.1)
    drawing.line_with_bars(axes, end, "place", "speedup", color=colour, marker="", ls="")
