"""How long a request waits for the thread that answers it: the distribution by its percentiles, a panel a number of busy ones."""

import json

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, PercentFormatter

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.figures._builds import build_looks
from gil_scaling.analysis.statistics.intervals import CI95

TITLE = "Will a thread that waits for input starve?"
PLACE = 22
OF_SWEEP = True
COMPARES = 7

_METRIC = r"^latency_(p\d+|max)_ms$"
_DASHES = {"thread": "-", "process": (0, (4, 2))}


def draw(tables):
    """One panel a number of busy threads, one line a build, dashed where processes are busy instead of threads."""
    rows = _rows(tables["metrics"])
    looks = {name: look for name, look in build_looks(tables["builds"]).items() if name in set(rows["python"])}
    reading = (
        "The share of requests that were answered within so many milliseconds, by the percentiles over a run's requests up to "
        "the maximum, at the switch interval nearest to 5 ms. Dashed: processes are busy instead of threads, which is what the machine "
        f"does without any GIL. {_style.interval_note(rows)}"
    )
    columns = ["panel", "python", "busy_as", "share", "value", "value_low", "value_high", "rounds_ok", "interval"]
    return _style.Drawn(_figure_of(rows, looks), answers(rows, tables["builds"]), reading, rows[columns])


def _rows(metrics):
    """The percentiles of the latency at the default switch interval, by panel, build, and what is busy; raises Missing."""
    quantile = metrics["metric"].astype("str").str.extract(_METRIC, expand=False)
    rows = metrics.assign(quantile=quantile, rounds_ok=metrics["rounds"])[quantile.notna()]
    if rows.empty:
        raise _style.Missing("no run tells how long requests waited")
    rows = choice.at_default_interval(rows)
    params = rows["params"].map(json.loads)
    others = params.map(lambda own: json.dumps({name: value for name, value in own.items() if name != "busy_as"}))
    named = labels.panels(rows.assign(params=others, experiment=""))  # threads and processes in one panel
    share = rows["quantile"].map(lambda text: 1.0 if text == "max" else int(text[1:]) / 100)
    return (
        named.assign(
            busy_as=params.map(lambda own: own.get("busy_as", "thread") if own.get("busy", 1) else "thread"),
            busy=params.map(lambda own: own.get("busy", 1)),
            share=share,
        )
        .drop_duplicates(["panel", "python", "busy_as", "share"])
        .sort_values(["busy", "panel", "share"], kind="stable")
    )


def _figure_of(rows, looks):
    panels = list(dict.fromkeys(rows["panel"]))
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure = Figure(figsize=(min(11.0, 1.5 + 4.2 * columns), 0.9 + 3.2 * lines), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).flat
    for axes, panel in zip(grid, panels, strict=False):
        _draw_panel(axes, rows[rows["panel"] == panel], looks)
        axes.set_title(panel)
    for axes in list(grid)[len(panels) :]:
        axes.set_visible(False)
    _add_legend(figure, looks, set(rows["busy_as"]))
    return figure


def _draw_panel(axes, rows, looks):
    for (name, busy_as), own in rows.groupby(["python", "busy_as"], sort=False):
        middle, low, high = (own[f"value{end}"] for end in ("", "_low", "_high"))
        look = {**looks[name], "ls": _DASHES.get(busy_as, ":"), "label": f"{name}, {busy_as}"}
        axes.errorbar(
            middle, own["share"], xerr=[middle - low, high - middle], ms=4.5, capsize=2, lw=1.5, elinewidth=0.8, **look
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_ylim(0, 1.04)
    axes.set_xlabel("latency in ms")
    axes.set_ylabel("share of the requests")


def _add_legend(figure, looks, kinds):
    """The builds by colour; where there are both, busy threads and processes by line."""
    handles = [Line2D([], [], label=name, ls="", ms=6, **look) for name, look in looks.items()]
    if len(kinds) > 1:
        styles = {"thread": "threads are busy", "process": "processes are busy"}
        handles += [Line2D([], [], color="0.3", ls=_DASHES[kind], label=text) for kind, text in styles.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(6, len(handles)))


def answers(rows, builds):
    """The 99th percentile, a sentence a panel: of each build, beside busy threads and beside busy processes."""
    facts = builds.set_index("python").to_dict("index")
    found = []
    for panel, own in rows[rows["quantile"] == "p99"].groupby("panel", sort=False):
        parts = [
            f"on {name}, {phrases.describe_gil(facts[name]['gil'])}, within {_waits(own[own['python'] == name])}"
            for name in build_looks(builds)
            if (own["python"] == name).any()
        ]
        claim = "" if set(own["interval"]) == {CI95} else " Too few rounds for a claim: the brackets are ranges."
        found.append(f"{panel}: 99 % of the requests are answered {'; '.join(parts)}.{claim}")
    return found


def _waits(rows):
    """How long, beside each kind of what is busy: 5.00 ms [4.80 ms, 5.20 ms] beside busy threads."""
    beside = {"thread": " beside busy threads", "process": " beside busy processes"}
    return phrases.join_words(
        phrases.format_seconds_ci(*(row[f"value{end}"] / 1000 for end in ("", "_low", "_high")))
        + (beside.get(row["busy_as"], "") if row["busy"] else "")
        for row in rows.sort_values("busy_as", ascending=False).to_dict("records")
    )
