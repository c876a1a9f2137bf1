"""The contention ladder: what threads give on objects of their own, on one that is read, written, or locked, build by build."""

import pandas as pd

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures._builds import build_looks, figure_of_rows
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER

TITLE = "What does sharing an object cost?"
PLACE = 25
HEADLINE = "What does sharing cost?"
OF_SWEEP = True
COMPARES = 6

_RUNGS = {  # what the workers do to one object, from the cheapest on
    "own": "each its own object",
    "read": "one object, read",
    "written": "one object, written",
    "locked": "one object behind a lock",
}
_VERDICTS = {
    FASTER: "faster",
    SLOWER: "slower",
    SAME: "as fast within 5 %",
    NOT_SHOWN: "not shown to differ",
    NO_CLAIM: "too few rounds for a claim (the brackets are ranges)",
}


def draw(tables):
    """One row a workload, from own objects to locked ones, one mark a build."""
    rows = _rows(tables["summary"])
    looks = build_looks(tables["builds"])
    axes = figure_of_rows(rows, "speedup", looks)
    axes.axvline(1, color=_style.look("sequential")[0], lw=1.5, zorder=1)
    axes.set_xlim(left=0)
    axes.set_xlabel("speedup of the threads over sequential")
    _name_rungs(axes, rows)
    reading = (
        "Speedup of the threads over sequential on the same build, at the most workers up to the usable CPUs; left of the "
        f"line at 1 the threads are slower than the sequence. {_style.interval_note(rows)}"
    )
    columns = ["panel", "sharing", "python", "series", "workers", "speedup", "speedup_low", "speedup_high", "claim"]
    return _style.Drawn(axes.figure, answers(rows, tables["builds"]), reading, rows[columns])


def _rows(summary):
    """A row a workload with a rung and build, of the first backend of threads at one number of workers; raises Missing."""
    rows = summary[summary["sharing"].isin(_RUNGS) & (summary["role"] != "ceiling")]
    if rows.empty:
        raise _style.Missing("no workload shares an object, or has a twin that does not")
    rows = labels.series(labels.panels(choice.at_default_interval(rows)))
    rows = rows[rows["backend"].isin(labels.THREADS) & rows["speedup"].notna()]
    if rows.empty:
        raise _style.Missing("no thread has a speedup on a workload that shares an object")
    found = pd.DataFrame([choice.typical_threads(own) for _, own in rows.groupby(["panel", "python"], sort=False)])
    rung = found["sharing"].map(list(_RUNGS).index)
    return found.assign(rung=rung).sort_values(["rung", "panel"], kind="stable")


def _name_rungs(axes, rows):
    """Says beside its rows what each rung is, with a line between rungs."""
    of_panels = rows.drop_duplicates("panel")["sharing"].tolist()
    for rung, text in _RUNGS.items():
        places = [place for place, own in enumerate(of_panels) if own == rung]
        if places:
            across = axes.get_yaxis_transform()
            axes.text(1.01, sum(places) / len(places), text, transform=across, va="center", size=9)
            if places[0]:
                axes.plot([0, 1.25], [places[0] - 0.5] * 2, transform=across, color="0.4", lw=1, clip_on=False)


def answers(rows, builds):
    """What threads give on each rung, a sentence a build, those without the GIL first, by what the intervals allow to say."""
    gil = builds.set_index("python")["gil"].to_dict()
    found = []
    for name in sorted(build_looks(builds), key=lambda name: bool(gil[name])):
        for (series, workers), own in rows[rows["python"] == name].groupby(["series", "workers"], sort=False):
            parts = [_those(own[own["claim"] == claim], text) for claim, text in _VERDICTS.items()]
            where = f"{series} × {workers:.0f} on {name}, {phrases.describe_gil(gil[name])}, against the sequence"
            found.append(f"{where}: {'; '.join(filter(None, parts))}.")
    return found


def _those(rows, text):
    ratios = [
        f"{row['panel']} {phrases.format_ratio_ci(row['speedup'], row['speedup_low'], row['speedup_high'])}"
        for row in rows.to_dict("records")
    ]
    return f"{text}: {phrases.join_words(ratios)}" if ratios else None
