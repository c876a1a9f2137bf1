"""The decision map: for each workload and build the fastest backend with its margin, grey where none stands out."""

from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from gil_scaling.analysis import labels, phrases
from gil_scaling.analysis.columns import ALONE, FASTEST, TIED
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.statistics.claims import NO_CLAIM

TITLE = "Which backend for which workload, on which build?"
PLACE = 1
HEADLINE = "Which backend is the fastest?"
OF_SWEEP = True
COMPARES = 4

_GREY = "#c9c9c9"


def draw(tables):
    """A row a workload, a column a build, each cell the fastest backend, its speedup, and its margin over the next one."""
    rows = tables["fastest"]
    rows = rows[rows["verdict"] != ALONE]
    if rows.empty:
        raise _style.Missing("no workload has times of two backends")
    rows = labels.ways(labels.panels(rows)).merge(_rounds(tables["summary"]), how="left")
    panels, builds = labels.in_order(rows["panel"]), labels.in_order(rows["python"])
    figure, columns = _style.tables_of(panels, builds)
    for row in rows.to_dict("records"):
        _draw_cell(*columns[row["python"]], panels.index(row["panel"]), row)
    return _style.Drawn(figure, answers(rows), _reading(rows), rows[_DATA])


_DATA = ["panel", "python", "way", "backend", "speedup", "speedup_low", "speedup_high", "claim", "runner_up"]
_DATA += ["margin", "margin_low", "margin_high", "interval", "pairing", "verdict", "tied"]


def _rounds(summary):
    """How many rounds the rows of the summary rest on, by the columns that tell them apart."""
    keys = ["experiment", "python", "workload", "params", "backend", "backend_params", "workers_asked"]
    return summary.groupby(keys, as_index=False)["rounds_ok"].min()


def answers(rows):
    """Which backend wins on which build and by how much, a sentence a workload and build."""
    return [f"{row['panel']} on {row['python']}: {_winner(row)}." for row in rows.to_dict("records")]


def _winner(row):
    """Who is the fastest, against the next one and against the sequence."""
    if row["verdict"] == TIED:
        return f"no backend stands out; {row['way']} was the fastest, and {_tied(row['tied'])} not shown to be slower{_gain(row)}"
    if row["verdict"] == FASTEST:
        return f"{row['way']} is the fastest: {phrases.format_speed(row, 'margin', _other(row))}{_gain(row)}"
    return f"{row['way']}, {phrases.describe_speed(row, 'margin', NO_CLAIM, _other(row))}{_gain(row)}"


def _other(row):
    return "sequential" if row["runner_up_backend"] == "sequential" else f"the speed of {row['runner_up']}"


def _tied(names):
    names = names.split("; ")
    shown = phrases.join_words(
        names if len(names) <= 3 else [*names[:3], phrases.format_count(len(names) - 3, "other")]
    )
    return f"{shown} {'is' if len(names) == 1 else 'are'}"


def _gain(row):
    if "sequential" in (row["backend"], row["runner_up_backend"]) or not isinstance(row["claim"], str):
        return ""
    return f"; it is {phrases.describe_speed(row, 'speedup', row['claim'])}"


def _reading(rows):
    kinds = (
        "95 % intervals"
        if set(rows["interval"]) == {"ci95"}
        else "ranges, which make no claim, where so few rounds allow no more"
    )
    return (
        "Each backend stands there with its best number of workers. Coloured: faster than each other backend by more than 5 %, "
        "each by a claim of its own; grey: others are not shown to be slower, or the rounds are too few. Large: speedup over "
        f"the sequence; small: how many times the runner-up's time was this one's, over the rounds that both have, with {kinds}."
    )


def _draw_cell(axes, column, line, row):
    is_clear = row["verdict"] == FASTEST
    colour = to_rgb(_style.look(row["backend"])[0]) if is_clear else to_rgb(_GREY)
    axes.add_patch(Rectangle((column - 0.48, line - 0.44), 0.96, 0.88, facecolor=colour, lw=0))
    ink = _style.ink_on(colour)
    speedup = "" if row["speedup"] != row["speedup"] else f"  {phrases.format_ratio(row['speedup'])}×"
    margin = f"{phrases.format_ratio_ci(row['margin'], row['margin_low'], row['margin_high'])} × {row['runner_up']}"
    axes.text(
        column, line - 0.13, f"{row['way']}{speedup}", ha="center", va="center", color=ink, weight="bold", size=8.5
    )
    axes.text(column, line + 0.2, margin, ha="center", va="center", color=ink, size=6.5)
