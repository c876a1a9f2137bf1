"""What each build costs at one worker: its sequential time over that of the reference build, a row a workload."""

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures._builds import build_looks, figure_of_rows
from gil_scaling.analysis.statistics.claims import NO_CLAIM

TITLE = "What does each build cost before a thread is added?"
PLACE = 3
HEADLINE = "What does each build cost at one worker?"
OF_SWEEP = True
COMPARES = 3

_LIMIT = 1.15  # PEP 779: what pyperformance may lose in the mean
_FACTS = {"version": "version", "compiler": "compiler", "pgo": "PGO", "lto": "LTO"}


def draw(tables):
    """One row a workload, the costliest on top, one mark a build."""
    rows = _rows(tables["summary"])
    figure, axes = _figure_of(rows, build_looks(tables["builds"]))
    reading = [
        f"Sequential time over that of {_reference(rows)}, which is 1; the costliest workload is on top.",
        _style.interval_note(rows),
    ]
    free_threaded = tables["builds"].loc[tables["builds"]["free_threaded"].eq(True), "python"]
    if rows["python"].isin(free_threaded).any():
        _draw_limit(axes)
        reading.append("PEP 779 allows 1.15 for the mean over pyperformance, not for each workload.")
    columns = ["panel", "python", "reference", "time", "time_low", "time_high", "claim_reference", "rounds_ok"]
    return _style.Drawn(figure, answers(rows, tables["builds"]), " ".join(reading), rows[columns])


def _rows(summary):
    """The sequential rows of all builds but the reference, with their time over the reference's; raises Missing."""
    rows = summary[(summary["backend"] == "sequential") & summary["speedup_reference"].notna()]
    rows = rows[rows["python"] != rows["reference"]]
    if rows.empty:
        raise _style.Missing("no workload has sequential times of two builds")
    ends = {"time": "", "time_low": "_high", "time_high": "_low"}  # of the inverse
    rows = rows.assign(**{name: 1 / rows[f"speedup_reference{end}"] for name, end in ends.items()})
    rows = labels.panels(rows)
    return rows.assign(cost=rows.groupby("panel")["time"].transform("max")).sort_values(
        ["cost", "panel"], ascending=[False, True], kind="stable"
    )


def _reference(rows):
    found = list(dict.fromkeys(rows["reference"]))
    return found[0] if len(found) == 1 else "the reference build"


def _figure_of(rows, looks):
    axes = figure_of_rows(rows, "time", looks)
    axes.axvline(1, color=looks.get(_reference(rows), {"color": "0.3"})["color"], lw=1.5, zorder=1)
    _note_above(axes, 1, f"{_reference(rows)} = 1 ", "right")
    axes.set_xlabel(f"sequential time / that of {_reference(rows)}")
    return axes.figure, axes


def _draw_limit(axes):
    axes.axvline(_LIMIT, color="0.35", ls=":", lw=1.5, zorder=1)
    _note_above(axes, _LIMIT, f" PEP 779: {_LIMIT}", "left")


def _note_above(axes, across, text, side):
    axes.text(across, 1.01, text, transform=axes.get_xaxis_transform(), ha=side, va="bottom", size=8)


def answers(rows, builds):
    """What each build costs, a sentence each: the range over the workloads, and on how many a difference is shown."""
    facts = builds.set_index("python").to_dict("index")
    return [
        f"{name}, {phrases.describe_gil(facts[name]['gil'])}, against {reference}, time at one worker: {_range(own)}; {phrases.describe_claims(list(own['claim_reference'].fillna(NO_CLAIM)), 'workload')}"
        f"{_differences(facts[name], facts.get(reference, {}))}."
        for name in build_looks(builds)
        for reference, own in rows[rows["python"] == name].groupby("reference", sort=False)
    ]


def _range(rows):
    ends = rows.sort_values("time").iloc[[0, -1]].drop_duplicates("panel").to_dict("records")
    said = [
        f"{phrases.format_percent_ci(*(row[key] - 1 for key in ('time', 'time_low', 'time_high')))} ({row['panel']})"
        for row in ends
    ]
    return f"from {said[0]} to {said[1]}" if len(said) > 1 else said[0]


def _differences(build, reference):
    """What else than the GIL two builds differ in, as the end of a sentence."""
    differing = [text for name, text in _FACTS.items() if build.get(name) != reference.get(name)]
    return f"; the two also differ in {phrases.join_words(differing)}" if differing else ""
